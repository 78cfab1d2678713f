//! A schema as the generator sees it, and its text.

use std::fmt::Write as _;

use super::Choices;
use super::types::{TYPES, Type};

#[derive(Debug, Clone, Default)]
pub(crate) struct Project {
    pub(crate) namespaces: bool,
    pub(crate) conditions: bool,
    pub(crate) without_foreign_keys: bool,
    pub(crate) enums: Vec<Enum>,
    pub(crate) models: Vec<Model>,
    pub(crate) relations: Vec<Relation>,
}

#[derive(Debug, Clone)]
pub(crate) struct Enum {
    pub(crate) name: &'static str,
    pub(crate) map: Option<&'static str>,
    pub(crate) namespace: usize,
    pub(crate) values: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) map: Option<&'static str>,
    pub(crate) namespace: usize,
    pub(crate) fields: Vec<Field>,
    pub(crate) key: Vec<&'static str>,
    pub(crate) key_map: Option<&'static str>,
    pub(crate) indexes: Vec<Index>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// A row of [`TYPES`].
    Scalar(usize),
    /// The enum of that name.
    Enum(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) map: Option<&'static str>,
    pub(crate) ty: FieldType,
    /// Nothing, `?` or `[]`.
    pub(crate) arity: &'static str,
    pub(crate) default: Option<String>,
    pub(crate) unique: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) unique: bool,
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    pub(crate) method: &'static str,
    pub(crate) map: Option<String>,
    pub(crate) condition: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) number: usize,
    pub(crate) owner: &'static str,
    pub(crate) target: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) by_unique: bool,
    pub(crate) on_delete: &'static str,
    pub(crate) on_update: &'static str,
    pub(crate) map: Option<String>,
    pub(crate) indexed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Many,
    One,
    ManyToMany,
}

pub(crate) const NAMESPACES: [&str; 3] = ["public", "auth", "Zed"];
pub(crate) const MODELS: [&str; 8] = ["User", "Post", "Tag", "a_b", "Zoo", "Order", "item", "Group"];
pub(crate) const TABLES: [&str; 5] =
    ["users", "Order Items", "größen", "Post", "a_table_with_a_name_so_long_that_what_is_derived_from_it_is_cut"];
pub(crate) const FIELDS: [&str; 9] = ["a", "b", "C", "d", "name", "Kind", "at", "x1", "value"];
pub(crate) const COLUMNS: [&str; 4] = ["a", "first name", "Überschrift", "a_column_whose_name_is_rather_long_too"];
pub(crate) const ENUMS: [&str; 4] = ["Role", "state", "Color", "E"];
pub(crate) const VALUES: [&str; 7] = ["A", "B", "c", "ADMIN", "USER", "z_z", "New"];
pub(crate) const ACTIONS: [&str; 6] = ["", "Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"];

impl Project {
    /// A schema of a few models.
    pub(crate) fn draw(choices: &mut Choices) -> Self {
        let mut project = Self {
            namespaces: choices.once_in(3),
            conditions: choices.once_in(3),
            without_foreign_keys: choices.once_in(16),
            ..Self::default()
        };
        for _ in 0..choices.below(3) {
            project.add_enum(choices);
        }
        for _ in 0..=choices.below(4) {
            project.add_model(choices);
        }
        for _ in 0..choices.below(4) {
            project.add_relation(choices);
        }
        project
    }

    pub(crate) fn add_enum(&mut self, choices: &mut Choices) {
        let name = choices.pick(&ENUMS);
        if self.enums.iter().any(|e| e.name == name) {
            return;
        }
        let first = choices.below(VALUES.len());
        let count = 1 + choices.below(4);
        let values = (0..count).map(|n| VALUES[(first + n) % VALUES.len()]).collect();
        let map = choices.once_in(5).then_some("Mapped Enum");
        self.enums.push(Enum { name, map, namespace: choices.below(3), values });
    }

    pub(crate) fn add_model(&mut self, choices: &mut Choices) {
        let name = choices.pick(&MODELS);
        if self.models.iter().any(|m| m.name == name) {
            return;
        }
        let mut model = Model {
            name,
            map: choices.once_in(4).then(|| choices.pick(&TABLES)),
            namespace: choices.below(3),
            fields: Vec::new(),
            key: Vec::new(),
            key_map: None,
            indexes: Vec::new(),
        };
        let id = FieldType::Scalar(choices.pick(&[0, 0, 0, 1, 5, 18, 4, 15]));
        let default = choices.once_in(3).then(|| self.default_of(id, "", choices)).flatten();
        model.fields.push(Field { name: "id", map: None, ty: id, arity: "", default, unique: false });
        model.key.push("id");
        for _ in 0..choices.below(5) {
            self.add_field(&mut model, choices);
        }
        for _ in 0..choices.below(3) {
            self.add_index(&mut model, choices);
        }
        self.models.push(model);
    }

    pub(crate) fn add_field(&self, model: &mut Model, choices: &mut Choices) {
        let name = choices.pick(&FIELDS);
        if model.fields.iter().any(|f| f.name == name) {
            return;
        }
        let ty = self.draw_type(choices);
        let arity = choices.pick(&["", "?", "?", "[]"]);
        let default = choices.once_in(2).then(|| self.default_of(ty, arity, choices)).flatten();
        let unique = arity != "[]" && is_ordered(ty) && choices.once_in(6);
        let map = choices.once_in(8).then(|| choices.pick(&COLUMNS));
        model.fields.push(Field { name, map, ty, arity, default, unique });
    }

    pub(crate) fn draw_type(&self, choices: &mut Choices) -> FieldType {
        if !self.enums.is_empty() && choices.once_in(4) {
            FieldType::Enum(self.enums[choices.below(self.enums.len())].name)
        } else {
            FieldType::Scalar(choices.below(TYPES.len()))
        }
    }

    pub(crate) fn default_of(&self, ty: FieldType, arity: &str, choices: &mut Choices) -> Option<String> {
        let constants: Vec<&str> = match ty {
            FieldType::Scalar(row) => TYPES[row].defaults.to_vec(),
            FieldType::Enum(name) => self.enums.iter().find(|e| e.name == name)?.values.clone(),
        };
        if arity == "[]" {
            let count = choices.below(3).min(constants.len());
            return Some(format!("[{}]", constants[..count].join(", ")));
        }
        if let FieldType::Scalar(row) = ty
            && !TYPES[row].functions.is_empty()
            && (constants.is_empty() || choices.once_in(2))
        {
            return Some(choices.pick(TYPES[row].functions).to_owned());
        }
        (!constants.is_empty()).then(|| choices.pick(&constants).to_owned())
    }

    pub(crate) fn add_index(&self, model: &mut Model, choices: &mut Choices) {
        let method = choices.pick(&["", "", "", "Hash", "Gin", "Brin", "Gist", "SpGist"]);
        let fits = |field: &&Field| {
            let row = match field.ty {
                FieldType::Scalar(row) => Some(&TYPES[row]),
                FieldType::Enum(_) => None,
            };
            let list = field.arity == "[]";
            let ordered = is_ordered(field.ty);
            let is = |scalar: &str, natives: &[&str]| {
                row.is_some_and(|row| row.scalar == scalar && natives.contains(&row.native))
            };
            match method {
                "Hash" => !list && row.is_none_or(|row| row.hashed),
                "Gin" => (list && ordered) || (!list && is("Json", &[""])),
                "Brin" => !list && (is("Int", &["", "@db.SmallInt"]) || is("BigInt", &[""]) || is("String", &[""])),
                "Gist" | "SpGist" => !list && is("String", &["@db.Inet"]),
                _ => ordered,
            }
        };
        let candidates: Vec<&Field> = model.fields.iter().filter(fits).collect();
        if candidates.is_empty() {
            return;
        }
        let count = if matches!(method, "" | "Brin" | "Gin") { 1 + choices.below(3) } else { 1 };
        let mut fields: Vec<(&'static str, &'static str)> = Vec::new();
        for _ in 0..count {
            let field = choices.pick(&candidates);
            if fields.iter().any(|(name, _)| *name == field.name) {
                continue;
            }
            let list = field.arity == "[]";
            let argument = match method {
                "" if choices.once_in(3) => choices.pick(&["sort: Desc", "sort: Asc"]),
                "" if field.ty == FieldType::Scalar(1) && !list && choices.once_in(4) => {
                    "ops: raw(\"text_pattern_ops\")"
                }
                "Gin" if !list && choices.once_in(2) => choices.pick(&["ops: JsonbPathOps", "ops: JsonbOps"]),
                "Gist" => "ops: InetOps",
                _ => "",
            };
            fields.push((field.name, argument));
        }
        let unique = method.is_empty() && choices.once_in(3) && !fields.iter().any(|(_, a)| a.contains("ops"));
        let map = choices.once_in(4).then(|| format!("ix_{}", choices.below(4)));
        let condition = (self.conditions && choices.once_in(3)).then(|| condition(model, choices)).flatten();
        model.indexes.push(Index { unique, fields, method, map, condition });
    }

    pub(crate) fn add_relation(&mut self, choices: &mut Choices) {
        if self.models.is_empty() {
            return;
        }
        let taken = |n: &usize| self.relations.iter().any(|r| r.number == *n);
        let number = (0..=self.relations.len()).find(|n| !taken(n)).unwrap_or_default();
        let optional = choices.once_in(2);
        let actions = if optional { &ACTIONS[..] } else { &ACTIONS[..4] };
        self.relations.push(Relation {
            number,
            owner: self.models[choices.below(self.models.len())].name,
            target: self.models[choices.below(self.models.len())].name,
            kind: choices.pick(&[Kind::Many, Kind::Many, Kind::One, Kind::ManyToMany]),
            optional,
            by_unique: choices.once_in(4),
            on_delete: if choices.once_in(2) { choices.pick(actions) } else { "" },
            on_update: if choices.once_in(3) { choices.pick(&ACTIONS[..4]) } else { "" },
            map: choices.once_in(4).then(|| format!("fk_{}", choices.below(4))),
            indexed: choices.once_in(2),
        });
    }

    fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|m| m.name == name)
    }

    /// The fields that a relation refers to.
    fn referenced<'a>(&'a self, relation: &Relation) -> Option<Vec<&'a Field>> {
        let target = self.model(relation.target)?;
        let unique = target.fields.iter().find(|f| f.unique && f.arity.is_empty());
        if let Some(unique) = unique.filter(|_| relation.by_unique || target.key.is_empty()) {
            return Some(vec![unique]);
        }
        let fields: Vec<_> =
            target.key.iter().filter_map(|name| target.fields.iter().find(|f| f.name == *name)).collect();
        (!fields.is_empty()).then_some(fields)
    }

    /// The schema file.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        if self.conditions {
            out.push_str(
                "generator client {\n  provider = \"prisma-client\"\n  output = \"x\"\n  \
                 previewFeatures = [\"partialIndexes\"]\n}\n",
            );
        }
        out.push_str("datasource db {\n  provider = \"postgresql\"\n");
        if self.namespaces {
            out.push_str("  schemas = [\"Zed\", \"auth\", \"public\"]\n");
        }
        if self.without_foreign_keys {
            out.push_str("  relationMode = \"prisma\"\n");
        }
        out.push_str("}\n");
        for item in &self.enums {
            let _ = writeln!(out, "enum {} {{\n  {}", item.name, item.values.join("\n  "));
            self.block_end(&mut out, item.map, item.namespace);
        }
        for model in &self.models {
            self.model_text(&mut out, model);
        }
        out
    }

    fn block_end(&self, out: &mut String, map: Option<&str>, namespace: usize) {
        if let Some(map) = map {
            let _ = writeln!(out, "  @@map(\"{map}\")");
        }
        if self.namespaces {
            let _ = writeln!(out, "  @@schema(\"{}\")", NAMESPACES[namespace]);
        }
        out.push_str("}\n");
    }

    fn model_text(&self, out: &mut String, model: &Model) {
        let _ = writeln!(out, "model {} {{", model.name);
        for field in &model.fields {
            let _ = write!(out, "  {} {}", field.name, typed(field.ty, field.arity));
            if field.unique {
                out.push_str(" @unique");
            }
            if let Some(default) = &field.default {
                let _ = write!(out, " @default({default})");
            }
            if let Some(map) = field.map {
                let _ = write!(out, " @map(\"{map}\")");
            }
            out.push('\n');
        }
        let mut attributes = String::new();
        for relation in &self.relations {
            self.relation_text(out, &mut attributes, model, relation);
        }
        if !model.key.is_empty() {
            let _ = write!(out, "  @@id([{}]", model.key.join(", "));
            argument(out, "map", model.key_map);
            out.push_str(")\n");
        }
        for index in &model.indexes {
            let fields: Vec<String> = index
                .fields
                .iter()
                .map(
                    |(name, argument)| {
                        if argument.is_empty() { (*name).to_owned() } else { format!("{name}({argument})") }
                    },
                )
                .collect();
            let kind = if index.unique { "unique" } else { "index" };
            let _ = write!(out, "  @@{kind}([{}]", fields.join(", "));
            if !index.method.is_empty() {
                let _ = write!(out, ", type: {}", index.method);
            }
            argument(out, "map", index.map.as_deref());
            if let Some(condition) = index.condition.as_ref().filter(|_| self.conditions) {
                let column = |text: String, field: &Field| {
                    text.replace(&placeholder(field.name), field.map.unwrap_or(field.name))
                };
                let condition = model.fields.iter().fold(condition.clone(), column);
                let _ = write!(out, ", where: {condition}");
            }
            out.push_str(")\n");
        }
        out.push_str(&attributes);
        self.block_end(out, model.map, model.namespace);
    }

    /// The fields of a relation in one of its models.
    fn relation_text(&self, out: &mut String, attributes: &mut String, model: &Model, relation: &Relation) {
        let n = relation.number;
        if self.model(relation.owner).is_none() || self.model(relation.target).is_none() {
            return;
        }
        if relation.kind == Kind::ManyToMany {
            let single = |name: &str| self.model(name).is_some_and(|m| m.key.len() == 1);
            if !single(relation.owner) || !single(relation.target) {
                return;
            }
            for (end, own, other) in [("a", relation.owner, relation.target), ("b", relation.target, relation.owner)] {
                if own == model.name {
                    let _ = writeln!(out, "  many{n}{end} {other}[] @relation(\"R{n}\")");
                }
            }
            return;
        }
        let Some(referenced) = self.referenced(relation) else { return };
        if relation.owner == model.name {
            let mark = if relation.optional { "?" } else { "" };
            let own: Vec<String> = referenced.iter().map(|f| format!("r{n}_{}", f.name)).collect();
            let unique = relation.kind == Kind::One;
            for (name, field) in own.iter().zip(&referenced) {
                let _ = writeln!(out, "  {name} {}", typed(field.ty, mark));
            }
            let names: Vec<&str> = referenced.iter().map(|f| f.name).collect();
            let _ = write!(
                out,
                "  r{n} {}{mark} @relation(\"R{n}\", fields: [{}], references: [{}]",
                relation.target,
                own.join(", "),
                names.join(", ")
            );
            for (name, action) in [("onDelete", relation.on_delete), ("onUpdate", relation.on_update)] {
                if !action.is_empty() {
                    let _ = write!(out, ", {name}: {action}");
                }
            }
            argument(out, "map", relation.map.as_deref());
            out.push_str(")\n");
            if unique || relation.indexed {
                let _ = writeln!(attributes, "  @@{}([{}])", if unique { "unique" } else { "index" }, own.join(", "));
            }
        }
        if relation.target == model.name {
            let mark = if relation.kind == Kind::One { "?" } else { "[]" };
            let _ = writeln!(out, "  back{n} {}{mark} @relation(\"R{n}\")", relation.owner);
        }
    }
}

fn argument(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(out, ", {name}: \"{value}\"");
    }
}

fn typed(ty: FieldType, arity: &str) -> String {
    match ty {
        FieldType::Scalar(row) => {
            let Type { scalar, native, .. } = TYPES[row];
            format!("{scalar}{arity} {native}").trim_end().to_owned()
        }
        FieldType::Enum(name) => format!("{name}{arity}"),
    }
}

pub(crate) fn is_ordered(ty: FieldType) -> bool {
    match ty {
        FieldType::Scalar(row) => TYPES[row].ordered,
        FieldType::Enum(_) => true,
    }
}

/// What stands for the name of a field's column, which may change.
pub(super) fn placeholder(field: &str) -> String {
    format!("<{field}>")
}

/// The condition of a partial index.
pub(crate) fn condition(model: &Model, choices: &mut Choices) -> Option<String> {
    let fields: Vec<&Field> = model.fields.iter().filter(|f| f.arity != "[]").collect();
    if fields.is_empty() {
        return None;
    }
    let field = choices.pick(&fields);
    let name = field.name;
    Some(match field.ty {
        FieldType::Scalar(0) if choices.once_in(2) => format!("raw(\"\\\"{}\\\" > 3\")", placeholder(name)),
        FieldType::Scalar(0) => format!("{{ {name}: 5 }}"),
        FieldType::Scalar(1) => format!("{{ {name}: {{ not: \"q\" }} }}"),
        FieldType::Scalar(2) => format!("{{ {name}: true }}"),
        _ => format!("{{ {name}: {{ not: null }} }}"),
    })
}
