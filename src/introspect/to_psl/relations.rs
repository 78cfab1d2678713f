//! Foreign keys and join tables as relation fields.

use std::collections::{HashMap, HashSet};

use super::many_to_many::JoinTable;
use super::names::{free, string};
use super::plan::{ModelPlan, Plan, Settings};
use super::warnings::Warning;
use crate::dbschema::{ColumnArity, ForeignKey, ForeignKeyAction, Index, names};
use crate::psl::schema::{self as psl, FieldId, PslSchema, RelationKind, RelationMode};

/// A relation field, ready to be printed.
#[derive(Debug, Clone)]
pub(super) struct RelationField {
    pub(super) name: String,
    /// With `?` or `[]`.
    pub(super) ty: String,
    pub(super) attributes: Vec<String>,
    pub(super) documentation: Option<String>,
    /// Whether it was there before, under that name.
    pub(super) is_known: bool,
}

/// Adds the relation fields of all models: those of foreign keys in the order of tables and constraints, then those of
/// join tables.
pub(super) fn add(plan: &mut Plan<'_>) {
    if plan.settings.relation_mode == RelationMode::Prisma {
        return;
    }
    let links = links(plan);
    release_names(plan, &links);
    let mut pairs = Pairs::new(plan, &links);
    for link in &links {
        let own = &plan.models[link.own];
        let target = &plan.models[link.target];
        // Beside other relations with its new target, a relation needs a name that it may not have.
        let kept = link.previous.as_ref().filter(|known| !known.moved || !pairs.is_ambiguous(link.own, link.target));
        let wording = match kept {
            Some(previous) => previous.wording(),
            None => pairs.foreign_key(&plan.settings, own, target, link),
        };
        let is_kept = kept.is_some();
        let back_is_kept = kept.is_some_and(|known| !known.moved);
        let (forward, back) = link.fields(own, target, wording);
        let facts = [(link.key.facts.match_full, "MATCH FULL"), (link.key.facts.not_valid, "NOT VALID")];
        let lost: Vec<&str> = facts.into_iter().filter(|(is_it, _)| *is_it).map(|(_, lost)| lost).collect();
        if !lost.is_empty() {
            let item = super::keys::constraint_item(own, &link.key.name);
            plan.warnings.add(Warning::ForeignKeyDetails, format!("{item}, lost: {}", lost.join(", ")));
        }
        if link.key.facts.deferrable {
            let item = super::keys::constraint_item(own, &link.key.name);
            plan.warnings.add(Warning::Deferrable, item);
        }
        push(plan, link.own, forward, is_kept);
        push(plan, link.target, back, back_is_kept);
    }
    for join in plan.join_tables.clone() {
        add_join(plan, &join, &pairs);
    }
}

/// A foreign key between two models.
struct Link<'a> {
    own: usize,
    target: usize,
    key: &'a ForeignKey,
    previous: Option<PreviousRelation<'a>>,
}

/// The relation that stood for a foreign key before.
struct PreviousRelation<'a> {
    forward: &'a psl::Field,
    back: &'a psl::Field,
    name: Option<&'a str>,
    map: Option<&'a str>,
    /// Whether it led to another model.
    moved: bool,
}

/// What the two fields of a relation are called.
struct Wording<'a> {
    relation: Option<String>,
    forward: String,
    back: String,
    forward_documentation: Option<&'a str>,
    back_documentation: Option<&'a str>,
    forward_ignored: bool,
    back_ignored: bool,
    map: Option<&'a str>,
}

impl<'a> PreviousRelation<'a> {
    fn wording(&self) -> Wording<'a> {
        Wording {
            relation: self.name.map(str::to_owned),
            forward: self.forward.name.clone(),
            back: self.back.name.clone(),
            forward_documentation: self.forward.documentation.as_deref(),
            back_documentation: self.back.documentation.as_deref(),
            forward_ignored: self.forward.ignored,
            back_ignored: self.back.ignored,
            map: self.map,
        }
    }
}

fn links<'a>(plan: &mut Plan<'a>) -> Vec<Link<'a>> {
    let mut links = Vec::new();
    for own in 0..plan.models.len() {
        let first = links.len();
        let mut seen = HashSet::new();
        for key in &plan.models[own].table.foreign_keys {
            let is_first = seen.insert((&key.columns, &key.referenced_table, &key.referenced_columns));
            let model = &plan.models[own];
            let target = plan.by_table.get(&key.referenced_table).copied().filter(|target| {
                let target = &plan.models[*target];
                is_first
                    && key.columns.iter().all(|column| model.field(column).is_some())
                    && key.referenced_columns.iter().all(|column| target.field(column).is_some())
                    && target.table.can_declare_key(&key.referenced_columns)
            });
            if let Some(target) = target {
                links.push(Link { own, target, key, previous: None });
            } else {
                let item = super::keys::constraint_item(model, &key.name);
                plan.warnings.add(Warning::ForeignKeysLeftOut, item);
            }
        }
        if let Some((schema, model)) = plan.previous.zip(plan.models[own].previous) {
            match_previous(plan, schema, model, links.get_mut(first..).unwrap_or_default());
        }
    }
    links
}

/// Finds what stood for the foreign keys of a model before: relations over the same columns, first those that also
/// refer to the same ones, last those that led to another model.
fn match_previous<'a>(plan: &Plan<'a>, schema: &'a PslSchema, model: &'a psl::Model, links: &mut [Link<'a>]) {
    let mut relations = previous_relations(schema, model);
    for pass in 0..3 {
        for link in links.iter_mut().filter(|link| link.previous.is_none()) {
            let columns: Vec<&str> = link.key.columns.iter().map(String::as_str).collect();
            let Some(candidates) = relations.get_mut(&columns) else { continue };
            let position = candidates.iter().position(|candidate| {
                let target = plan.models[link.target].previous;
                let is_same = target.is_some_and(|known| std::ptr::eq(known, candidate.target));
                match pass {
                    0 => is_same && candidate.references.iter().eq(&link.key.referenced_columns),
                    1 => is_same,
                    _ => true,
                }
            });
            link.previous = position.map(|position| candidates.remove(position).relation);
            if let Some(previous) = &mut link.previous {
                previous.moved = pass == 2;
            }
        }
    }
}

/// A relation of before by what it refers to.
struct Candidate<'a> {
    target: &'a psl::Model,
    references: Vec<&'a str>,
    relation: PreviousRelation<'a>,
}

/// The relations of a model by their columns.
fn previous_relations<'a>(schema: &'a PslSchema, model: &'a psl::Model) -> HashMap<Vec<&'a str>, Vec<Candidate<'a>>> {
    let mut relations: HashMap<Vec<&str>, Vec<Candidate<'_>>> = HashMap::new();
    for (_, field, parts) in model.relation_fields().filter(|(_, _, parts)| !parts.fields.is_empty()) {
        let relation = schema.relation(parts.relation);
        if relation.kind == RelationKind::ManyToMany {
            continue;
        }
        let target = schema.model(parts.target);
        let columns = parts.fields.iter().map(|id: &FieldId| model.column_name(*id)).collect();
        relations.entry(columns).or_default().push(Candidate {
            target,
            references: parts.references.iter().map(|id| target.column_name(*id)).collect(),
            relation: PreviousRelation {
                forward: field,
                back: target.field(relation.back.1),
                name: parts.name.as_deref(),
                map: parts.mapped_name.as_deref(),
                moved: false,
            },
        });
    }
    relations
}

/// Names of relation fields that are gone are free again.
fn release_names(plan: &mut Plan<'_>, links: &[Link<'_>]) {
    let mut kept: HashSet<(usize, &str)> = HashSet::new();
    for link in links {
        if let Some(previous) = &link.previous {
            kept.insert((link.own, &previous.forward.name));
            if !previous.moved {
                kept.insert((link.target, &previous.back.name));
            }
        }
    }
    for (at, model) in plan.models.iter_mut().enumerate() {
        let Some(previous) = model.previous else { continue };
        for (_, field, relation) in previous.relation_fields() {
            let is_join =
                plan.previous.is_some_and(|schema| schema.relation(relation.relation).kind == RelationKind::ManyToMany);
            if !is_join && !kept.contains(&(at, field.name.as_str())) {
                model.taken.remove(&field.name);
            }
        }
    }
}

/// What lies between each two models.
struct Pairs {
    pairs: HashMap<(usize, usize), Pair>,
}

#[derive(Default)]
struct Pair {
    foreign_keys: HashSet<(usize, Vec<String>, Vec<String>)>,
    join_tables: usize,
    /// A column is called like the relation's field would be.
    column_in_the_way: bool,
    names: HashSet<String>,
}

impl Pair {
    fn is_ambiguous(&self) -> bool {
        self.foreign_keys.len() > 1
            || self.column_in_the_way
            || self.join_tables > 1
            || (self.join_tables == 1 && !self.foreign_keys.is_empty())
    }
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl Pairs {
    fn new(plan: &Plan<'_>, links: &[Link<'_>]) -> Self {
        let mut pairs: HashMap<(usize, usize), Pair> = HashMap::new();
        for link in links {
            let own = &plan.models[link.own];
            let target = plan.settings.model_in_names(&plan.models[link.target]);
            let entry = pairs.entry(pair(link.own, link.target)).or_default();
            entry.foreign_keys.insert((link.own, link.key.columns.clone(), link.key.referenced_columns.clone()));
            let is_target = |column: &String| plan.settings.column_in_names(own, column) == target;
            entry.column_in_the_way |= link.key.columns.iter().any(is_target);
            entry.names.extend(link.previous.as_ref().and_then(|previous| previous.name).map(str::to_owned));
        }
        for join in &plan.join_tables {
            if let (Some(a), Some(b)) = (plan.by_table.get(join.a), plan.by_table.get(join.b)) {
                pairs.entry(pair(*a, *b)).or_default().join_tables += 1;
            }
        }
        Self { pairs }
    }

    fn is_ambiguous(&self, a: usize, b: usize) -> bool {
        self.pairs.get(&pair(a, b)).is_some_and(Pair::is_ambiguous)
    }

    /// Names for a relation that is new.
    fn foreign_key(
        &mut self,
        settings: &Settings<'_>,
        own: &ModelPlan<'_>,
        target: &ModelPlan<'_>,
        link: &Link<'_>,
    ) -> Wording<'static> {
        let is_self = link.own == link.target;
        let (own_name, target_name) = (settings.model_in_names(own), settings.model_in_names(target));
        let plain_back = if is_self { format!("other_{own_name}") } else { own_name.to_owned() };
        // Fields of other relations, and columns, may have the plain names already.
        let collides = own.taken.contains(target_name) || target.taken.contains(&plain_back);
        let entry = self.pairs.entry(pair(link.own, link.target)).or_default();
        let (relation, forward, back) = if entry.is_ambiguous() || collides {
            let columns: Vec<String> =
                link.key.columns.iter().map(|column| settings.column_in_names(own, column)).collect();
            let name = free(format!("{own_name}_{}To{target_name}", columns.join("_")), &mut entry.names);
            let back = if is_self { format!("other_{own_name}_{name}") } else { format!("{own_name}_{name}") };
            (Some(name.clone()), format!("{target_name}_{name}"), back)
        } else if is_self {
            (Some(format!("{own_name}To{target_name}")), target_name.to_owned(), plain_back)
        } else {
            (None, target_name.to_owned(), plain_back)
        };
        Wording {
            relation,
            forward,
            back,
            forward_documentation: None,
            back_documentation: None,
            forward_ignored: false,
            back_ignored: false,
            map: None,
        }
    }
}

impl Link<'_> {
    /// The two fields of the relation.
    fn fields(
        &self,
        own: &ModelPlan<'_>,
        target: &ModelPlan<'_>,
        wording: Wording<'_>,
    ) -> (RelationField, RelationField) {
        let key = self.key;
        let optional = |column: &String| own.field(column).is_some_and(super::plan::FieldPlan::is_nullable);
        let any_optional = key.columns.iter().any(optional);
        let all_optional = key.columns.iter().all(optional);

        let mut arguments: Vec<String> = wording.relation.iter().map(|name| string(name)).collect();
        arguments.push(format!("fields: [{}]", fields_of(own, &key.columns)));
        arguments.push(format!("references: [{}]", fields_of(target, &key.referenced_columns)));
        let default = if all_optional { ForeignKeyAction::SetNull } else { ForeignKeyAction::Restrict };
        if key.on_delete != default {
            arguments.push(format!("onDelete: {}", action(key.on_delete)));
        }
        if key.on_update != ForeignKeyAction::Cascade {
            arguments.push(format!("onUpdate: {}", action(key.on_update)));
        }
        let columns = key.columns.iter().map(String::as_str);
        if key.name != names::foreign_key(&own.table.name.name, columns) || wording.map == Some(&key.name) {
            arguments.push(format!("map: {}", string(&key.name)));
        }
        let mut attributes = vec![format!("@relation({})", arguments.join(", "))];
        // A model that the client does not know cannot be the type of a field that it knows.
        if wording.forward_ignored || target.ignored && !own.ignored {
            attributes.push("@ignore".to_owned());
        }
        let forward = RelationField {
            name: wording.forward,
            ty: format!("{}{}", target.name, if any_optional { "?" } else { "" }),
            attributes,
            documentation: wording.forward_documentation.map(str::to_owned),
            is_known: false,
        };

        let mut attributes: Vec<String> =
            wording.relation.iter().map(|name| format!("@relation({})", string(name))).collect();
        if wording.back_ignored || own.ignored && !target.ignored {
            attributes.push("@ignore".to_owned());
        }
        let arity = if is_unique(own, &key.columns) { "?" } else { "[]" };
        let back = RelationField {
            name: wording.back,
            ty: format!("{}{arity}", own.name),
            attributes,
            documentation: wording.back_documentation.map(str::to_owned),
            is_known: false,
        };
        (forward, back)
    }
}

fn fields_of(model: &ModelPlan<'_>, columns: &[String]) -> String {
    let names: Vec<&str> =
        columns.iter().filter_map(|column| model.field(column)).map(|field| field.name.as_str()).collect();
    names.join(", ")
}

/// Whether each combination of these columns is there once at most, and the schema says so: a key over exactly these
/// columns, in this order.
fn is_unique(model: &ModelPlan<'_>, columns: &[String]) -> bool {
    let is_list = |column: &String| model.field(column).is_some_and(|field| field.column.arity == ColumnArity::List);
    let table = model.table;
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
    let is_index = |index: &Index| index.unique && index.columns.iter().map(|column| &column.name).eq(columns);
    (is_key || table.indexes.iter().any(is_index)) && !columns.iter().any(is_list)
}

fn action(action: ForeignKeyAction) -> &'static str {
    match action {
        ForeignKeyAction::NoAction => "NoAction",
        ForeignKeyAction::Restrict => "Restrict",
        ForeignKeyAction::Cascade => "Cascade",
        ForeignKeyAction::SetNull => "SetNull",
        ForeignKeyAction::SetDefault => "SetDefault",
    }
}

/// Adds a field; a new one gives way to what has its name already.
fn push(plan: &mut Plan<'_>, at: usize, mut field: RelationField, is_known: bool) {
    let model = &mut plan.models[at];
    if !is_known {
        field.name = free(field.name, &mut model.taken);
    }
    field.is_known = is_known;
    model.relations.push(field);
}

fn add_join(plan: &mut Plan<'_>, join: &JoinTable<'_>, pairs: &Pairs) {
    let (Some(a), Some(b)) = (plan.by_table.get(join.a).copied(), plan.by_table.get(join.b).copied()) else {
        return;
    };
    let relation = join.relation();
    let name = |at: usize| plan.settings.model_in_names(&plan.models[at]).to_owned();
    let (name_a, name_b) = (name(a), name(b));
    let previous = previous_join(plan, join, a, b);
    let is_known = previous.is_some();
    let (name, field_a, field_b) = if let Some((forward, back, name)) = previous {
        // What stands in the model of side A has the other model's type.
        (name.map(str::to_owned), Some(forward), Some(back))
    } else {
        let mut models = [plan.models[a].name.as_str(), plan.models[b].name.as_str()];
        models.sort_unstable();
        let is_default = a != b && models.join("To") == relation && !pairs.is_ambiguous(a, b);
        ((!is_default).then(|| relation.to_owned()), None, None)
    };
    let suffix = if pairs.is_ambiguous(a, b) { join.table.name.name.as_str() } else { "" };
    let (side_a, side_b) = if a == b { ("_A", "_B") } else { ("", "") };
    let field = |plan: &Plan<'_>, own: usize, other: usize, known: Option<&psl::Field>, fresh: String| {
        let (own, other) = (&plan.models[own], &plan.models[other]);
        let mut attributes: Vec<String> = name.iter().map(|name| format!("@relation({})", string(name))).collect();
        if known.is_some_and(|known| known.ignored) || other.ignored && !own.ignored {
            attributes.push("@ignore".to_owned());
        }
        RelationField {
            name: known.map_or(fresh, |known| known.name.clone()),
            ty: format!("{}[]", other.name),
            attributes,
            documentation: known.and_then(|known| known.documentation.clone()),
            is_known: false,
        }
    };
    let in_a = field(plan, a, b, field_a, format!("{name_b}{suffix}{side_a}"));
    let in_b = field(plan, b, a, field_b, format!("{name_a}{suffix}{side_b}"));
    push(plan, a, in_a, is_known);
    push(plan, b, in_b, is_known);
}

/// The many-to-many relation that the join table stood for before: the fields in the models of `A` and `B`, and the
/// name if it was written.
fn previous_join<'a>(
    plan: &Plan<'a>,
    join: &JoinTable<'_>,
    a: usize,
    b: usize,
) -> Option<(&'a psl::Field, &'a psl::Field, Option<&'a str>)> {
    let schema = plan.previous?;
    let (model_a, model_b) = (plan.models[a].previous?, plan.models[b].previous?);
    let relation = model_a.relation_fields().map(|(_, _, field)| schema.relation(field.relation)).find(|relation| {
        relation.kind == RelationKind::ManyToMany
            && relation.name == join.relation()
            && std::ptr::eq(schema.model(relation.forward.0), model_a)
            && std::ptr::eq(schema.model(relation.back.0), model_b)
    })?;
    let forward = model_a.field(relation.forward.1);
    let psl::FieldKind::Relation(field) = &forward.kind else { return None };
    Some((forward, model_b.field(relation.back.1), field.name.as_deref()))
}
