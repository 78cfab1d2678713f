//! `@id`, `@unique`, `@@id`, `@@unique`, `@@index`, `@@fulltext` and shard keys.

use rustc_hash::FxHashMap;

use super::attributes::{client_name, constraint_name};
use super::columns::{self, Column};
use super::suggest::did_you_mean;
use super::tree::{
    Field, FieldKind, Index, IndexKind, KeyField, Located, Model, Predicate, PrimaryKey, ShardKey, Type,
};
use super::values::{boolean, constant, integer};
use super::visitor::{Args, Attributes};
use super::{predicates, relation_attribute};
use crate::psl::ast::{Expr, FieldArity};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::schema::{FieldId, IndexMethod, SortOrder};

/// Reads one attribute of a model.
type ReadIndex = for<'a> fn(&mut Model<'a>, Args<'a>, &mut Diagnostics);

/// The attributes of a model that may be repeated, in the order in which they are read.
pub(super) const MODEL_INDEXES: [(&str, ReadIndex); 3] =
    [("index", model_index), ("unique", model_unique), ("fulltext", model_fulltext)];

/// The column names given by `@map` so far.
#[derive(Default)]
pub(super) struct MappedNames<'a> {
    seen: FxHashMap<&'a str, FieldId>,
}

impl<'a> MappedNames<'a> {
    /// Gives the field a column name, and reports it if another field has that name.
    pub(super) fn insert(
        &mut self,
        model: &mut Model<'a>,
        id: FieldId,
        name: Option<&'a str>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(name) = name else { return };
        if let FieldKind::Scalar(scalar) = &mut model.fields[id.0 as usize].kind {
            scalar.mapped_name = Some(name);
        }
        let other = self.seen.insert(name, id).or_else(|| {
            let other = model.named(name)?;
            let scalar = model.field(other).scalar()?;
            // Fields further down are not read yet, so that their own `@map` does not count here.
            (other != id && scalar.mapped_name.is_none_or(|mapped| mapped == name)).then_some(other)
        });
        if let Some(other) = other {
            let message = format!("column `{name}` belongs already to field `{}`", model.field(other).name());
            diagnostics.error(model.field(id).ast.span, message).help("give one of them another `@map`");
        }
    }
}

/// `@id`
pub(super) fn field_id<'a>(model: &mut Model<'a>, id: FieldId, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    if model.primary_key.is_some() {
        diagnostics
            .error(model.block.span, format!("model `{}` has more than one `@id`", model.name()))
            .help("for an id of several fields write `@@id([…])`");
    } else {
        let mapped_name = constraint_name(&mut args, diagnostics);
        let field = column(id, &mut args, diagnostics);
        let clustered = clustered(&mut args, diagnostics);
        model.primary_key = Some(PrimaryKey {
            fields: vec![field],
            on_field: true,
            name: None,
            mapped_name,
            clustered,
            attribute: args.attribute,
        });
    }
    args.finish(diagnostics);
}

/// `@unique`
pub(super) fn field_unique<'a>(model: &mut Model<'a>, id: FieldId, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    let mapped_name = constraint_name(&mut args, diagnostics);
    let field = column(id, &mut args, diagnostics);
    let clustered = clustered(&mut args, diagnostics);
    let (predicate, predicate_span) = predicates::read(&mut args, model, diagnostics);
    model.indexes.push(Index {
        kind: IndexKind::Unique,
        on_field: true,
        fields: vec![field],
        method: None,
        predicate,
        predicate_span,
        name: None,
        mapped_name,
        clustered,
        attribute: args.attribute,
    });
    args.finish(diagnostics);
}

/// The arguments `length` and `sort` of an attribute on a field.
fn column<'a>(field: FieldId, args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> KeyField<'a> {
    let length = args.take_value("length").and_then(|value| integer(value, diagnostics));
    let word = args.take_value("sort").and_then(|value| constant(value, diagnostics));
    let sort = word.and_then(|(name, _)| {
        let order = SortOrder::from_name(name);
        if order.is_none() {
            diagnostics
                .error(args.span(), format!("`{name}` is no sort order"))
                .help("the sort orders are `Asc` and `Desc`");
        }
        order
    });
    KeyField { field, sort, has_length: length.is_some(), operator_class: None }
}

/// Whether `clustered` was given, which PostgreSQL does not know.
fn clustered(args: &mut Args<'_>, diagnostics: &mut Diagnostics) -> bool {
    let Some(value) = args.take_value("clustered") else { return false };
    boolean(value, &args.attribute.name.text, diagnostics).is_some()
}

/// `@@id`
pub(super) fn model_id<'a>(model: &mut Model<'a>, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    if let Some(fields) = id_fields(model, &mut args, diagnostics) {
        if model.primary_key.is_some() {
            diagnostics
                .error(model.block.span, format!("model `{}` has both `@id` and `@@id`", model.name()))
                .help("keep one of them");
        }
        let mapped_name = constraint_name(&mut args, diagnostics);
        let name = checked_client_name(model, &mut args, diagnostics);
        let clustered = clustered(&mut args, diagnostics);
        model.primary_key =
            Some(PrimaryKey { fields, on_field: false, name, mapped_name, clustered, attribute: args.attribute });
    }
    args.finish(diagnostics);
}

fn id_fields<'a>(model: &Model<'a>, args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<Vec<KeyField<'a>>> {
    let value = args.take_default("fields", diagnostics)?;
    let fields = match key_fields(value, model, args, diagnostics)? {
        Ok(fields) => fields,
        Err(unresolved) => {
            unresolved.report("@@id", model, value.span(), args.span(), diagnostics);
            return None;
        }
    };
    let optional: Vec<_> = fields
        .iter()
        .map(|key| model.field(key.field))
        .filter(|field| field.arity != FieldArity::Required)
        .map(Field::name)
        .collect();
    if !optional.is_empty() && !model.ignored {
        diagnostics
            .error(args.span(), format!("the id of model `{}` contains {}", model.name(), backticked(&optional)))
            .help("every field of an id must be required");
    }
    Some(fields)
}

/// Reports an `@id` on a field that may be empty or hold a list.
pub(super) fn check_id_arity(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    let Some(key) = &model.primary_key else { return };
    if model.ignored || !key.on_field {
        return;
    }
    for field in key.fields.iter().map(|key| model.field(key.field)) {
        if field.arity != FieldArity::Required {
            diagnostics
                .error(key.attribute.span, format!("field `{}` is the id and must be required", field.name()))
                .help("take `?` or `[]` away");
        }
    }
}

fn model_index<'a>(model: &mut Model<'a>, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    let fields = index_fields(model, &mut args, diagnostics);
    let name = client_name(&mut args, diagnostics);
    let mapped_name = constraint_name(&mut args, diagnostics);
    if name.is_some() && mapped_name.is_some() {
        diagnostics
            .error(args.span(), "`name` and `map` of `@@index` mean the same and are both given")
            .help("keep `map`");
    }
    let clustered = clustered(&mut args, diagnostics);
    let method = method(&mut args, diagnostics);
    let (predicate, predicate_span) = predicates::read(&mut args, model, diagnostics);
    let mapped_name = mapped_name.or(name);
    push(
        model,
        IndexKind::Normal,
        IndexParts { fields, method, predicate, predicate_span, name: None, mapped_name, clustered },
        args,
        diagnostics,
    );
}

fn model_unique<'a>(model: &mut Model<'a>, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    let fields = index_fields(model, &mut args, diagnostics);
    let mapped_name = constraint_name(&mut args, diagnostics);
    let name = checked_client_name(model, &mut args, diagnostics);
    let clustered = clustered(&mut args, diagnostics);
    let (predicate, predicate_span) = predicates::read(&mut args, model, diagnostics);
    let parts = IndexParts { fields, method: None, predicate, predicate_span, name, mapped_name, clustered };
    push(model, IndexKind::Unique, parts, args, diagnostics);
}

fn model_fulltext<'a>(model: &mut Model<'a>, mut args: Args<'a>, diagnostics: &mut Diagnostics) {
    let fields = index_fields(model, &mut args, diagnostics);
    let mapped_name = constraint_name(&mut args, diagnostics);
    let parts = IndexParts {
        fields,
        method: None,
        predicate: None,
        predicate_span: None,
        name: None,
        mapped_name,
        clustered: false,
    };
    push(model, IndexKind::Fulltext, parts, args, diagnostics);
}

/// What an attribute of a model says about an index.
struct IndexParts<'a> {
    fields: Option<Vec<KeyField<'a>>>,
    method: Option<IndexMethod>,
    predicate: Option<Predicate<'a>>,
    predicate_span: Option<Span>,
    name: Option<Located<&'a str>>,
    mapped_name: Option<Located<&'a str>>,
    clustered: bool,
}

fn push<'a>(
    model: &mut Model<'a>,
    kind: IndexKind,
    parts: IndexParts<'a>,
    args: Args<'a>,
    diagnostics: &mut Diagnostics,
) {
    let IndexParts { fields, method, predicate, predicate_span, name, mapped_name, clustered } = parts;
    model.indexes.push(Index {
        kind,
        on_field: false,
        fields: fields.unwrap_or_default(),
        method,
        predicate,
        predicate_span,
        name,
        mapped_name,
        clustered,
        attribute: args.attribute,
    });
    args.finish(diagnostics);
}

fn index_fields<'a>(
    model: &Model<'a>,
    args: &mut Args<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<KeyField<'a>>> {
    let value = args.take_default("fields", diagnostics)?;
    match key_fields(value, model, args, diagnostics)? {
        Ok(fields) => Some(fields),
        Err(unresolved) => {
            let attribute = format!("@@{}", args.attribute.name.text);
            unresolved.report(&attribute, model, args.span(), args.span(), diagnostics);
            None
        }
    }
}

fn method(args: &mut Args<'_>, diagnostics: &mut Diagnostics) -> Option<IndexMethod> {
    let (name, _) = args.take_value("type").and_then(|value| constant(value, diagnostics))?;
    let method = IndexMethod::from_name(name);
    if method.is_none() {
        let diagnostic = diagnostics.error(args.span(), format!("`{name}` is no type of index"));
        let names = IndexMethod::ALL.map(IndexMethod::name);
        let all = names.map(|name| format!("`{name}`")).join(", ");
        diagnostic.help(did_you_mean(name, names).unwrap_or_else(|| format!("the types are {all}")));
    }
    method
}

/// The argument `name`: letters, digits and underscores of ASCII only, since it becomes a word in the client.
fn checked_client_name<'a>(
    model: &Model<'a>,
    args: &mut Args<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Located<&'a str>> {
    let name = client_name(args, diagnostics)?;
    if name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some(name);
    }
    let (attribute, model) = (&args.attribute.name.text, model.name());
    diagnostics
        .error(args.span(), format!("`name` of `@@{attribute}` in model `{model}` is no identifier"))
        .help("it may contain ASCII letters, digits and `_`; a name for the database is given by `map`");
    None
}

/// `@shardKey`
pub(super) fn field_shard_key<'a>(model: &mut Model<'a>, id: FieldId, args: Args<'a>, diagnostics: &mut Diagnostics) {
    if model.shard_key.is_some() {
        diagnostics
            .error(model.block.span, format!("model `{}` has more than one `@shardKey`", model.name()))
            .help("for several fields write `@@shardKey([…])`");
    } else {
        model.shard_key = Some(ShardKey { fields: vec![id], attribute: args.attribute });
    }
    args.finish(diagnostics);
}

/// `@@shardKey`, and the rule that fields of a shard key are required.
pub(super) fn model_shard_key<'a>(
    model: &mut Model<'a>,
    attributes: &mut Attributes<'a>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(mut args) = attributes.single("shardKey", diagnostics) {
        let key = shard_key_fields(model, &mut args, diagnostics);
        if let Some(fields) = key {
            if model.shard_key.is_some() {
                diagnostics
                    .error(model.block.span, format!("model `{}` has both `@shardKey` and `@@shardKey`", model.name()))
                    .help("keep one of them");
            }
            model.shard_key = Some(ShardKey { fields, attribute: args.attribute });
        }
        args.finish(diagnostics);
    }
    let Some(key) = &model.shard_key else { return };
    for field in key.fields.iter().map(|id| model.field(*id)) {
        if field.arity != FieldArity::Required && !model.ignored {
            let message = format!("field `{}` is part of the shard key and must be required", field.name());
            diagnostics.error(key.attribute.span, message);
        }
    }
}

fn shard_key_fields<'a>(model: &Model<'a>, args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<Vec<FieldId>> {
    let value = args.take_default("fields", diagnostics)?;
    match key_fields(value, model, args, diagnostics)? {
        Ok(fields) => Some(fields.into_iter().map(|key| key.field).collect()),
        Err(unresolved) => {
            unresolved.report("@@shardKey", model, value.span(), args.span(), diagnostics);
            None
        }
    }
}

/// Reads a list of fields with their arguments. The outer `None` means that what is wrong is reported already.
fn key_fields<'a>(
    value: &'a Expr,
    model: &Model<'a>,
    args: &Args<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Result<Vec<KeyField<'a>>, Unresolved<'a>>> {
    let columns = columns::read(value, diagnostics)?;
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    let found = find_fields(&names, model, args.span(), diagnostics)?;
    Some(found.map(|fields| columns.into_iter().zip(fields).map(Column::into_key_field).collect()))
}

/// The scalar fields with these names. The outer `None` means that what is wrong is reported already.
pub(super) fn find_fields<'a>(
    names: &[&'a str],
    model: &Model<'_>,
    attribute: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Result<Vec<FieldId>, Unresolved<'a>>> {
    let mut fields = Vec::with_capacity(names.len());
    let mut unresolved = Unresolved { unknown: Vec::new(), relations: Vec::new() };
    for &name in names {
        match model.named(name) {
            None => unresolved.unknown.push(name),
            Some(id) if model.field(id).scalar().is_none() => unresolved.relations.push(name),
            Some(id) if fields.contains(&id) => {
                diagnostics
                    .error(attribute, format!("field `{name}` of `{}` is listed more than once", model.name()))
                    .help("keep one of them");
                return None;
            }
            Some(id) => fields.push(id),
        }
    }
    Some(if unresolved.unknown.is_empty() && unresolved.relations.is_empty() { Ok(fields) } else { Err(unresolved) })
}

/// Names in a list of fields that are no scalar fields.
pub(super) struct Unresolved<'a> {
    pub(super) unknown: Vec<&'a str>,
    pub(super) relations: Vec<&'a str>,
}

impl Unresolved<'_> {
    fn report(
        &self,
        attribute: &str,
        model: &Model<'_>,
        unknown_span: Span,
        relations_span: Span,
        diagnostics: &mut Diagnostics,
    ) {
        let (keyword, name) = (model.keyword(), model.name());
        if !self.unknown.is_empty() {
            let message = format!("`{attribute}` names {} that {keyword} `{name}` does not have", self.unknown_list());
            let diagnostic = diagnostics.error(unknown_span, message);
            if let Some(help) = self.suggestion(model) {
                diagnostic.help(help);
            }
        }
        if !self.relations.is_empty() {
            let message = format!("`{attribute}` of {keyword} `{name}` names {}", self.refused(model, ""));
            let diagnostic = diagnostics.error(relations_span, message);
            let columns = self.foreign_key_columns(model);
            if !columns.is_empty() {
                diagnostic.help(format!("did you mean {}?", backticked(&columns)));
            }
        }
    }

    pub(super) fn unknown_list(&self) -> String {
        let noun = if self.unknown.len() == 1 { "field" } else { "fields" };
        format!("{noun} {}", backticked(&self.unknown))
    }

    /// The relation fields, which are `whose`, and why they are not possible. Fields whose type is not known count among
    /// them; they are named if there is nothing else.
    pub(super) fn refused(&self, model: &Model<'_>, whose: &str) -> String {
        let is_relation = |name: &&str| {
            let field = model.named(name).map(|id| model.field(id));
            field.is_some_and(|field| matches!(field.kind, FieldKind::Relation(_)))
        };
        let relations: Vec<&str> = self.relations.iter().copied().filter(is_relation).collect();
        let plural = |list: &[&str]| if list.len() == 1 { "" } else { "s" };
        if relations.is_empty() {
            let list = backticked(&self.relations);
            return format!("field{} {list}{whose}, whose type is not known", plural(&self.relations));
        }
        let list = backticked(&relations);
        format!("relation field{} {list}{whose}, but only scalar fields are possible", plural(&relations))
    }

    /// A help line for the first misspelt name.
    pub(super) fn suggestion(&self, model: &Model<'_>) -> Option<String> {
        let name = self.unknown.first()?;
        let fields = model.fields.iter().filter(|field| !matches!(field.kind, FieldKind::Relation(_)));
        did_you_mean(name, fields.map(Field::name))
    }

    fn foreign_key_columns<'m>(&self, model: &'m Model<'_>) -> Vec<&'m str> {
        let mut columns = Vec::new();
        for id in self.relations.iter().filter_map(|name| model.named(name)) {
            let fields = relation_attribute::own_columns(model.field(id).ast, model).into_iter().flatten();
            columns.extend(fields.map(|field| model.field(field).name()));
        }
        columns
    }
}

/// Names in backticks: `a`, `b` and `c`.
pub(crate) fn backticked(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("`{name}`"),
        [head @ .., last] => {
            let head = head.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("{head} and `{last}`")
        }
    }
}

/// Whether a field may be part of a key that identifies rows: neither optional nor of an unsupported type.
pub(crate) fn identifies(model: &Model<'_>, field: FieldId) -> bool {
    let field = model.field(field);
    field.arity != FieldArity::Optional && !matches!(field.scalar().map(|scalar| scalar.ty), Some(Type::Unsupported(_)))
}
