//! Names of keys, indexes and foreign keys: which are used more than once where they must be unique.

use rustc_hash::FxHashMap;
use std::borrow::Cow;

use crate::dbschema::names;
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::resolve::{Index, IndexKind, Model, PrimaryKey, Relation, Resolved};
use crate::psl::schema::{ModelId, ModelKind, RelationKind};

/// How often each name is used in each scope.
#[derive(Default)]
pub(super) struct ConstraintNames<'a> {
    /// Keys and indexes, by namespace.
    by_namespace: FxHashMap<(Option<&'a str>, Cow<'a, str>), u32>,
    /// Keys, indexes and foreign keys, by model.
    by_model: FxHashMap<(ModelId, Cow<'a, str>), u32>,
    /// `name` of keys and unique indexes, by model.
    client: FxHashMap<(ModelId, &'a str), u32>,
}

impl<'a> ConstraintNames<'a> {
    /// Counts all names of a schema.
    pub(super) fn collect(resolved: &Resolved<'a>) -> Self {
        let mut all = Self::default();
        // What must be unique depends on the database.
        let has_datasource = resolved.datasource.is_some();
        if has_datasource {
            let keys = resolved.models.iter().map(|model| 1 + model.indexes.len()).sum();
            all.by_namespace.reserve(keys);
            all.by_model.reserve(keys + resolved.relations.len());
        }
        for (id, model) in (0u32..).map(ModelId).zip(&resolved.models) {
            let key = model.primary_key.iter().filter_map(|key| key.name);
            for name in key.chain(model.indexes.iter().filter_map(|index| index.name)) {
                *all.client.entry((id, name.value)).or_default() += 1;
            }
            if model.kind == ModelKind::Model && has_datasource {
                all.add_keys(id, model);
            }
        }
        if !has_datasource {
            return all;
        }
        for relation in &resolved.relations {
            all.add_foreign_key(resolved, relation);
        }
        all
    }

    fn add_keys(&mut self, id: ModelId, model: &Model<'a>) {
        let key = model.primary_key.iter().map(|key| primary_key(model, key));
        let indexes = model.indexes.iter().map(|found| index(model, found));
        for name in key.chain(indexes) {
            *self.by_namespace.entry((namespace(model), name.clone())).or_default() += 1;
            *self.by_model.entry((id, name)).or_default() += 1;
        }
    }

    fn add_foreign_key(&mut self, resolved: &Resolved<'a>, relation: &Relation) {
        if relation.kind != RelationKind::ManyToMany {
            // A list without opposite has no foreign key of its own: the name counts where the list stands.
            let model = relation.forward.or(relation.back).map_or(relation.forward_model, |(model, _)| model);
            // A view has no foreign keys in the database.
            if resolved.model(model).kind == ModelKind::Model {
                *self.by_model.entry((model, foreign_key(resolved, relation))).or_default() += 1;
            }
        }
    }

    /// Reports a primary key whose name is used elsewhere in the namespace, or by a foreign key of the model.
    pub(super) fn check_primary_key(
        &self,
        id: ModelId,
        model: &Model<'a>,
        key: &PrimaryKey<'a>,
        diagnostics: &mut Diagnostics,
    ) {
        let name = primary_key(model, key);
        let span = key.mapped_name.map_or(key.attribute.span, |mapped| mapped.span);
        let attribute = key.attribute_name();
        self.check_namespace(model, name.clone(), attribute, span, diagnostics);
        if is_repeated(self.by_model.get(&(id, name.clone()))) {
            report(attribute, &name, &format!("model `{}`", model.name()), span, diagnostics);
        }
    }

    /// Reports an index whose name is used elsewhere in the namespace.
    pub(super) fn check_index(&self, model: &Model<'a>, found: &Index<'a>, diagnostics: &mut Diagnostics) {
        let span = found.mapped_name.map_or(found.attribute.span, |mapped| mapped.span);
        self.check_namespace(model, index(model, found), found.attribute_name(), span, diagnostics);
    }

    fn check_namespace(
        &self,
        model: &Model<'a>,
        name: Cow<'a, str>,
        attribute: &str,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) {
        let place = (namespace(model), name);
        if is_repeated(self.by_namespace.get(&place)) {
            let scope = match namespace(model) {
                Some(namespace) => format!("schema `{namespace}`"),
                None => "the schema".to_owned(),
            };
            report(attribute, &place.1, &scope, span, diagnostics);
        }
    }

    /// Reports a foreign key whose name is used elsewhere in the model.
    pub(super) fn check_foreign_key(
        &self,
        resolved: &Resolved<'a>,
        relation: &Relation,
        diagnostics: &mut Diagnostics,
    ) {
        let place = (relation.forward_model, foreign_key(resolved, relation));
        if !is_repeated(self.by_model.get(&place)) {
            return;
        }
        let mapped = relation.forward.and_then(|place| resolved.relation_field(place)?.mapped_name);
        let span = match (relation.forward, mapped) {
            (_, Some(mapped)) => mapped.span,
            (Some(place), None) => resolved.field(place).ast.span,
            (None, None) => resolved.model(relation.back_model).block.span,
        };
        let scope = format!("model `{}`", resolved.model(relation.forward_model).name());
        report("@relation", &place.1, &scope, span, diagnostics);
    }

    /// How many keys and unique indexes of a model have this `name`.
    pub(super) fn client_count(&self, model: ModelId, name: &'a str) -> u32 {
        self.client.get(&(model, name)).copied().unwrap_or_default()
    }
}

fn is_repeated(count: Option<&u32>) -> bool {
    count.is_some_and(|count| *count > 1)
}

fn report(attribute: &str, name: &str, scope: &str, span: Span, diagnostics: &mut Diagnostics) {
    diagnostics
        .error(span, format!("the constraint name `{name}` of `{attribute}` is used more than once in {scope}"))
        .help("give one of them another name by `map`");
}

fn namespace<'a>(model: &Model<'a>) -> Option<&'a str> {
    model.namespace.map(|namespace| namespace.value)
}

fn primary_key<'a>(model: &Model<'a>, key: &PrimaryKey<'a>) -> Cow<'a, str> {
    match key.mapped_name {
        Some(mapped) => Cow::Borrowed(mapped.value),
        None => Cow::Owned(names::primary_key(model.database_name())),
    }
}

fn index<'a>(model: &Model<'a>, index: &Index<'a>) -> Cow<'a, str> {
    if let Some(mapped) = index.mapped_name {
        return Cow::Borrowed(mapped.value);
    }
    let columns = model.column_names(index.fields.iter().map(|column| column.field));
    Cow::Owned(match index.kind {
        IndexKind::Unique => names::unique(model.database_name(), columns),
        IndexKind::Normal | IndexKind::Fulltext => names::index(model.database_name(), columns),
    })
}

/// Relations that are not complete yet have a name too.
fn foreign_key<'a>(resolved: &Resolved<'a>, relation: &Relation) -> Cow<'a, str> {
    let model = resolved.model(relation.forward_model);
    let side = relation.forward.and_then(|place| resolved.relation_field(place));
    if let Some(mapped) = side.and_then(|side| side.mapped_name) {
        return Cow::Borrowed(mapped.value);
    }
    let fields = side.and_then(|side| side.fields.as_ref());
    let columns = model.column_names(fields.into_iter().flatten().copied());
    Cow::Owned(names::foreign_key(model.database_name(), columns))
}
