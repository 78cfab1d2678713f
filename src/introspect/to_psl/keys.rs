//! Primary keys, unique and other indexes as attributes.

use std::collections::HashMap;

use super::blocks::attribute;
use super::layout::{Line, LineKind};
use super::names::string;
use super::plan::{ModelPlan, Plan, Settings};
use super::warnings::Warning;
use crate::dbschema::{
    ColumnArity, ColumnType, Index, IndexColumn, IndexMethod, SortOrder, Table, names, operator_classes,
};
use crate::psl::operator_classes as known_classes;
use crate::psl::schema::{self as psl, Rules};

/// Whether the client can tell rows apart: by a key whose columns are required and of known types.
pub(super) fn has_identifier(model: &ModelPlan<'_>) -> bool {
    let usable = |column: &str| {
        model.field(column).is_some_and(|field| field.column.arity == ColumnArity::Required && !field.is_unsupported())
    };
    model.table.primary_key.as_ref().is_some_and(|key| key.columns.iter().all(|column| usable(column)))
        || model.indexes.iter().any(|index| index.unique && index.columns.iter().all(|column| usable(&column.name)))
}

/// The attributes that keys come to.
#[derive(Debug, Default)]
pub(super) struct KeyAttributes {
    /// By column: `@id` and `@unique`.
    pub(super) fields: HashMap<String, Vec<String>>,
    /// `@@id`, `@@unique`, `@@index`.
    pub(super) block: Vec<Line>,
    /// Names of indexes with an unusual place for NULLs that were not in the schema before.
    pub(super) new_nulls_order: bool,
    /// Whether a predicate was written.
    pub(super) has_predicate: bool,
}

/// Writes the keys of a model. What cannot be written is a warning.
pub(super) fn attributes(
    plan: &Plan<'_>,
    model: &ModelPlan<'_>,
    warn: &mut impl FnMut(Warning, String),
) -> KeyAttributes {
    let mut out = KeyAttributes::default();
    primary_key(model, &mut out, warn);
    for index in &model.table.indexes {
        if let Some((warning, why)) = left_out(&plan.settings, model.table, index) {
            warn(warning, constraint_item(model, &index.name) + &why);
        }
    }
    let on_fields = on_fields(&model.indexes);
    let mut block: Vec<(Option<usize>, Line)> = Vec::new();
    for index in model.indexes.iter().copied() {
        let previous = previous_index(model, index);
        details(model, index, previous.is_some(), &mut out, warn);
        out.has_predicate |= index.predicate.is_some();
        if on_fields.get(single_column(index).unwrap_or_default()) == Some(&index.name.as_str()) {
            let text = unique_of_field(model, index);
            out.fields.entry(index.columns[0].name.clone()).or_default().push(text);
        } else {
            let position = previous.and_then(|previous| {
                model.previous?.indexes.iter().position(|candidate| std::ptr::eq(candidate, previous))
            });
            let known = previous.zip(model.previous).and_then(|(index, model)| attribute_of(model, index));
            let text = block_index(model, index, previous);
            block.push((position, Line { kind: LineKind::Attribute, known, documentation: None, text }));
        }
    }
    // Unique ones first; those of before in their order, then the new ones by name.
    block.sort_by_key(|(position, line)| (!line.text.starts_with("@@unique"), position.unwrap_or(usize::MAX)));
    out.block.extend(block.into_iter().map(|(_, line)| line));
    out
}

fn primary_key(model: &ModelPlan<'_>, out: &mut KeyAttributes, warn: &mut impl FnMut(Warning, String)) {
    let Some(key) = &model.table.primary_key else { return };
    let Some(fields) = key.columns.iter().map(|column| model.field(column)).collect::<Option<Vec<_>>>() else {
        return;
    };
    if key.deferrable {
        warn(Warning::Deferrable, constraint_item(model, &key.name));
    }
    let map = (key.name != names::primary_key(&model.table.name.name)).then(|| format!("map: {}", string(&key.name)));
    if let [column] = key.columns.as_slice() {
        let text = map.map_or_else(|| "@id".to_owned(), |map| format!("@id({map})"));
        out.fields.entry(column.clone()).or_default().push(text);
        return;
    }
    let columns: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let mut arguments = vec![format!("[{}]", columns.join(", "))];
    let name = model.previous.and_then(|previous| previous.primary_key.as_ref()?.client_name.as_ref());
    if let Some(name) = name {
        arguments.push(format!("name: {}", string(name)));
        warn(Warning::KeyNameKept, string(&model.name));
    }
    arguments.extend(map);
    out.block.push(attribute("id", 0, format!("@@id({})", arguments.join(", "))));
}

/// The indexes that the schema language can say are there.
pub(super) fn writable<'a>(settings: &Settings<'_>, table: &'a Table) -> Vec<&'a Index> {
    table.indexes.iter().filter(|index| left_out(settings, table, index).is_none()).collect()
}

/// The warning about an index that cannot be written, and what is to be said behind its name.
fn left_out(settings: &Settings<'_>, table: &Table, index: &Index) -> Option<(Warning, String)> {
    if let IndexMethod::Other(method) = &index.method {
        return Some((Warning::UnknownMethods, format!(", method: \"{method}\"")));
    }
    if !table.can_declare(index) {
        let has_name_of_key = table.has_foreign_key(&index.name);
        let why = if has_name_of_key { "a foreign key has its name" } else { "it has a column twice" };
        return Some((Warning::IndexesLeftOut, format!(", because: {why}")));
    }
    let knows_predicates = settings.rules == Rules::Prisma7 && settings.has_generators;
    (index.predicate.is_some() && !knows_predicates).then(|| (Warning::PartialIndexes, String::new()))
}

/// The unique index that each column shows as `@unique`: one that covers all rows rather than not, one with the default
/// name rather than not, and the first of these.
fn on_fields<'a>(indexes: &[&'a Index]) -> HashMap<&'a str, &'a str> {
    let mut best: HashMap<&str, (u8, &str)> = HashMap::new();
    for index in indexes.iter().filter(|index| index.unique) {
        let Some(column) = single_column(index) else { continue };
        let rank = u8::from(index.predicate.is_some());
        let entry = best.entry(column).or_insert((rank, &index.name));
        if rank < entry.0 {
            *entry = (rank, &index.name);
        }
    }
    best.into_iter().map(|(column, (_, name))| (column, name)).collect()
}

fn single_column(index: &Index) -> Option<&str> {
    match index.columns.as_slice() {
        [column] if index.unique => Some(&column.name),
        _ => None,
    }
}

/// The attribute of before that stands for this index: of the same name in the database, or, in old schemas, without
/// `map` and with that `name`.
fn previous_index<'a>(model: &ModelPlan<'a>, index: &Index) -> Option<&'a psl::Index> {
    let previous = model.previous?;
    let table = &model.table.name.name;
    previous.indexes.iter().find(|candidate| {
        if let Some(name) = &candidate.mapped_name {
            return *name == index.name;
        }
        let columns = candidate.fields.iter().map(|field| previous.column_name(field.field));
        let default = if candidate.unique { names::unique(table, columns) } else { names::index(table, columns) };
        default == index.name || candidate.client_name.as_deref() == Some(&index.name)
    })
}

/// Which attribute of its block an index was: its name, and how many of that name come before it.
fn attribute_of(model: &psl::Model, index: &psl::Index) -> Option<(String, usize)> {
    // Those of a kind are in source order.
    let mut alike = model.indexes.iter().filter(|other| !other.on_field && other.unique == index.unique);
    let number = alike.position(|other| std::ptr::eq(other, index))?;
    Some((if index.unique { "unique" } else { "index" }.to_owned(), number))
}

/// Warnings about what the attribute does not say.
fn details(
    model: &ModelPlan<'_>,
    index: &Index,
    known: bool,
    out: &mut KeyAttributes,
    warn: &mut impl FnMut(Warning, String),
) {
    for column in index.columns.iter().filter(|column| column.unusual_nulls) {
        out.new_nulls_order |= !known;
        warn(Warning::NullsOrder, format!("Index: {}, column: {}", string(&index.name), string(&column.name)));
    }
    if index.facts.deferrable {
        warn(Warning::Deferrable, constraint_item(model, &index.name));
    }
    let mut lost = Vec::new();
    if !index.facts.include.is_empty() {
        lost.push(format!("INCLUDE ({})", index.facts.include.join(", ")));
    }
    if index.facts.nulls_not_distinct {
        lost.push("NULLS NOT DISTINCT".to_owned());
    }
    lost.extend(index.facts.collations.iter().map(|column| format!("the collation of {}", string(column))));
    if index.facts.class_parameters {
        lost.push("parameters of an operator class".to_owned());
    }
    if !lost.is_empty() {
        warn(Warning::IndexDetails, format!("{}, lost: {}", constraint_item(model, &index.name), lost.join(", ")));
    }
}

pub(super) fn constraint_item(model: &ModelPlan<'_>, constraint: &str) -> String {
    format!("Model: {}, constraint: {}", string(&model.name), string(constraint))
}

fn unique_of_field(model: &ModelPlan<'_>, index: &Index) -> String {
    let mut arguments = Vec::new();
    arguments.extend(map_argument(model, index));
    if index.columns.iter().any(|column| column.order == Some(SortOrder::Desc)) {
        arguments.push("sort: Desc".to_owned());
    }
    arguments.extend(predicate_argument(index));
    if arguments.is_empty() { "@unique".to_owned() } else { format!("@unique({})", arguments.join(", ")) }
}

fn block_index(model: &ModelPlan<'_>, index: &Index, previous: Option<&psl::Index>) -> String {
    let columns: Vec<String> = index.columns.iter().map(|column| index_column(model, index, column)).collect();
    let mut arguments = vec![format!("[{}]", columns.join(", "))];
    if let Some(name) = previous.and_then(|previous| previous.client_name.as_ref()) {
        arguments.push(format!("name: {}", string(name)));
    }
    arguments.extend(map_argument(model, index));
    arguments.extend(method(&index.method).map(|method| format!("type: {method}")));
    arguments.extend(predicate_argument(index));
    let attribute = if index.unique { "@@unique" } else { "@@index" };
    format!("{attribute}({})", arguments.join(", "))
}

fn map_argument(model: &ModelPlan<'_>, index: &Index) -> Option<String> {
    let table = &model.table.name.name;
    let columns = index.columns.iter().map(|column| column.name.as_str());
    let default = if index.unique { names::unique(table, columns) } else { names::index(table, columns) };
    (index.name != default).then(|| format!("map: {}", string(&index.name)))
}

fn predicate_argument(index: &Index) -> Option<String> {
    index.predicate.as_ref().map(|predicate| format!("where: raw({})", string(predicate)))
}

fn method(method: &IndexMethod) -> Option<&'static str> {
    match method {
        IndexMethod::BTree | IndexMethod::Other(_) => None,
        IndexMethod::Hash => Some("Hash"),
        IndexMethod::Gist => Some("Gist"),
        IndexMethod::Gin => Some("Gin"),
        IndexMethod::SpGist => Some("SpGist"),
        IndexMethod::Brin => Some("Brin"),
    }
}

fn index_column(model: &ModelPlan<'_>, index: &Index, column: &IndexColumn) -> String {
    let mut arguments = Vec::new();
    arguments.extend(operator_class(model, index, column).map(|class| format!("ops: {class}")));
    if column.order == Some(SortOrder::Desc) {
        arguments.push("sort: Desc".to_owned());
    }
    let name = model.field(&column.name).map_or("", |field| field.name.as_str());
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}

/// The operator class, if it is not the one that a reader would expect.
fn operator_class(model: &ModelPlan<'_>, index: &Index, column: &IndexColumn) -> Option<String> {
    let class = column.operator_class.as_ref()?;
    let field = model.field(&column.name)?;
    let raw = || Some(format!("raw({})", string(&class.name)));
    if class.is_default {
        // Of a type that the access method knows only thanks to an extension, nothing is expected.
        let is_list = field.column.arity == ColumnArity::List;
        let expected = match index.method {
            IndexMethod::BTree | IndexMethod::Hash | IndexMethod::Other(_) => return None,
            IndexMethod::Gist | IndexMethod::Gin | IndexMethod::SpGist | IndexMethod::Brin => {
                operator_classes::default_class(&index.method, &field.column.ty, is_list)
            }
        };
        return if field.is_unsupported() || expected == Some(class.name.as_str()) { None } else { raw() };
    }
    let psl_method = match index.method {
        IndexMethod::Gist => psl::IndexMethod::Gist,
        IndexMethod::Gin => psl::IndexMethod::Gin,
        IndexMethod::SpGist => psl::IndexMethod::SpGist,
        IndexMethod::Brin => psl::IndexMethod::Brin,
        IndexMethod::BTree | IndexMethod::Hash | IndexMethod::Other(_) => return raw(),
    };
    // The language has names for classes together with some of the types that they are for.
    let native = match &field.column.ty {
        ColumnType::Native(ty) => Some(ty.info().name),
        ColumnType::Enum(_) | ColumnType::Unsupported(_) => None,
    };
    let is_list = field.column.arity == ColumnArity::List;
    let known = known_classes::OPERATOR_CLASSES.iter().find(|known| {
        known.methods.contains(&psl_method)
            && crate::lower::class_name(known.name) == class.name
            && known.columns.fit(is_list, native, None)
    });
    known.map_or_else(raw, |known| Some(known.name.to_owned()))
}
