//! THE MIDDLE: a database as plain data, made from a schema file by `lower` or from a live server by `introspect`.
//!
//! Names are always qualified here; whether a namespace is printed is decided when SQL is rendered. What a schema
//! file cannot say is read from the catalog too, so that nothing that evt does not understand is dropped.

pub mod helpers;
pub mod names;
pub mod operator_classes;
pub mod types;

use std::collections::HashSet;

use types::NativeType;

/// The name of a table, enum, view or sequence in its namespace (what PostgreSQL calls a schema).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The namespace.
    pub namespace: String,
    /// The name in it.
    pub name: String,
}

/// Where a database model comes from. Some facts differ by nature: a schema file leaves precisions open and knows no
/// names of sequences, a catalog always has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Lowered from a schema file.
    Psl,
    /// Read from a server, or the empty side of a comparison.
    Database,
}

/// A database, or the part of it in some namespaces.
#[derive(Debug, Clone, PartialEq)]
pub struct DbSchema {
    /// Where it comes from.
    pub origin: Origin,
    /// The namespace of unqualified names: the URL's `schema` parameter, else `public`.
    pub default_namespace: String,
    /// The namespaces that exist, or that a schema file lists (the default one if it lists none); sorted.
    pub namespaces: Vec<String>,
    /// Tables: in schema order, join tables last; or by (namespace, name) in byte order.
    pub tables: Vec<Table>,
    /// Enums: in schema order; or by (namespace, name) in byte order.
    pub enums: Vec<Enum>,
    /// Extensions by name; of a schema file those it lists.
    pub extensions: Vec<Extension>,
    /// Sequences by name; read from a catalog only.
    pub sequences: Vec<Sequence>,
    /// Views by name; read from a catalog only.
    pub views: Vec<View>,
    /// Whether the schema file manages extensions (preview `postgresqlExtensions`).
    pub manages_extensions: bool,
    /// Whether the schema file manages predicates of indexes (preview `partialIndexes`).
    pub manages_predicates: bool,
}

/// An enumerated type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub name: QualifiedName,
    /// Labels in order.
    pub values: Vec<String>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<String>,
    /// The extension that owns it, whose business it is; read from a catalog only.
    pub owned_by_extension: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Indexes other than the primary key's, in the order of spec/migrate-sql.md section 1.9.
    pub indexes: Vec<Index>,
    /// Foreign keys, in the order of spec/migrate-sql.md section 1.9.
    pub foreign_keys: Vec<ForeignKey>,
    /// Facts that the schema language cannot express; never compared.
    pub facts: TableFacts,
}

/// What a catalog says of a table beyond the schema language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableFacts {
    /// `COMMENT ON TABLE`.
    pub comment: Option<String>,
    /// It has partitions.
    pub partitioned: bool,
    /// Other tables inherit from it.
    pub has_children: bool,
    /// Row-level security is on.
    pub row_level_security: bool,
    /// Names of CHECK constraints.
    pub checks: Vec<String>,
    /// Those CHECK constraints that mention values of enums.
    pub enum_checks: Vec<EnumCheck>,
    /// Names of exclusion constraints.
    pub exclusions: Vec<String>,
    /// Names of indexes with an expression among their columns.
    pub expression_indexes: Vec<String>,
    /// The extension that owns it, whose business it is.
    pub owned_by_extension: Option<String>,
}

/// A CHECK constraint that mentions values of enums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumCheck {
    /// Its name.
    pub name: String,
    /// `CHECK (…)` as the server prints it.
    pub definition: String,
    /// The enums.
    pub enums: Vec<QualifiedName>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type without arity.
    pub ty: ColumnType,
    /// Required, nullable or an array.
    pub arity: ColumnArity,
    /// Whether it is required because its type is a domain that forbids NULL; read from a catalog only.
    pub required_by_domain: bool,
    /// Its default.
    pub default: Option<DefaultValue>,
    /// Whether the server numbers it: `autoincrement()`, `serial`, `nextval(…)` or an identity.
    pub autoincrement: bool,
    /// `GENERATED … AS IDENTITY`; read from a catalog only.
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (…)`; its expression is also the default. Read from a catalog only.
    pub generated: bool,
    /// Whether the client makes a value (`uuid()`, `cuid()` …, not `@updatedAt`); of a schema file only.
    pub client_default: bool,
    /// `COMMENT ON COLUMN`.
    pub comment: Option<String>,
    /// What its declaration says beyond the schema language, in SQL; never compared, and read from a catalog only.
    pub details: Vec<String>,
}

/// The type of a column or of an array's elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// A type that the schema language knows.
    Native(NativeType),
    /// An enum.
    Enum(QualifiedName),
    /// Any other type: the text of `Unsupported("…")`, or the type's name in the catalog.
    Unsupported(String),
}

/// Required, nullable or an array (whose nullability does not count).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnArity {
    /// `NOT NULL`
    Required,
    /// Nullable
    Nullable,
    /// An array
    List,
}

/// The two forms of an identity column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// `GENERATED ALWAYS`
    Always,
    /// `GENERATED BY DEFAULT`
    ByDefault,
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A constant.
    Value(Value),
    /// `now()` or `CURRENT_TIMESTAMP`.
    Now,
    /// The next number of a sequence. Of a schema file the sequence has no name yet.
    Sequence(Option<QualifiedName>),
    /// Any other expression as text; `None` for `dbgenerated()`: there is one, but nobody says which.
    DbGenerated(Option<String>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a column of scalar type Int.
    Int(i64),
    /// Of a column of scalar type BigInt.
    BigInt(i64),
    /// Of Float and Decimal: digits in plain form, trailing zeros kept.
    Decimal(String),
    /// A truth value.
    Boolean(bool),
    /// Text.
    String(String),
    /// The label of an enum in the database.
    Enum(String),
    /// JSON as it was written.
    Json(String),
    /// Binary data.
    Bytes(Vec<u8>),
    /// A date with time and offset, as RFC 3339 text.
    DateTime(String),
    /// An array.
    List(Vec<Value>),
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: String,
    /// The columns in key order, without `INCLUDE`d ones.
    pub columns: Vec<String>,
    /// `DEFERRABLE`; read from a catalog only.
    pub deferrable: bool,
}

/// An index or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Unique or not.
    pub unique: bool,
    /// How it is built.
    pub method: IndexMethod,
    /// Key columns in order, without `INCLUDE`d ones.
    pub columns: Vec<IndexColumn>,
    /// Which rows it covers; `None` means all.
    pub predicate: Option<String>,
    /// Facts that the schema language cannot express.
    pub facts: IndexFacts,
}

/// What a catalog says of an index beyond the schema language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexFacts {
    /// It belongs to a UNIQUE constraint of the same name.
    pub constraint: bool,
    /// The constraint is `DEFERRABLE`.
    pub deferrable: bool,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `INCLUDE`d columns.
    pub include: Vec<String>,
    /// Columns with another collation than in the table.
    pub collations: Vec<String>,
    /// An operator class has parameters.
    pub class_parameters: bool,
    /// Not valid: what a broken `CREATE INDEX CONCURRENTLY` leaves.
    pub invalid: bool,
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// The column.
    pub name: String,
    /// The direction if written; a catalog always has one where the access method is ordered.
    pub order: Option<SortOrder>,
    /// The operator class if written; a catalog always has one.
    pub operator_class: Option<OperatorClass>,
    /// `NULLS FIRST` or `LAST` against the default of the direction; read from a catalog only.
    pub unusual_nulls: bool,
}

/// An operator class of an index's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClass {
    /// Its name in the database; may carry parameters in parentheses.
    pub name: String,
    /// Whether it is the default of its type and access method.
    pub is_default: bool,
}

/// Direction of a column in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// `ASC`
    Asc,
    /// `DESC`
    Desc,
}

/// How an index is built.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IndexMethod {
    /// `btree`
    BTree,
    /// `hash`
    Hash,
    /// `gist`
    Gist,
    /// `gin`
    Gin,
    /// `spgist`
    SpGist,
    /// `brin`
    Brin,
    /// A method of an extension; read from a catalog only.
    Other(String),
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// Referencing columns in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub referenced_table: QualifiedName,
    /// Referenced columns in order.
    pub referenced_columns: Vec<String>,
    /// What happens when the referenced row is deleted.
    pub on_delete: ForeignKeyAction,
    /// What happens when the referenced key changes.
    pub on_update: ForeignKeyAction,
    /// Facts that the schema language cannot express.
    pub facts: ForeignKeyFacts,
}

/// What a catalog says of a foreign key beyond the schema language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignKeyFacts {
    /// `DEFERRABLE`.
    pub deferrable: bool,
    /// `NOT VALID`.
    pub not_valid: bool,
    /// `MATCH FULL`.
    pub match_full: bool,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForeignKeyAction {
    /// `NO ACTION`
    NoAction,
    /// `RESTRICT`
    Restrict,
    /// `CASCADE`
    Cascade,
    /// `SET NULL`
    SetNull,
    /// `SET DEFAULT`
    SetDefault,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its name in the database.
    pub name: String,
    /// The namespace of its objects, if written or read.
    pub namespace: Option<String>,
    /// Its version, if written or read.
    pub version: Option<String>,
    /// Whether it can move to another namespace; `false` of a schema file, which cannot know.
    pub relocatable: bool,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name.
    pub name: QualifiedName,
    /// The table and column that own it.
    pub owner: Option<(QualifiedName, String)>,
}

/// A view.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name.
    pub name: QualifiedName,
    /// Its columns; never compared.
    pub columns: Vec<Column>,
    /// Its query as the server prints it.
    pub definition: String,
    /// `COMMENT ON VIEW`.
    pub comment: Option<String>,
    /// The extension that owns it, whose business it is.
    pub owned_by_extension: Option<String>,
}

impl QualifiedName {
    /// A name in a namespace.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

impl DbSchema {
    /// A database with nothing in it, not even its default namespace.
    pub fn empty(default_namespace: impl Into<String>) -> Self {
        Self {
            origin: Origin::Database,
            default_namespace: default_namespace.into(),
            namespaces: Vec::new(),
            tables: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
            sequences: Vec::new(),
            views: Vec::new(),
            manages_extensions: false,
            manages_predicates: false,
        }
    }

    /// The table of that name.
    pub fn table(&self, name: &QualifiedName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

impl Index {
    /// Whether a column is among the keys more than once, as with different operator classes.
    pub fn repeats_a_column(&self) -> bool {
        let mut rest = self.columns.as_slice();
        while let [column, others @ ..] = rest {
            if others.iter().any(|other| other.name == column.name) {
                return true;
            }
            rest = others;
        }
        false
    }
}

impl Table {
    /// Whether the schema language has words for an index of this table: not for every access method, not for a column
    /// that is a key twice, and not beside a foreign key of the same name.
    pub fn can_declare(&self, index: &Index) -> bool {
        !matches!(index.method, IndexMethod::Other(_))
            && !index.repeats_a_column()
            && !self.has_foreign_key(&index.name)
    }

    /// Whether the schema language can say that these columns, in any order, are a key: not of keys `WITHOUT OVERLAPS`,
    /// which are exclusions to it.
    pub fn can_declare_key(&self, columns: &[String]) -> bool {
        let expected: HashSet<&String> = columns.iter().collect();
        self.primary_key.as_ref().is_some_and(|key| key.columns.iter().collect::<HashSet<_>>() == expected)
            || self.indexes.iter().any(|index| {
                let columns: HashSet<&String> = index.columns.iter().map(|column| &column.name).collect();
                index.unique && columns == expected && self.can_declare(index)
            })
    }

    /// Whether there is a foreign key of that name.
    pub fn has_foreign_key(&self, name: &str) -> bool {
        self.foreign_keys.iter().any(|key| key.name == name)
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
