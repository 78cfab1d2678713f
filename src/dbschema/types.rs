//! Column types and defaults: one table for the names in the schema language, in SQL and in the catalog.

/// The built-in types of the schema language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScalarType {
    /// 32-bit integer
    Int,
    /// 64-bit integer
    BigInt,
    /// Binary floating point
    Float,
    /// Exact number
    Decimal,
    /// Truth value
    Boolean,
    /// Text
    String,
    /// Date, time or both
    DateTime,
    /// JSON
    Json,
    /// Binary data
    Bytes,
}

/// A PostgreSQL type that the schema language knows as `@db.<Name>`. `None` means that no length or precision is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NativeType {
    /// `smallint`
    SmallInt,
    /// `integer`
    Integer,
    /// `bigint`
    BigInt,
    /// `oid`
    Oid,
    /// `numeric(precision, scale)`
    Decimal(Option<(u32, u32)>),
    /// `money`
    Money,
    /// `real`
    Real,
    /// `double precision`
    DoublePrecision,
    /// `text`
    Text,
    /// `citext`, of the extension with that name
    Citext,
    /// `character varying(length)`
    VarChar(Option<u32>),
    /// `character(length)`
    Char(Option<u32>),
    /// `bit(length)`
    Bit(Option<u32>),
    /// `bit varying(length)`
    VarBit(Option<u32>),
    /// `uuid`
    Uuid,
    /// `xml`
    Xml,
    /// `inet`
    Inet,
    /// `boolean`
    Boolean,
    /// `timestamp(precision)`
    Timestamp(Option<u32>),
    /// `timestamp(precision) with time zone`
    Timestamptz(Option<u32>),
    /// `date`
    Date,
    /// `time(precision)`
    Time(Option<u32>),
    /// `time(precision) with time zone`
    Timetz(Option<u32>),
    /// `bytea`
    ByteA,
    /// `json`
    Json,
    /// `jsonb`
    JsonB,
}

/// Which arguments a native type takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeArguments {
    /// None.
    None,
    /// None or one: a length of at least the given number.
    Length {
        /// Smallest allowed value.
        min: u32,
    },
    /// None or one: digits of a second, 0 to 6.
    TimePrecision,
    /// None or two: precision 1 to 1000 and a scale not above it.
    PrecisionAndScale,
}

/// A row of [`NATIVE_TYPES`].
#[derive(Debug, Clone, Copy)]
pub struct NativeTypeInfo {
    /// The name behind `@db.`.
    pub name: &'static str,
    /// The name in generated SQL, without arguments.
    pub sql: &'static str,
    /// `pg_type.typname`.
    pub catalog: &'static str,
    /// The scalar type it belongs to.
    pub scalar: ScalarType,
    /// Its arguments.
    pub arguments: TypeArguments,
}

const fn row(
    name: &'static str,
    sql: &'static str,
    catalog: &'static str,
    scalar: ScalarType,
    arguments: TypeArguments,
) -> NativeTypeInfo {
    NativeTypeInfo { name, sql, catalog, scalar, arguments }
}

/// Every native type (spec/psl.md section 3.2, spec/introspection.md section 1.4).
pub const NATIVE_TYPES: [NativeTypeInfo; 26] = {
    use ScalarType as S;
    use TypeArguments as A;
    [
        row("SmallInt", "SMALLINT", "int2", S::Int, A::None),
        row("Integer", "INTEGER", "int4", S::Int, A::None),
        row("BigInt", "BIGINT", "int8", S::BigInt, A::None),
        row("Oid", "OID", "oid", S::Int, A::None),
        row("Decimal", "DECIMAL", "numeric", S::Decimal, A::PrecisionAndScale),
        row("Money", "MONEY", "money", S::Decimal, A::None),
        row("Real", "REAL", "float4", S::Float, A::None),
        row("DoublePrecision", "DOUBLE PRECISION", "float8", S::Float, A::None),
        row("Text", "TEXT", "text", S::String, A::None),
        row("Citext", "CITEXT", "citext", S::String, A::None),
        row("VarChar", "VARCHAR", "varchar", S::String, A::Length { min: 0 }),
        row("Char", "CHAR", "bpchar", S::String, A::Length { min: 0 }),
        row("Bit", "BIT", "bit", S::String, A::Length { min: 1 }),
        row("VarBit", "VARBIT", "varbit", S::String, A::Length { min: 1 }),
        row("Uuid", "UUID", "uuid", S::String, A::None),
        row("Xml", "XML", "xml", S::String, A::None),
        row("Inet", "INET", "inet", S::String, A::None),
        row("Boolean", "BOOLEAN", "bool", S::Boolean, A::None),
        row("Timestamp", "TIMESTAMP", "timestamp", S::DateTime, A::TimePrecision),
        row("Timestamptz", "TIMESTAMPTZ", "timestamptz", S::DateTime, A::TimePrecision),
        row("Date", "DATE", "date", S::DateTime, A::None),
        row("Time", "TIME", "time", S::DateTime, A::TimePrecision),
        row("Timetz", "TIMETZ", "timetz", S::DateTime, A::TimePrecision),
        row("ByteA", "BYTEA", "bytea", S::Bytes, A::None),
        row("Json", "JSON", "json", S::Json, A::None),
        row("JsonB", "JSONB", "jsonb", S::Json, A::None),
    ]
};

impl ScalarType {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Int,
        Self::BigInt,
        Self::Float,
        Self::Decimal,
        Self::Boolean,
        Self::String,
        Self::DateTime,
        Self::Json,
        Self::Bytes,
    ];

    /// The name in the schema language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "Int",
            Self::BigInt => "BigInt",
            Self::Float => "Float",
            Self::Decimal => "Decimal",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::DateTime => "DateTime",
            Self::Json => "Json",
            Self::Bytes => "Bytes",
        }
    }

    /// The scalar type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// The column type of a field without `@db.…` (spec/psl.md section 3.1).
    pub const fn default_native_type(self) -> NativeType {
        match self {
            Self::Int => NativeType::Integer,
            Self::BigInt => NativeType::BigInt,
            Self::Float => NativeType::DoublePrecision,
            Self::Decimal => NativeType::Decimal(Some((65, 30))),
            Self::Boolean => NativeType::Boolean,
            Self::String => NativeType::Text,
            Self::DateTime => NativeType::Timestamp(Some(3)),
            Self::Json => NativeType::JsonB,
            Self::Bytes => NativeType::ByteA,
        }
    }
}

impl NativeType {
    /// Its row in [`NATIVE_TYPES`].
    pub const fn info(self) -> &'static NativeTypeInfo {
        &NATIVE_TYPES[self.position()]
    }

    /// Its arguments as numbers, in the order in which they are written.
    pub fn arguments(self) -> Vec<u32> {
        match self {
            Self::Decimal(Some((precision, scale))) => vec![precision, scale],
            Self::VarChar(Some(n))
            | Self::Char(Some(n))
            | Self::Bit(Some(n))
            | Self::VarBit(Some(n))
            | Self::Timestamp(Some(n))
            | Self::Timestamptz(Some(n))
            | Self::Time(Some(n))
            | Self::Timetz(Some(n)) => vec![n],
            _ => Vec::new(),
        }
    }

    /// The type called `name` behind `@db.` with these arguments; `None` if there is no such type or it does not
    /// take so many. Ranges are not checked.
    pub fn from_name(name: &str, arguments: &[u32]) -> Option<Self> {
        let position = NATIVE_TYPES.iter().position(|info| info.name == name)?;
        Self::at(position, arguments)
    }

    /// The type called `catalog` in `pg_type` with these arguments.
    pub fn from_catalog(catalog: &str, arguments: &[u32]) -> Option<Self> {
        let position = NATIVE_TYPES.iter().position(|info| info.catalog == catalog)?;
        Self::at(position, arguments)
    }

    /// The type at a position of [`NATIVE_TYPES`].
    fn at(position: usize, arguments: &[u32]) -> Option<Self> {
        let none = || arguments.is_empty().then_some(());
        let one = || match arguments {
            [] => Some(None),
            [n] => Some(Some(*n)),
            _ => None,
        };
        let two = || match arguments {
            [] => Some(None),
            [a, b] => Some(Some((*a, *b))),
            _ => None,
        };
        Some(match position {
            0 => none().map(|()| Self::SmallInt)?,
            1 => none().map(|()| Self::Integer)?,
            2 => none().map(|()| Self::BigInt)?,
            3 => none().map(|()| Self::Oid)?,
            4 => Self::Decimal(two()?),
            5 => none().map(|()| Self::Money)?,
            6 => none().map(|()| Self::Real)?,
            7 => none().map(|()| Self::DoublePrecision)?,
            8 => none().map(|()| Self::Text)?,
            9 => none().map(|()| Self::Citext)?,
            10 => Self::VarChar(one()?),
            11 => Self::Char(one()?),
            12 => Self::Bit(one()?),
            13 => Self::VarBit(one()?),
            14 => none().map(|()| Self::Uuid)?,
            15 => none().map(|()| Self::Xml)?,
            16 => none().map(|()| Self::Inet)?,
            17 => none().map(|()| Self::Boolean)?,
            18 => Self::Timestamp(one()?),
            19 => Self::Timestamptz(one()?),
            20 => none().map(|()| Self::Date)?,
            21 => Self::Time(one()?),
            22 => Self::Timetz(one()?),
            23 => none().map(|()| Self::ByteA)?,
            24 => none().map(|()| Self::Json)?,
            25 => none().map(|()| Self::JsonB)?,
            _ => return None,
        })
    }

    const fn position(self) -> usize {
        match self {
            Self::SmallInt => 0,
            Self::Integer => 1,
            Self::BigInt => 2,
            Self::Oid => 3,
            Self::Decimal(_) => 4,
            Self::Money => 5,
            Self::Real => 6,
            Self::DoublePrecision => 7,
            Self::Text => 8,
            Self::Citext => 9,
            Self::VarChar(_) => 10,
            Self::Char(_) => 11,
            Self::Bit(_) => 12,
            Self::VarBit(_) => 13,
            Self::Uuid => 14,
            Self::Xml => 15,
            Self::Inet => 16,
            Self::Boolean => 17,
            Self::Timestamp(_) => 18,
            Self::Timestamptz(_) => 19,
            Self::Date => 20,
            Self::Time(_) => 21,
            Self::Timetz(_) => 22,
            Self::ByteA => 23,
            Self::Json => 24,
            Self::JsonB => 25,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_reachable_by_both_names() {
        for (position, info) in NATIVE_TYPES.iter().enumerate() {
            let by_name = NativeType::from_name(info.name, &[]).expect(info.name);
            assert_eq!(by_name.position(), position, "{}", info.name);
            assert_eq!(NativeType::from_catalog(info.catalog, &[]), Some(by_name), "{}", info.catalog);
        }
    }
}
