//! The validated schema as plain data: names resolved, attributes understood, relations paired.
//!
//! Ids are positions in the lists of one [`PslSchema`]; they never leave it (the database model uses names).

use super::ast::FieldArity;
use super::diagnostics::Span;
use crate::dbschema::types::{NativeType, ScalarType};

/// Which engine's rules a schema follows: 6 if its datasource has a `url`, else 7 (design: one contract, two dialects).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rules {
    /// Prisma 6: connection URLs stand in the schema.
    Prisma6,
    /// Prisma 7: connection URLs stand in the configuration; partial indexes exist.
    Prisma7,
}

/// A valid schema of one or several files.
#[derive(Debug, Clone, PartialEq)]
pub struct PslSchema {
    /// The dialect.
    pub rules: Rules,
    /// The `datasource` block, if there is one.
    pub datasource: Option<Datasource>,
    /// The `generator` blocks in source order.
    pub generators: Vec<Generator>,
    /// Models and views in source order; [`ModelId`] is the position.
    pub models: Vec<Model>,
    /// Enums in source order; [`EnumId`] is the position.
    pub enums: Vec<Enum>,
    /// Relations in the order of their first field; [`RelationId`] is the position.
    pub relations: Vec<Relation>,
}

/// Position of a model in [`PslSchema::models`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub u32);

/// Position of an enum in [`PslSchema::enums`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumId(pub u32);

/// Position of a relation in [`PslSchema::relations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationId(pub u32);

/// Position of a field in [`Model::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u32);

/// The `datasource` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasource {
    /// The name of the block; native types are written `@<name>.<Type>`.
    pub name: String,
    /// As written: `postgresql` or `postgres`.
    pub provider: String,
    /// Prisma 6 only.
    pub url: Option<StringOrEnv>,
    /// Prisma 6 only.
    pub direct_url: Option<StringOrEnv>,
    /// Prisma 6 only.
    pub shadow_database_url: Option<StringOrEnv>,
    /// Who enforces relations.
    pub relation_mode: RelationMode,
    /// Whether `relationMode` was written.
    pub relation_mode_written: bool,
    /// `schemas`, sorted; empty if absent. In the database they are called namespaces here.
    pub namespaces: Vec<String>,
    /// `extensions`, sorted by name.
    pub extensions: Vec<Extension>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The block.
    pub span: Span,
}

/// A value given as text or as `env("NAME")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringOrEnv {
    /// The text itself.
    Text(String, Span),
    /// The name of an environment variable.
    Env(String, Span),
}

/// Who enforces relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RelationMode {
    /// The database, by foreign keys.
    #[default]
    ForeignKeys,
    /// The client; no foreign keys are made.
    Prisma,
}

/// An element of `extensions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The identifier in the schema.
    pub name: String,
    /// `map`: the name in the database, if different.
    pub mapped_name: Option<String>,
    /// `schema`.
    pub namespace: Option<String>,
    /// `version`.
    pub version: Option<String>,
}

/// A `generator` block.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator {
    /// The name of the block.
    pub name: String,
    /// What to run.
    pub provider: StringOrEnv,
    /// Where it writes.
    pub output: Option<StringOrEnv>,
    /// `binaryTargets`.
    pub binary_targets: Vec<StringOrEnv>,
    /// Canonical names, renamed ones replaced, deprecated ones included.
    pub preview_features: Vec<String>,
    /// All other properties as in the configuration output (spec/psl.md section 10.1).
    pub config: Vec<(String, ConfigValue)>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The block.
    pub span: Span,
}

/// A custom property of a generator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigValue {
    /// A text, a number or constant as written, or a call as `f(args)`.
    Text(String),
    /// `env("NAME")`.
    Env(String),
    /// A list of the above.
    List(Vec<ConfigValue>),
}

/// A model or a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Model or view.
    pub kind: ModelKind,
    /// The name in the schema.
    pub name: String,
    /// `@@map`.
    pub mapped_name: Option<String>,
    /// `@@schema`.
    pub namespace: Option<String>,
    /// `@@ignore`.
    pub ignored: bool,
    /// Fields in source order; [`FieldId`] is the position.
    pub fields: Vec<Field>,
    /// `@id` or `@@id`.
    pub primary_key: Option<PrimaryKey>,
    /// Field `@unique`s in field order, then `@@index`es, then `@@unique`s, each in source order.
    pub indexes: Vec<Index>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The block.
    pub span: Span,
}

/// Whether a block is a model or a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// `model`
    Model,
    /// `view`
    View,
}

/// A field of a model or view.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name in the schema.
    pub name: String,
    /// Required, optional or list.
    pub arity: FieldArity,
    /// Scalar or relation.
    pub kind: FieldKind,
    /// `@ignore`.
    pub ignored: bool,
    /// Documentation.
    pub documentation: Option<String>,
    /// The declaration.
    pub span: Span,
}

/// Scalar or relation.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A column.
    Scalar(ScalarField),
    /// A side of a relation; no column.
    Relation(RelationField),
}

/// What is particular to a scalar field.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarField {
    /// Its type.
    pub ty: FieldType,
    /// `@map`.
    pub mapped_name: Option<String>,
    /// `@db.…` as written; `None` means the default of the scalar type.
    pub native_type: Option<NativeType>,
    /// `@default`.
    pub default: Option<DefaultValue>,
    /// `@updatedAt`.
    pub updated_at: bool,
}

/// The type of a scalar field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A built-in type.
    Scalar(ScalarType),
    /// An enum of the schema.
    Enum(EnumId),
    /// `Unsupported("…")`: the text.
    Unsupported(String),
}

/// `@default(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultValue {
    /// A single literal.
    Literal(Literal),
    /// A list of literals.
    List(Vec<Literal>),
    /// `now()`
    Now,
    /// `autoincrement()`
    Autoincrement,
    /// `dbgenerated()` or `dbgenerated("sql")`
    DbGenerated(Option<String>),
    /// A value that the client makes: `uuid`, `cuid`, `ulid`, `nanoid`.
    Client(ClientFunction),
}

/// A function that the client evaluates; nothing is rendered for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFunction {
    /// `uuid()`: version 4 or 7.
    Uuid(u8),
    /// `cuid()`: version 1 or 2.
    Cuid(u8),
    /// `ulid()`
    Ulid,
    /// `nanoid()`: length if written.
    Nanoid(Option<u8>),
}

/// A literal in `@default`, checked against the field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text for String, Json, Bytes (`base64`), DateTime (RFC 3339), or Decimal written as text.
    String(String),
    /// Digits as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// The name of a value of the field's enum (not the mapped label).
    EnumValue(String),
}

/// What is particular to a relation field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationField {
    /// The model it leads to.
    pub target: ModelId,
    /// The relation it belongs to.
    pub relation: RelationId,
    /// `name` of `@relation` if written.
    pub name: Option<String>,
    /// `fields`, of this model; empty on the side without them.
    pub fields: Vec<FieldId>,
    /// `references`, of the target model.
    pub references: Vec<FieldId>,
    /// `onDelete` if written.
    pub on_delete: Option<ReferentialAction>,
    /// `onUpdate` if written.
    pub on_update: Option<ReferentialAction>,
    /// `map`: the name of the foreign key if written.
    pub mapped_name: Option<String>,
}

/// A relation between two models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The explicit name, or the one made of the two models' names.
    pub name: String,
    /// Its kind.
    pub kind: RelationKind,
    /// The referencing side; for many-to-many the side whose key is column `A` of the join table.
    pub forward: (ModelId, FieldId),
    /// The other side.
    pub back: (ModelId, FieldId),
}

/// Cardinality of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// At most one on each side.
    OneToOne,
    /// A list on the back side.
    OneToMany,
    /// Lists on both sides, held by a join table.
    ManyToMany,
}

/// `onDelete` and `onUpdate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferentialAction {
    /// Change or delete the referencing rows too.
    Cascade,
    /// Refuse at once.
    Restrict,
    /// Refuse at the end of the statement.
    NoAction,
    /// Set the referencing columns to NULL.
    SetNull,
    /// Set the referencing columns to their defaults.
    SetDefault,
}

/// `@id` or `@@id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The columns in order.
    pub fields: Vec<FieldId>,
    /// Whether it was written as `@id` on a field.
    pub on_field: bool,
    /// `name`: how the client calls it.
    pub client_name: Option<String>,
    /// `map`: the constraint's name if written.
    pub mapped_name: Option<String>,
}

/// `@unique`, `@@unique` or `@@index`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Unique or not.
    pub unique: bool,
    /// Whether it was written as `@unique` on a field.
    pub on_field: bool,
    /// The columns in order.
    pub fields: Vec<IndexField>,
    /// `type`; `None` if not written (B-tree).
    pub method: Option<IndexMethod>,
    /// `where`.
    pub predicate: Option<Predicate>,
    /// `name` of `@@unique`: how the client calls it.
    pub client_name: Option<String>,
    /// `map`: the index's name if written.
    pub mapped_name: Option<String>,
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexField {
    /// The field.
    pub field: FieldId,
    /// `sort` if written.
    pub sort: Option<SortOrder>,
    /// `ops` if written.
    pub operator_class: Option<OperatorClass>,
}

/// Direction of a column in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// `ops`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorClass {
    /// A constant of the schema language, such as `JsonbPathOps`.
    Known(String),
    /// `raw("…")`: the name in the database.
    Raw(String),
}

/// Access method of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexMethod {
    /// `BTree`
    BTree,
    /// `Hash`
    Hash,
    /// `Gist`
    Gist,
    /// `Gin`
    Gin,
    /// `SpGist`
    SpGist,
    /// `Brin`
    Brin,
}

/// `where` of an index (Prisma 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// `raw("…")`
    Raw(String),
    /// `{ field: value, … }`, joined by AND.
    Fields(Vec<PredicateTerm>),
}

/// One `field: value` of a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredicateTerm {
    /// The field.
    pub field: FieldId,
    /// Whether it stands in `{ not: … }`.
    pub negated: bool,
    /// The value.
    pub value: PredicateValue,
}

/// The value of a predicate's term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PredicateValue {
    /// `null`
    Null,
    /// Text.
    String(String),
    /// Digits as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
}

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// The name in the schema.
    pub name: String,
    /// `@@map`.
    pub mapped_name: Option<String>,
    /// `@@schema`.
    pub namespace: Option<String>,
    /// Values in source order.
    pub values: Vec<EnumValue>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The block.
    pub span: Span,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// The name in the schema.
    pub name: String,
    /// `@map`: the label in the database.
    pub mapped_name: Option<String>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The line.
    pub span: Span,
}

impl PslSchema {
    /// The model with this id.
    pub fn model(&self, id: ModelId) -> &Model {
        &self.models[id.0 as usize]
    }

    /// The enum with this id.
    pub fn enumeration(&self, id: EnumId) -> &Enum {
        &self.enums[id.0 as usize]
    }

    /// The relation with this id.
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id.0 as usize]
    }

    /// Whether any generator switches this preview feature on; `name` in its canonical spelling.
    pub fn has_preview_feature(&self, name: &str) -> bool {
        self.generators.iter().any(|g| g.preview_features.iter().any(|f| f == name))
    }
}

impl Model {
    /// The name in the database.
    pub fn database_name(&self) -> &str {
        self.mapped_name.as_deref().unwrap_or(&self.name)
    }

    /// The field with this id.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.0 as usize]
    }

    /// The scalar fields with their ids, in source order.
    pub fn scalar_fields(&self) -> impl Iterator<Item = (FieldId, &Field, &ScalarField)> {
        (0u32..).zip(&self.fields).filter_map(|(id, field)| match &field.kind {
            FieldKind::Scalar(scalar) => Some((FieldId(id), field, scalar)),
            FieldKind::Relation(_) => None,
        })
    }

    /// The relation fields with their ids, in source order.
    pub fn relation_fields(&self) -> impl Iterator<Item = (FieldId, &Field, &RelationField)> {
        (0u32..).zip(&self.fields).filter_map(|(id, field)| match &field.kind {
            FieldKind::Relation(relation) => Some((FieldId(id), field, relation)),
            FieldKind::Scalar(_) => None,
        })
    }

    /// The column's name of a scalar field; the field's own name for a relation field.
    pub fn column_name(&self, id: FieldId) -> &str {
        let field = self.field(id);
        match &field.kind {
            FieldKind::Scalar(ScalarField { mapped_name: Some(name), .. }) => name,
            FieldKind::Scalar(_) | FieldKind::Relation(_) => &field.name,
        }
    }
}

impl Enum {
    /// The name in the database.
    pub fn database_name(&self) -> &str {
        self.mapped_name.as_deref().unwrap_or(&self.name)
    }
}

impl EnumValue {
    /// The label in the database.
    pub fn database_name(&self) -> &str {
        self.mapped_name.as_deref().unwrap_or(&self.name)
    }
}

impl StringOrEnv {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Text(_, span) | Self::Env(_, span) => *span,
        }
    }

    /// Whether both are the same text, or the same variable.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a, _), Self::Text(b, _)) | (Self::Env(a, _), Self::Env(b, _)) => a == b,
            (Self::Text(..), Self::Env(..)) | (Self::Env(..), Self::Text(..)) => false,
        }
    }
}

impl ReferentialAction {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Cascade, Self::Restrict, Self::NoAction, Self::SetNull, Self::SetDefault];

    /// The name in the schema language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cascade => "Cascade",
            Self::Restrict => "Restrict",
            Self::NoAction => "NoAction",
            Self::SetNull => "SetNull",
            Self::SetDefault => "SetDefault",
        }
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

impl SortOrder {
    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "Asc" => Some(Self::Asc),
            "Desc" => Some(Self::Desc),
            _ => None,
        }
    }
}

impl IndexMethod {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::BTree, Self::Hash, Self::Gist, Self::Gin, Self::SpGist, Self::Brin];

    /// The name in the schema language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BTree => "BTree",
            Self::Hash => "Hash",
            Self::Gist => "Gist",
            Self::Gin => "Gin",
            Self::SpGist => "SpGist",
            Self::Brin => "Brin",
        }
    }

    /// The access method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}
