//! What a diagram shows: tables, views and enums with their rows, and the relations between them.

use crate::dbschema::types::NativeType;
use crate::psl::PslSchema;
use crate::psl::ast::FieldArity;
use crate::psl::schema::{Enum, FieldId, FieldType, Model, ModelId, ModelKind, Relation, RelationKind, ScalarField};

/// A diagram without positions.
#[derive(Debug)]
pub(super) struct Diagram {
    /// Tables and views in source order, then enums.
    pub(super) entities: Vec<Entity>,
    /// Relations in source order.
    pub(super) links: Vec<Link>,
}

/// A box.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) kind: Kind,
    /// The namespace, if the schema names one.
    pub(super) namespace: Option<String>,
    /// The name in the database.
    pub(super) name: String,
    pub(super) documentation: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    View,
    Enum,
}

/// A column, or a value of an enum.
#[derive(Debug)]
pub(super) struct Row {
    /// The name in the database.
    pub(super) name: String,
    /// The type in the database; empty for values.
    pub(super) ty: String,
    pub(super) nullable: bool,
    pub(super) primary: bool,
    pub(super) foreign: bool,
    /// Whether it is unique by itself.
    pub(super) unique: bool,
    pub(super) documentation: Option<String>,
}

/// A relation. `one` is the side that is referenced.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) one: End,
    pub(super) many: End,
}

/// Where a relation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Position in [`Diagram::entities`].
    pub(super) entity: usize,
    /// Position in [`Entity::rows`].
    pub(super) row: usize,
    pub(super) cardinality: Cardinality,
}

/// How many rows there can be at this end for one row at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cardinality {
    One,
    ZeroOrOne,
    ZeroOrMany,
}

impl Diagram {
    pub(super) fn of(schema: &PslSchema) -> Self {
        let models = schema.models.iter().map(|model| entity_of_model(schema, model));
        let entities = models.chain(schema.enums.iter().map(entity_of_enum)).collect();
        let links = schema.relations.iter().map(|relation| link(schema, relation)).collect();
        Self { entities, links }
    }
}

impl Entity {
    /// The name with the namespace before it.
    pub(super) fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Row {
    /// The marks of its keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        let marks = [(self.primary, "PK"), (self.foreign, "FK"), (self.unique, "UK")];
        marks.into_iter().filter_map(|(has, mark)| has.then_some(mark))
    }
}

fn entity_of_model(schema: &PslSchema, model: &Model) -> Entity {
    let is_foreign = |id: FieldId| model.relation_fields().any(|(_, _, relation)| relation.fields.contains(&id));
    let is_primary = |id: FieldId| model.primary_key.as_ref().is_some_and(|key| key.fields.contains(&id));
    let is_unique = |id: FieldId| {
        let alone = |index: &crate::psl::schema::Index| matches!(&index.fields[..], [one] if one.field == id);
        model.indexes.iter().any(|index| index.unique && index.predicate.is_none() && alone(index))
    };
    let row = |(id, field, scalar): (FieldId, &crate::psl::schema::Field, &ScalarField)| Row {
        name: model.column_name(id).to_owned(),
        ty: type_name(schema, scalar) + if field.arity == FieldArity::List { "[]" } else { "" },
        nullable: field.arity == FieldArity::Optional,
        primary: is_primary(id),
        foreign: is_foreign(id),
        unique: is_unique(id),
        documentation: field.documentation.clone(),
    };
    Entity {
        kind: match model.kind {
            ModelKind::Model => Kind::Table,
            ModelKind::View => Kind::View,
        },
        namespace: model.namespace.clone(),
        name: model.database_name().to_owned(),
        documentation: model.documentation.clone(),
        rows: model.scalar_fields().map(row).collect(),
    }
}

fn entity_of_enum(enumeration: &Enum) -> Entity {
    let rows = enumeration.values.iter().map(|value| Row {
        name: value.database_name().to_owned(),
        ty: String::new(),
        nullable: false,
        primary: false,
        foreign: false,
        unique: false,
        documentation: value.documentation.clone(),
    });
    Entity {
        kind: Kind::Enum,
        namespace: enumeration.namespace.clone(),
        name: enumeration.database_name().to_owned(),
        documentation: enumeration.documentation.clone(),
        rows: rows.collect(),
    }
}

/// The type as people write it in SQL.
fn type_name(schema: &PslSchema, scalar: &ScalarField) -> String {
    match &scalar.ty {
        FieldType::Enum(id) => schema.enumeration(*id).database_name().to_owned(),
        FieldType::Unsupported(text) => text.clone(),
        FieldType::Scalar(ty) => native_name(scalar.native_type.unwrap_or_else(|| ty.default_native_type())),
    }
}

fn native_name(native: NativeType) -> String {
    let name = match native {
        // PostgreSQL's own name is two words, which is much for a box.
        NativeType::DoublePrecision => "float8".to_owned(),
        other => other.info().sql.to_lowercase(),
    };
    let arguments: Vec<String> = native.arguments().iter().map(ToString::to_string).collect();
    if arguments.is_empty() { name } else { format!("{name}({})", arguments.join(",")) }
}

fn link(schema: &PslSchema, relation: &Relation) -> Link {
    let (forward, back) = (schema.model(relation.forward.0), schema.model(relation.back.0));
    let end = |id: ModelId, model: &Model, field: Option<FieldId>, cardinality| End {
        entity: id.0 as usize,
        row: field.map_or(0, |field| row_of(model, field)),
        cardinality,
    };
    let key = |model: &Model| model.primary_key.as_ref().and_then(|key| key.fields.first().copied());
    let side = forward.relation_fields().find(|(id, ..)| *id == relation.forward.1).map(|(_, _, side)| side);
    let side = side.filter(|_| relation.kind != RelationKind::ManyToMany);
    let Some(side) = side else {
        let many = Cardinality::ZeroOrMany;
        let (one, many) =
            (end(relation.forward.0, forward, key(forward), many), end(relation.back.0, back, key(back), many));
        return Link { one, many };
    };
    let required = side.fields.iter().all(|field| forward.field(*field).arity == FieldArity::Required);
    let one = if required { Cardinality::One } else { Cardinality::ZeroOrOne };
    let many = match relation.kind {
        RelationKind::OneToOne => Cardinality::ZeroOrOne,
        RelationKind::OneToMany | RelationKind::ManyToMany => Cardinality::ZeroOrMany,
    };
    Link {
        one: end(relation.back.0, back, side.references.first().copied(), one),
        many: end(relation.forward.0, forward, side.fields.first().copied(), many),
    }
}

fn row_of(model: &Model, field: FieldId) -> usize {
    model.scalar_fields().position(|(id, ..)| id == field).unwrap_or_default()
}
