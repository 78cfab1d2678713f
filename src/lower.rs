//! `PslSchema` → `DbSchema`. Pure, and it cannot fail: the mistakes of a person are already diagnostics.

mod defaults;
mod indexes;
mod relations;

pub(crate) use indexes::class_name;

use crate::dbschema::types::{NativeType, ScalarType};
use crate::dbschema::{
    Column, ColumnArity, ColumnType, DbSchema, Enum, Extension, Origin, PrimaryKey, QualifiedName, Table, TableFacts,
    names,
};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{self as psl, FieldType, Model, ModelKind, PslSchema, ScalarField};

/// The database that a schema file describes: tables with their keys, indexes and foreign keys, join tables, enums
/// and extensions, all with qualified and final names.
///
/// `default_namespace` is where objects without `@@schema` live: the `schema` parameter of the URL, else `public`.
/// Views become nothing, because migrations do not make them.
///
/// ```
/// use evt::lower::lower;
/// use evt::psl::{FileId, Source, parse, validate};
///
/// let text = "datasource db {\n  provider = \"postgresql\"\n}\nmodel User {\n  id Int @id\n}\n".to_owned();
/// let (ast, _) = parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text });
/// let (schema, diagnostics) = validate(&[ast]);
/// let Some(schema) = schema else { panic!("{diagnostics:?}") };
///
/// let database = lower(&schema, "public");
/// assert_eq!(database.tables[0].name.to_string(), "public.User");
/// assert_eq!(database.tables[0].primary_key.as_ref().map(|key| key.name.as_str()), Some("User_pkey"));
/// ```
pub fn lower(schema: &PslSchema, default_namespace: &str) -> DbSchema {
    let scope = Scope { schema, default_namespace };
    let mut tables: Vec<Table> = schema.models.iter().filter(|m| is_table(m)).map(|m| scope.table(m)).collect();
    tables.extend(scope.join_tables());
    let enums: Vec<Enum> = schema.enums.iter().map(|e| scope.enumeration(e)).collect();

    let listed = schema.datasource.as_ref().map_or(&[][..], |d| &d.namespaces);
    let namespaces = if listed.is_empty() { vec![default_namespace.to_owned()] } else { listed.to_vec() };

    let manages_extensions = schema.has_preview_feature("postgresqlExtensions");
    DbSchema {
        origin: Origin::Psl,
        default_namespace: default_namespace.to_owned(),
        namespaces,
        tables,
        enums,
        extensions: if manages_extensions { extensions(schema) } else { Vec::new() },
        sequences: Vec::new(),
        views: Vec::new(),
        manages_extensions,
        manages_predicates: schema.has_preview_feature("partialIndexes"),
    }
}

/// What every part of lowering needs.
#[derive(Clone, Copy)]
struct Scope<'a> {
    schema: &'a PslSchema,
    default_namespace: &'a str,
}

fn is_table(model: &Model) -> bool {
    match model.kind {
        ModelKind::Model => true,
        ModelKind::View => false,
    }
}

fn extensions(schema: &PslSchema) -> Vec<Extension> {
    let listed = schema.datasource.as_ref().map_or(&[][..], |d| &d.extensions);
    let mut list: Vec<Extension> = listed
        .iter()
        .map(|e| Extension {
            name: e.mapped_name.as_ref().unwrap_or(&e.name).clone(),
            namespace: e.namespace.clone(),
            version: e.version.clone(),
            relocatable: false,
        })
        .collect();
    list.sort_by(|a, b| a.name.cmp(&b.name));
    list
}

impl Scope<'_> {
    fn qualified(self, namespace: Option<&String>, name: &str) -> QualifiedName {
        QualifiedName::new(namespace.map_or(self.default_namespace, String::as_str), name)
    }

    fn table_name(self, model: &Model) -> QualifiedName {
        self.qualified(model.namespace.as_ref(), model.database_name())
    }

    fn enum_name(self, enumeration: &psl::Enum) -> QualifiedName {
        self.qualified(enumeration.namespace.as_ref(), enumeration.database_name())
    }

    fn enumeration(self, enumeration: &psl::Enum) -> Enum {
        Enum {
            name: self.enum_name(enumeration),
            values: enumeration.values.iter().map(|v| v.database_name().to_owned()).collect(),
            comment: None,
            owned_by_extension: None,
        }
    }

    fn table(self, model: &Model) -> Table {
        let name = self.table_name(model);
        let primary_key = model.primary_key.as_ref().map(|key| PrimaryKey {
            name: key.mapped_name.clone().unwrap_or_else(|| names::primary_key(&name.name)),
            columns: key.fields.iter().map(|field| model.column_name(*field).to_owned()).collect(),
            deferrable: false,
        });
        Table {
            columns: model.scalar_fields().map(|(_, field, scalar)| self.column(field, scalar)).collect(),
            primary_key,
            indexes: self.indexes(model, &name.name),
            foreign_keys: self.foreign_keys(model, &name.name),
            facts: TableFacts::default(),
            name,
        }
    }

    fn column(self, field: &psl::Field, scalar: &ScalarField) -> Column {
        let autoincrement = matches!(scalar.default, Some(psl::DefaultValue::Autoincrement));
        Column {
            name: scalar.mapped_name.as_ref().unwrap_or(&field.name).clone(),
            ty: self.column_type(scalar),
            arity: match field.arity {
                FieldArity::Required => ColumnArity::Required,
                FieldArity::Optional => ColumnArity::Nullable,
                FieldArity::List => ColumnArity::List,
            },
            default: self.default(scalar),
            autoincrement,
            identity: None,
            generated: false,
            required_by_domain: false,
            client_default: matches!(scalar.default, Some(psl::DefaultValue::Client(_))),
            details: Vec::new(),
            comment: None,
        }
    }

    fn column_type(self, scalar: &ScalarField) -> ColumnType {
        match &scalar.ty {
            FieldType::Scalar(ty) => ColumnType::Native(native_type(*ty, scalar.native_type)),
            FieldType::Enum(id) => ColumnType::Enum(self.enum_name(self.schema.enumeration(*id))),
            FieldType::Unsupported(text) => ColumnType::Unsupported(text.clone()),
        }
    }
}

fn native_type(scalar: ScalarType, written: Option<NativeType>) -> NativeType {
    written.unwrap_or_else(|| scalar.default_native_type())
}
