//! What the query API shows of a model.

use crate::dbschema::types::ScalarType;
use crate::psl::ast::FieldArity;
use crate::psl::schema::{
    DefaultValue, EnumId, Field, FieldId, FieldType, Model, ModelId, ModelKind, PslSchema, RelationField, RelationKind,
    ScalarField,
};

/// A model as the query API shows it.
pub(super) struct ApiModel<'a> {
    pub(super) is_view: bool,
    pub(super) columns: Vec<Column<'a>>,
    pub(super) relations: Vec<Side<'a>>,
    /// The criteria that find one row: the primary key first.
    pub(super) uniques: Vec<Criterion<'a>>,
    /// Whether rows can be created: it is no view, and nothing is demanded that the API cannot express.
    pub(super) creatable: bool,
}

/// A scalar field.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) id: FieldId,
    pub(super) name: &'a str,
    pub(super) kind: ScalarKind,
    pub(super) is_list: bool,
    pub(super) is_nullable: bool,
    /// A primary key that counts by itself: nobody sets it.
    pub(super) counts_by_itself: bool,
    /// Whether some relation of the model stores its key in it.
    pub(super) is_foreign_key: bool,
    /// Whether it may be left out when a row is created.
    pub(super) may_be_left_out: bool,
    /// Whether nothing but the person who creates a row gives it a value, the time of the change aside.
    pub(super) is_demanded: bool,
}

/// The type of a column's values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarKind {
    Scalar(ScalarType),
    /// Text by name, but with filters of its own.
    Uuid,
    Enum(EnumId),
}

/// A relation field.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) id: FieldId,
    pub(super) name: &'a str,
    pub(super) target: ModelId,
    /// The other field of the relation.
    pub(super) opposite: FieldId,
    pub(super) is_list: bool,
    pub(super) is_required: bool,
    /// Whether this model holds the key.
    pub(super) holds_key: bool,
    pub(super) is_many_to_many: bool,
}

/// Columns that find at most one row.
pub(super) struct Criterion<'a> {
    /// The name: of the field, or of the compound.
    pub(super) name: String,
    pub(super) fields: Vec<FieldId>,
    /// `name` as written.
    pub(super) client_name: Option<&'a str>,
}

impl<'a> ApiModel<'a> {
    pub(super) fn new(schema: &'a PslSchema, model: &'a Model) -> Self {
        let relations: Vec<Side<'a>> =
            model.relation_fields().filter_map(|(id, field, side)| Side::new(schema, id, field, side)).collect();
        let foreign_keys: Vec<FieldId> =
            model.relation_fields().flat_map(|(_, _, side)| side.fields.iter().copied()).collect();
        let columns = model
            .scalar_fields()
            .filter_map(|(id, field, scalar)| Column::new(model, id, field, scalar, foreign_keys.contains(&id)))
            .collect();
        Self {
            is_view: model.kind == ModelKind::View,
            columns,
            relations,
            uniques: criteria(model),
            creatable: model.kind == ModelKind::Model
                && model.scalar_fields().all(|(_, field, scalar)| {
                    let inexpressible = matches!(scalar.ty, FieldType::Unsupported(_));
                    !inexpressible || field.arity != FieldArity::Required || scalar.default.is_some()
                }),
        }
    }

    pub(super) fn column(&self, id: FieldId) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.id == id)
    }

    pub(super) fn side(&self, id: FieldId) -> Option<&Side<'a>> {
        self.relations.iter().find(|side| side.id == id)
    }

    /// Whether the column alone finds a row.
    pub(super) fn is_unique(&self, id: FieldId) -> bool {
        self.uniques.iter().any(|criterion| criterion.fields == [id])
    }
}

impl<'a> Column<'a> {
    fn new(
        model: &Model,
        id: FieldId,
        field: &'a Field,
        scalar: &'a ScalarField,
        is_foreign_key: bool,
    ) -> Option<Self> {
        let kind = match &scalar.ty {
            _ if field.ignored => return None,
            FieldType::Unsupported(_) => return None,
            FieldType::Enum(id) => ScalarKind::Enum(*id),
            FieldType::Scalar(ScalarType::String) if is_uuid(scalar) => ScalarKind::Uuid,
            FieldType::Scalar(scalar) => ScalarKind::Scalar(*scalar),
        };
        let in_key = model.primary_key.as_ref().is_some_and(|key| key.fields == [id]);
        let counts = matches!(scalar.default, Some(DefaultValue::Autoincrement));
        Some(Self {
            id,
            name: &field.name,
            kind,
            is_list: field.arity == FieldArity::List,
            is_nullable: field.arity == FieldArity::Optional,
            counts_by_itself: in_key && counts && kind == ScalarKind::Scalar(ScalarType::Int),
            is_foreign_key,
            is_demanded: field.arity == FieldArity::Required && scalar.default.is_none(),
            may_be_left_out: field.arity != FieldArity::Required || scalar.default.is_some() || scalar.updated_at,
        })
    }
}

fn is_uuid(scalar: &ScalarField) -> bool {
    scalar.native_type.as_ref().is_some_and(|native| native.info().name == "Uuid")
}

impl ScalarKind {
    pub(super) fn is_number(self) -> bool {
        use ScalarType::{BigInt, Decimal, Float, Int};
        matches!(self, Self::Scalar(Int | BigInt | Float | Decimal))
    }

    pub(super) fn is_json(self) -> bool {
        self == Self::Scalar(ScalarType::Json)
    }

    pub(super) fn is_text(self) -> bool {
        self == Self::Scalar(ScalarType::String)
    }
}

impl<'a> Side<'a> {
    fn new(schema: &'a PslSchema, id: FieldId, field: &'a Field, side: &'a RelationField) -> Option<Self> {
        let relation = schema.relation(side.relation);
        let is_forward = relation.forward.1 == id && std::ptr::eq(schema.model(relation.forward.0).field(id), field);
        let opposite = if is_forward { relation.back.1 } else { relation.forward.1 };
        let target = schema.model(side.target);
        // A relation has both its fields or none.
        if field.ignored || target.ignored || target.field(opposite).ignored {
            return None;
        }
        Some(Self {
            id,
            name: &field.name,
            target: side.target,
            opposite,
            is_list: field.arity == FieldArity::List,
            is_required: field.arity == FieldArity::Required,
            holds_key: !side.fields.is_empty(),
            is_many_to_many: relation.kind == RelationKind::ManyToMany,
        })
    }
}

fn criteria(model: &Model) -> Vec<Criterion<'_>> {
    let named = |fields: Vec<FieldId>, client_name: Option<&'_ str>| {
        let name = client_name.map_or_else(
            || fields.iter().map(|id| model.field(*id).name.as_str()).collect::<Vec<_>>().join("_"),
            str::to_owned,
        );
        (name, fields)
    };
    let key = model.primary_key.iter().map(|key| (key.fields.clone(), key.client_name.as_deref()));
    let indexes =
        model.indexes.iter().filter(|index| index.unique).map(|index| {
            (index.fields.iter().map(|field| field.field).collect::<Vec<_>>(), index.client_name.as_deref())
        });
    key.chain(indexes)
        .map(|(fields, client_name)| {
            let (name, fields) = named(fields, client_name);
            Criterion { name, fields, client_name }
        })
        .collect()
}
