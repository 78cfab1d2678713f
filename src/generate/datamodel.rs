//! `PslSchema` → the models, enums and indexes that generators get.

use base64::Engine as _;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::query_api::in_order;
use crate::dbschema::types::ScalarType;
use crate::psl::ast::FieldArity;
use crate::psl::schema::{
    ClientFunction, DefaultValue, Enum, Field, FieldId, FieldKind, FieldType, Index, Literal, Model, ModelId,
    OperatorClass, PslSchema, RelationField, ScalarField, SortOrder,
};

/// Models, views, enums and indexes.
#[derive(Debug, Serialize)]
pub struct Datamodel {
    enums: Vec<EnumBlock>,
    models: Vec<ModelBlock>,
    /// Composite types; PostgreSQL has none.
    types: [(); 0],
    indexes: Vec<IndexEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EnumBlock {
    name: String,
    values: Vec<EnumValueEntry>,
    db_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EnumValueEntry {
    name: String,
    db_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelBlock {
    name: String,
    db_name: Option<String>,
    schema: Option<String>,
    fields: Vec<FieldEntry>,
    primary_key: Option<KeyEntry>,
    unique_fields: Vec<Vec<String>>,
    unique_indexes: Vec<KeyEntry>,
    is_generated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<String>,
}

#[derive(Debug, Serialize)]
struct KeyEntry {
    name: Option<String>,
    fields: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<String>,
    kind: &'static str,
    is_list: bool,
    is_required: bool,
    is_unique: bool,
    is_id: bool,
    is_read_only: bool,
    has_default_value: bool,
    #[serde(rename = "type")]
    type_name: String,
    native_type: Option<(&'static str, Vec<String>)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_from_fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_to_fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_on_delete: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_on_update: Option<&'static str>,
    is_generated: bool,
    is_updated_at: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IndexEntry {
    model: String,
    #[serde(rename = "type")]
    kind: &'static str,
    is_defined_on_field: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'static str>,
    fields: Vec<IndexFieldEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IndexFieldEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort_order: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_class: Option<String>,
}

/// The operations of the query API by model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mappings {
    model_operations: Vec<Map<String, Value>>,
    other_operations: OtherOperations,
}

#[derive(Debug, Serialize)]
struct OtherOperations {
    read: [&'static str; 0],
    write: [&'static str; 2],
}

pub(super) fn datamodel(schema: &PslSchema) -> Datamodel {
    let models = in_order(schema);
    Datamodel {
        enums: schema.enums.iter().map(enum_block).collect(),
        models: models.iter().map(|id| model_block(schema, *id)).collect(),
        types: [],
        indexes: models.iter().flat_map(|id| index_entries(schema.model(*id))).collect(),
    }
}

fn enum_block(found: &Enum) -> EnumBlock {
    let value = |value: &crate::psl::schema::EnumValue| EnumValueEntry {
        name: value.name.clone(),
        db_name: value.mapped_name.clone(),
        documentation: value.documentation.clone(),
    };
    EnumBlock {
        name: found.name.clone(),
        values: found.values.iter().map(value).collect(),
        db_name: found.mapped_name.clone(),
        documentation: found.documentation.clone(),
    }
}

fn model_block(schema: &PslSchema, id: ModelId) -> ModelBlock {
    let model = schema.model(id);
    let uniques: Vec<&Index> =
        model.indexes.iter().filter(|index| index.unique && !index.on_field && index.predicate.is_none()).collect();
    let names = |index: &Index| index.fields.iter().map(|field| model.field(field.field).name.clone()).collect();
    let written_key = model.primary_key.as_ref().filter(|key| !key.on_field);
    ModelBlock {
        name: model.name.clone(),
        db_name: model.mapped_name.clone(),
        schema: model.namespace.clone(),
        fields: (0u32..)
            .map(FieldId)
            .zip(&model.fields)
            .filter_map(|(id, field)| field_entry(schema, model, id, field))
            .collect(),
        primary_key: written_key
            .map(|key| KeyEntry { name: key.client_name.clone(), fields: field_names(model, &key.fields) }),
        unique_fields: uniques.iter().map(|index| names(index)).collect(),
        unique_indexes: uniques
            .iter()
            .map(|index| KeyEntry { name: index.client_name.clone(), fields: names(index) })
            .collect(),
        is_generated: false,
        documentation: model.documentation.clone(),
    }
}

fn field_names(model: &Model, ids: &[FieldId]) -> Vec<String> {
    ids.iter().map(|id| model.field(*id).name.clone()).collect()
}

fn field_entry(schema: &PslSchema, model: &Model, id: FieldId, field: &Field) -> Option<FieldEntry> {
    if field.ignored {
        return None;
    }
    let blank = FieldEntry {
        name: field.name.clone(),
        db_name: None,
        kind: "scalar",
        is_list: field.arity == FieldArity::List,
        is_required: field.arity != FieldArity::Optional,
        is_unique: false,
        is_id: false,
        is_read_only: false,
        has_default_value: false,
        type_name: String::new(),
        native_type: None,
        default: None,
        relation_name: None,
        relation_from_fields: None,
        relation_to_fields: None,
        relation_on_delete: None,
        relation_on_update: None,
        is_generated: false,
        is_updated_at: false,
        documentation: field.documentation.clone(),
    };
    match &field.kind {
        FieldKind::Scalar(scalar) => scalar_entry(schema, model, id, scalar, blank),
        FieldKind::Relation(side) => relation_entry(schema, model, side, blank),
    }
}

fn scalar_entry(
    schema: &PslSchema,
    model: &Model,
    id: FieldId,
    scalar: &ScalarField,
    blank: FieldEntry,
) -> Option<FieldEntry> {
    let (kind, type_name) = match &scalar.ty {
        FieldType::Unsupported(_) => return None,
        FieldType::Scalar(scalar) => ("scalar", scalar.name().to_owned()),
        FieldType::Enum(id) => ("enum", schema.enumeration(*id).name.clone()),
    };
    let is_id = model.primary_key.as_ref().is_some_and(|key| key.fields == [id]);
    let alone = |index: &Index| {
        index.unique && index.predicate.is_none() && index.fields.len() == 1 && index.fields[0].field == id
    };
    Some(FieldEntry {
        db_name: scalar.mapped_name.clone(),
        kind,
        is_unique: !is_id && model.indexes.iter().any(alone),
        is_id,
        is_read_only: model.relation_fields().any(|(_, _, side)| side.fields.contains(&id)),
        has_default_value: scalar.default.is_some(),
        type_name,
        native_type: scalar
            .native_type
            .map(|native| (native.info().name, native.arguments().iter().map(u32::to_string).collect())),
        default: scalar.default.as_ref().map(|default| default_value(&scalar.ty, default)),
        is_updated_at: scalar.updated_at,
        ..blank
    })
}

fn relation_entry(schema: &PslSchema, model: &Model, side: &RelationField, blank: FieldEntry) -> Option<FieldEntry> {
    let target = schema.model(side.target);
    if target.ignored {
        return None;
    }
    Some(FieldEntry {
        kind: "object",
        type_name: target.name.clone(),
        relation_name: Some(schema.relation(side.relation).name.clone()),
        relation_from_fields: Some(field_names(model, &side.fields)),
        relation_to_fields: Some(field_names(target, &side.references)),
        relation_on_delete: side.on_delete.map(crate::psl::schema::ReferentialAction::name),
        relation_on_update: side.on_update.map(crate::psl::schema::ReferentialAction::name),
        ..blank
    })
}

fn default_value(ty: &FieldType, default: &DefaultValue) -> Value {
    let call = |name: &str, args: Vec<Value>| json!({ "name": name, "args": args });
    match default {
        DefaultValue::Literal(literal) => literal_value(ty, literal),
        DefaultValue::List(list) => list.iter().map(|literal| literal_value(ty, literal)).collect(),
        DefaultValue::Now => call("now", vec![]),
        DefaultValue::Autoincrement => call("autoincrement", vec![]),
        DefaultValue::DbGenerated(sql) => call("dbgenerated", sql.iter().map(|sql| json!(sql)).collect()),
        DefaultValue::Client(ClientFunction::Uuid(version)) => call("uuid", vec![json!(version)]),
        DefaultValue::Client(ClientFunction::Cuid(version)) => call("cuid", vec![json!(version)]),
        DefaultValue::Client(ClientFunction::Ulid) => call("ulid", vec![]),
        DefaultValue::Client(ClientFunction::Nanoid(length)) => {
            call("nanoid", length.iter().map(|length| json!(length)).collect())
        }
    }
}

fn literal_value(ty: &FieldType, literal: &Literal) -> Value {
    let scalar = match ty {
        FieldType::Scalar(scalar) => Some(*scalar),
        FieldType::Enum(_) | FieldType::Unsupported(_) => None,
    };
    match (literal, scalar) {
        (Literal::Boolean(value), _) => json!(value),
        (Literal::EnumValue(name), _) => json!(name),
        (Literal::Number(digits), Some(ScalarType::Int)) => {
            digits.parse::<i64>().map_or_else(|_| json!(digits), Value::from)
        }
        (Literal::Number(digits), Some(ScalarType::BigInt)) => json!(digits),
        (Literal::Number(digits) | Literal::String(digits), Some(ScalarType::Float | ScalarType::Decimal)) => {
            digits.replace('_', "").parse::<f64>().map_or_else(|_| json!(digits), Value::from)
        }
        (Literal::String(text), Some(ScalarType::DateTime)) => json!(date_time(text)),
        (Literal::String(text), Some(ScalarType::Bytes)) => json!(canonical_base64(text)),
        (Literal::String(text) | Literal::Number(text), _) => json!(text),
    }
}

/// RFC 3339 with a numeric offset, and the fraction in groups of three digits, or none if it is zero.
fn date_time(text: &str) -> String {
    const SECONDS_END: usize = "2026-01-31T12:00:00".len();
    let (Some(seconds), Some(rest)) = (text.get(..SECONDS_END), text.get(SECONDS_END..)) else {
        return text.to_owned();
    };
    let digits: String = rest.strip_prefix('.').unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let offset = match &rest[if digits.is_empty() { 0 } else { digits.len() + 1 }..] {
        "Z" | "z" | "-00:00" => "+00:00",
        offset => offset,
    };
    let nanoseconds: String = format!("{digits:0<9}").chars().take(9).collect();
    let fraction = nanoseconds.trim_end_matches('0').len().div_ceil(3) * 3;
    let point = if fraction == 0 { "" } else { "." };
    format!("{}T{}{point}{}{offset}", &seconds[..10], &seconds[11..], &nanoseconds[..fraction])
}

fn canonical_base64(text: &str) -> String {
    let engine = base64::engine::general_purpose::STANDARD;
    engine.decode(text).map_or_else(|_| text.to_owned(), |bytes| engine.encode(bytes))
}

fn index_entries(model: &Model) -> Vec<IndexEntry> {
    let mut entries = Vec::new();
    if let Some(key) = &model.primary_key {
        entries.push(IndexEntry {
            model: model.name.clone(),
            kind: "id",
            is_defined_on_field: key.on_field,
            name: key.client_name.clone(),
            db_name: key.mapped_name.clone(),
            algorithm: None,
            fields: field_names(model, &key.fields)
                .into_iter()
                .map(|name| IndexFieldEntry { name, sort_order: None, operator_class: None })
                .collect(),
        });
    }
    entries.extend(model.indexes.iter().map(|index| index_entry(model, index)));
    entries
}

fn index_entry(model: &Model, index: &Index) -> IndexEntry {
    let field = |field: &crate::psl::schema::IndexField| IndexFieldEntry {
        name: model.field(field.field).name.clone(),
        sort_order: field.sort.map(|sort| match sort {
            SortOrder::Asc => "asc",
            SortOrder::Desc => "desc",
        }),
        operator_class: field.operator_class.as_ref().map(|class| match class {
            // Prisma says so, and generators compare with it.
            OperatorClass::Known(name) if name == "UuidMinMaxMultiOps" => "BitMinMaxOps".to_owned(),
            OperatorClass::Known(name) | OperatorClass::Raw(name) => name.clone(),
        }),
    };
    IndexEntry {
        model: model.name.clone(),
        kind: if index.unique { "unique" } else { "normal" },
        is_defined_on_field: index.on_field,
        name: index.client_name.clone(),
        db_name: index.mapped_name.clone(),
        algorithm: index.method.map(crate::psl::schema::IndexMethod::name),
        fields: index.fields.iter().map(field).collect(),
    }
}

pub(super) fn mappings(schema: &PslSchema) -> Mappings {
    Mappings {
        model_operations: super::query_api::operations(schema)
            .into_iter()
            .map(|(model, operations)| {
                let mut entry = Map::new();
                entry.insert("model".to_owned(), json!(model));
                for (kind, name) in operations {
                    entry.insert(kind.to_owned(), json!(name));
                }
                entry
            })
            .collect(),
        other_operations: OtherOperations { read: [], write: ["executeRaw", "queryRaw"] },
    }
}
