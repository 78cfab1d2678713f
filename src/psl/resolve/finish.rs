//! The last step: a tree without errors becomes a [`PslSchema`] that owns its data.

use super::tree::{
    self, DefaultAttribute, FieldKind, Located, NativeTypeAttribute, OperatorClass, Predicate, Relation, RelationField,
    Resolved, ScalarField, Type,
};
use crate::dbschema::types::NativeType;
use crate::psl::ast::{Arguments, Expr};
use crate::psl::schema::{self, ClientFunction, DefaultValue, FieldType, Literal, ModelId, PslSchema};

impl Resolved<'_> {
    /// The schema as plain data. `None` if something is missing that only a faulty schema lacks.
    pub(crate) fn finish(self) -> Option<PslSchema> {
        let relations: Option<Vec<_>> =
            self.relations.iter().map(|relation| finish_relation(&self, relation)).collect();
        // Each goes when it is done, while it is near.
        let models: Option<Vec<_>> = self.models.into_iter().map(|found| model(&found)).collect();
        Some(PslSchema {
            rules: self.rules,
            relations: relations?,
            models: models?,
            enums: self.enums.iter().map(enumeration).collect(),
            datasource: self.datasource.map(datasource),
            generators: self.generators,
        })
    }

    /// The explicit name of a relation, or the one made of its models' names.
    pub(crate) fn relation_name(&self, relation: &Relation) -> String {
        let side = relation.forward.or(relation.back).and_then(|place| self.relation_field(place));
        if let Some(name) = side.and_then(|side| side.name) {
            return name.to_owned();
        }
        self.default_relation_name(relation.forward_model, relation.back_model)
    }

    /// The name of a relation between two models that has no explicit one.
    pub(crate) fn default_relation_name(&self, a: ModelId, b: ModelId) -> String {
        let (a, b) = (self.model(a).name(), self.model(b).name());
        format!("{}To{}", a.min(b), a.max(b))
    }
}

fn finish_relation(resolved: &Resolved<'_>, relation: &Relation) -> Option<schema::Relation> {
    Some(schema::Relation {
        name: resolved.relation_name(relation),
        kind: relation.kind,
        forward: relation.forward?,
        back: relation.back?,
    })
}

fn datasource(datasource: tree::Datasource<'_>) -> schema::Datasource {
    let mut namespaces: Vec<_> = datasource.namespaces.iter().map(|namespace| namespace.value.to_owned()).collect();
    namespaces.sort_unstable();
    let mut extensions: Vec<_> = datasource
        .extensions
        .iter()
        .map(|extension| schema::Extension {
            name: extension.name.to_owned(),
            mapped_name: extension.mapped_name.map(str::to_owned),
            namespace: extension.namespace.map(str::to_owned),
            version: extension.version.map(str::to_owned),
        })
        .collect();
    extensions.sort_by(|a, b| a.name.cmp(&b.name));
    schema::Datasource {
        name: datasource.block.name.text.to_string(),
        provider: datasource.provider.to_owned(),
        url: datasource.url,
        direct_url: datasource.direct_url,
        shadow_database_url: datasource.shadow_database_url,
        relation_mode: datasource.relation_mode.unwrap_or_default(),
        relation_mode_written: datasource.relation_mode.is_some(),
        namespaces,
        extensions,
        documentation: datasource.block.documentation.clone(),
        span: datasource.block.span,
    }
}

fn model(model: &tree::Model<'_>) -> Option<schema::Model> {
    let fields: Option<Vec<_>> = model.fields.iter().map(field).collect();
    let mut indexes: Vec<_> = model.indexes.iter().map(index).collect();
    // Attributes of fields first, then `@@index` before `@@unique`: the order in which they were read.
    indexes.sort_by_key(|index| !index.on_field);
    Some(schema::Model {
        kind: model.kind,
        name: model.name().to_owned(),
        mapped_name: text(model.mapped_name),
        namespace: text(model.namespace),
        ignored: model.ignored,
        fields: fields?,
        primary_key: model.primary_key.as_ref().map(|key| schema::PrimaryKey {
            fields: key.fields.iter().map(|column| column.field).collect(),
            on_field: key.on_field,
            client_name: text(key.name),
            mapped_name: text(key.mapped_name),
        }),
        indexes,
        documentation: model.block.documentation.clone(),
        span: model.block.span,
    })
}

fn text(located: Option<Located<&str>>) -> Option<String> {
    located.map(|located| located.value.to_owned())
}

fn field(field: &tree::Field<'_>) -> Option<schema::Field> {
    let kind = match &field.kind {
        FieldKind::Scalar(scalar) => schema::FieldKind::Scalar(scalar_field(scalar)?),
        FieldKind::Relation(relation) => schema::FieldKind::Relation(relation_field(relation)?),
        FieldKind::Unknown => return None,
    };
    Some(schema::Field {
        name: field.name().to_owned(),
        arity: field.arity,
        kind,
        ignored: field.ignored,
        documentation: field.ast.documentation.clone(),
        span: field.ast.span,
    })
}

fn scalar_field(scalar: &ScalarField<'_>) -> Option<schema::ScalarField> {
    let ty = match scalar.ty {
        Type::Scalar(scalar) => FieldType::Scalar(scalar),
        Type::Enum(id) => FieldType::Enum(id),
        Type::Unsupported(text) => FieldType::Unsupported(text.to_owned()),
        Type::Composite(_) => return None,
    };
    let native_type = match &scalar.native_type {
        Some(attribute) => Some(attribute.resolve()?),
        None => None,
    };
    let default = match &scalar.default {
        Some(attribute) => Some(default_value(attribute, scalar.ty)?),
        None => None,
    };
    Some(schema::ScalarField {
        ty,
        mapped_name: scalar.mapped_name.map(str::to_owned),
        native_type,
        default,
        updated_at: scalar.updated_at,
    })
}

impl NativeTypeAttribute<'_> {
    /// The type; `None` if there is none of that name, or its arguments are not as many whole numbers as it takes.
    pub(crate) fn resolve(self) -> Option<NativeType> {
        NativeType::from_name(self.name(), &self.numbers()?)
    }

    /// The arguments, those without value left out; `None` if one is no whole number.
    pub(crate) fn numbers(self) -> Option<Vec<u32>> {
        let list = self.attribute.arguments.iter().flat_map(|arguments| &arguments.list);
        list.filter_map(|argument| argument.value.as_ref())
            .map(|value| match value {
                Expr::Number(digits, _) => digits.parse().ok(),
                _ => None,
            })
            .collect()
    }
}

fn default_value(default: &DefaultAttribute<'_>, ty: Type<'_>) -> Option<DefaultValue> {
    match default.value {
        Expr::Array(elements, _) => {
            elements.iter().map(|element| literal(element, ty)).collect::<Option<_>>().map(DefaultValue::List)
        }
        Expr::Call(call) => function(&call.name.text, &call.arguments),
        value => literal(value, ty).map(DefaultValue::Literal),
    }
}

fn literal(value: &Expr, ty: Type<'_>) -> Option<Literal> {
    match value {
        Expr::String(text, _) => Some(Literal::String(text.to_string())),
        Expr::Number(digits, _) => Some(Literal::Number(digits.to_string())),
        Expr::Constant(name, _) if matches!(ty, Type::Enum(_)) => Some(Literal::EnumValue(name.to_string())),
        Expr::Constant(name, _) => name.parse().ok().map(Literal::Boolean),
        Expr::Call(_) | Expr::Array(..) | Expr::Object(..) => None,
    }
}

fn function(name: &str, arguments: &Arguments) -> Option<DefaultValue> {
    let argument = arguments.list.first().and_then(|argument| argument.value.as_ref());
    let number = || match argument {
        Some(Expr::Number(digits, _)) => digits.parse::<u8>().ok(),
        _ => None,
    };
    Some(match name {
        "now" => DefaultValue::Now,
        "autoincrement" => DefaultValue::Autoincrement,
        "dbgenerated" => DefaultValue::DbGenerated(match argument {
            Some(Expr::String(sql, _)) => Some(sql.to_string()),
            _ => None,
        }),
        "uuid" => DefaultValue::Client(ClientFunction::Uuid(number().unwrap_or(4))),
        "cuid" => DefaultValue::Client(ClientFunction::Cuid(number().unwrap_or(1))),
        "ulid" => DefaultValue::Client(ClientFunction::Ulid),
        "nanoid" => DefaultValue::Client(ClientFunction::Nanoid(number())),
        _ => return None,
    })
}

fn relation_field(relation: &RelationField<'_>) -> Option<schema::RelationField> {
    Some(schema::RelationField {
        target: relation.target,
        relation: relation.relation?,
        name: relation.name.map(str::to_owned),
        fields: relation.fields.clone().unwrap_or_default(),
        references: relation.references.clone().unwrap_or_default(),
        on_delete: relation.on_delete.map(|action| action.value),
        on_update: relation.on_update.map(|action| action.value),
        mapped_name: text(relation.mapped_name),
    })
}

fn index(index: &tree::Index<'_>) -> schema::Index {
    schema::Index {
        unique: index.is_unique(),
        on_field: index.on_field,
        fields: index.fields.iter().map(index_field).collect(),
        method: index.method,
        predicate: index.predicate.as_ref().map(|predicate| match predicate {
            Predicate::Raw(sql) => schema::Predicate::Raw((*sql).to_owned()),
            Predicate::Fields(terms) => schema::Predicate::Fields(terms.clone()),
        }),
        client_name: text(index.name),
        mapped_name: text(index.mapped_name),
    }
}

fn index_field(column: &tree::KeyField<'_>) -> schema::IndexField {
    schema::IndexField {
        field: column.field,
        sort: column.sort,
        operator_class: column.operator_class.map(|class| match class {
            OperatorClass::Known(name) => schema::OperatorClass::Known(name.to_owned()),
            OperatorClass::Raw(name) => schema::OperatorClass::Raw(name.to_owned()),
        }),
    }
}

fn enumeration(enumeration: &tree::Enum<'_>) -> schema::Enum {
    schema::Enum {
        name: enumeration.name().to_owned(),
        mapped_name: enumeration.mapped_name.map(str::to_owned),
        namespace: text(enumeration.namespace),
        values: enumeration
            .values
            .iter()
            .map(|value| schema::EnumValue {
                name: value.ast.name.text.to_string(),
                mapped_name: value.mapped_name.map(str::to_owned),
                documentation: value.ast.documentation.clone(),
                span: value.ast.span,
            })
            .collect(),
        documentation: enumeration.block.documentation.clone(),
        span: enumeration.block.span,
    }
}
