//! Operator classes of the schema language: which index types and column types each belongs to.

use crate::dbschema::types::ScalarType;
use crate::psl::schema::IndexMethod;

/// A row of [`OPERATOR_CLASSES`].
#[derive(Debug)]
pub(crate) struct OperatorClassInfo {
    /// The constant in the schema language.
    pub(crate) name: &'static str,
    /// Index types that have it.
    pub(crate) methods: &'static [IndexMethod],
    /// Columns that fit.
    pub(crate) columns: Columns,
}

/// The columns an operator class fits.
#[derive(Debug)]
pub(crate) enum Columns {
    /// Any list.
    Lists,
    /// Columns of the scalar type without `@db.…`, if one is given, and columns of the native types.
    Types(Option<ScalarType>, &'static [&'static str]),
}

impl Columns {
    /// Whether a column is one of these: one with this native type, or one of this scalar type without `@db.…`.
    pub(crate) fn fit(&self, is_list: bool, native: Option<&str>, scalar: Option<ScalarType>) -> bool {
        match (self, native) {
            (Self::Lists, _) => is_list,
            (Self::Types(_, natives), Some(native)) => natives.contains(&native),
            (Self::Types(known, _), None) => scalar.is_some() && scalar == *known,
        }
    }
}

/// The row with this name.
pub(crate) fn find(name: &str) -> Option<&'static OperatorClassInfo> {
    OPERATOR_CLASSES.iter().find(|class| class.name == name)
}

/// Every operator class.
pub(crate) const OPERATOR_CLASSES: [OperatorClassInfo; 56] = {
    use IndexMethod::{Brin, Gin, Gist, SpGist};
    use ScalarType as S;
    [
        row("InetOps", &[Gist, SpGist], Columns::Types(None, &["Inet"])),
        row("JsonbOps", &[Gin], Columns::Types(Some(S::Json), &["JsonB"])),
        row("JsonbPathOps", &[Gin], Columns::Types(Some(S::Json), &["JsonB"])),
        row("ArrayOps", &[Gin], Columns::Lists),
        row("TextOps", &[SpGist], Columns::Types(Some(S::String), &["Text", "VarChar", "Char"])),
        row("BitMinMaxOps", &[Brin], Columns::Types(None, &["Bit"])),
        row("VarBitMinMaxOps", &[Brin], Columns::Types(None, &["VarBit"])),
        row("BpcharBloomOps", &[Brin], Columns::Types(None, &["Char"])),
        row("BpcharMinMaxOps", &[Brin], Columns::Types(None, &["Char"])),
        row("ByteaBloomOps", &[Brin], Columns::Types(Some(S::Bytes), &["ByteA"])),
        row("ByteaMinMaxOps", &[Brin], Columns::Types(Some(S::Bytes), &["ByteA"])),
        row("DateBloomOps", &[Brin], Columns::Types(None, &["Date"])),
        row("DateMinMaxOps", &[Brin], Columns::Types(None, &["Date"])),
        row("DateMinMaxMultiOps", &[Brin], Columns::Types(None, &["Date"])),
        row("Float4BloomOps", &[Brin], Columns::Types(None, &["Real"])),
        row("Float4MinMaxOps", &[Brin], Columns::Types(None, &["Real"])),
        row("Float4MinMaxMultiOps", &[Brin], Columns::Types(None, &["Real"])),
        row("Float8BloomOps", &[Brin], Columns::Types(Some(S::Float), &["DoublePrecision"])),
        row("Float8MinMaxOps", &[Brin], Columns::Types(Some(S::Float), &["DoublePrecision"])),
        row("Float8MinMaxMultiOps", &[Brin], Columns::Types(Some(S::Float), &["DoublePrecision"])),
        row("InetInclusionOps", &[Brin], Columns::Types(None, &["Inet"])),
        row("InetBloomOps", &[Brin], Columns::Types(None, &["Inet"])),
        row("InetMinMaxOps", &[Brin], Columns::Types(None, &["Inet"])),
        row("InetMinMaxMultiOps", &[Brin], Columns::Types(None, &["Inet"])),
        row("Int2BloomOps", &[Brin], Columns::Types(None, &["SmallInt"])),
        row("Int2MinMaxOps", &[Brin], Columns::Types(None, &["SmallInt"])),
        row("Int2MinMaxMultiOps", &[Brin], Columns::Types(None, &["SmallInt"])),
        row("Int4BloomOps", &[Brin], Columns::Types(Some(S::Int), &["Integer"])),
        row("Int4MinMaxOps", &[Brin], Columns::Types(Some(S::Int), &["Integer"])),
        row("Int4MinMaxMultiOps", &[Brin], Columns::Types(Some(S::Int), &["Integer"])),
        row("Int8BloomOps", &[Brin], Columns::Types(Some(S::BigInt), &["BigInt"])),
        row("Int8MinMaxOps", &[Brin], Columns::Types(Some(S::BigInt), &["BigInt"])),
        row("Int8MinMaxMultiOps", &[Brin], Columns::Types(Some(S::BigInt), &["BigInt"])),
        row("NumericBloomOps", &[Brin], Columns::Types(Some(S::Decimal), &["Decimal"])),
        row("NumericMinMaxOps", &[Brin], Columns::Types(Some(S::Decimal), &["Decimal"])),
        row("NumericMinMaxMultiOps", &[Brin], Columns::Types(Some(S::Decimal), &["Decimal"])),
        row("OidBloomOps", &[Brin], Columns::Types(None, &["Oid"])),
        row("OidMinMaxOps", &[Brin], Columns::Types(None, &["Oid"])),
        row("OidMinMaxMultiOps", &[Brin], Columns::Types(None, &["Oid"])),
        row("TextBloomOps", &[Brin], Columns::Types(Some(S::String), &["Text", "VarChar"])),
        row("TextMinMaxOps", &[Brin], Columns::Types(Some(S::String), &["Text", "VarChar"])),
        row("TimestampBloomOps", &[Brin], Columns::Types(Some(S::DateTime), &["Timestamp"])),
        row("TimestampMinMaxOps", &[Brin], Columns::Types(Some(S::DateTime), &["Timestamp"])),
        row("TimestampMinMaxMultiOps", &[Brin], Columns::Types(Some(S::DateTime), &["Timestamp"])),
        row("TimestampTzBloomOps", &[Brin], Columns::Types(None, &["Timestamptz"])),
        row("TimestampTzMinMaxOps", &[Brin], Columns::Types(None, &["Timestamptz"])),
        row("TimestampTzMinMaxMultiOps", &[Brin], Columns::Types(None, &["Timestamptz"])),
        row("TimeBloomOps", &[Brin], Columns::Types(None, &["Time"])),
        row("TimeMinMaxOps", &[Brin], Columns::Types(None, &["Time"])),
        row("TimeMinMaxMultiOps", &[Brin], Columns::Types(None, &["Time"])),
        row("TimeTzBloomOps", &[Brin], Columns::Types(None, &["Timetz"])),
        row("TimeTzMinMaxOps", &[Brin], Columns::Types(None, &["Timetz"])),
        row("TimeTzMinMaxMultiOps", &[Brin], Columns::Types(None, &["Timetz"])),
        row("UuidBloomOps", &[Brin], Columns::Types(None, &["Uuid"])),
        row("UuidMinMaxOps", &[Brin], Columns::Types(None, &["Uuid"])),
        row("UuidMinMaxMultiOps", &[Brin], Columns::Types(None, &["Uuid"])),
    ]
};

const fn row(name: &'static str, methods: &'static [IndexMethod], columns: Columns) -> OperatorClassInfo {
    OperatorClassInfo { name, methods, columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbschema::types::NATIVE_TYPES;

    #[test]
    fn every_native_type_exists() {
        for class in &OPERATOR_CLASSES {
            let Columns::Types(_, natives) = class.columns else { continue };
            for native in natives {
                assert!(NATIVE_TYPES.iter().any(|info| info.name == *native), "{}: {native}", class.name);
            }
        }
    }
}
