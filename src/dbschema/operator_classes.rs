//! Which operator class an index takes when none is written.

use super::types::NativeType as N;
use super::{ColumnType, IndexMethod};

/// The default operator class of a column's type under an access method (`pg_opclass.opcdefault`); `None` where there
/// is none, or where it cannot be known without the server. `is_list` says that the column is an array of the type.
pub fn default_class(method: &IndexMethod, ty: &ColumnType, is_list: bool) -> Option<&'static str> {
    if is_list {
        return match method {
            IndexMethod::BTree | IndexMethod::Hash | IndexMethod::Gin => Some("array_ops"),
            IndexMethod::Gist | IndexMethod::SpGist | IndexMethod::Brin | IndexMethod::Other(_) => None,
        };
    }
    let ty = match ty {
        ColumnType::Native(ty) => *ty,
        ColumnType::Enum(_) => {
            return matches!(method, IndexMethod::BTree | IndexMethod::Hash).then_some("enum_ops");
        }
        ColumnType::Unsupported(_) => return None,
    };
    match method {
        IndexMethod::BTree => btree(ty),
        IndexMethod::Hash => match ty {
            N::Money | N::Bit(_) | N::VarBit(_) | N::Xml | N::Json => None,
            _ => btree(ty),
        },
        IndexMethod::Gin => matches!(ty, N::JsonB).then_some("jsonb_ops"),
        IndexMethod::SpGist => match ty {
            N::Text | N::VarChar(_) => Some("text_ops"),
            N::Inet => Some("inet_ops"),
            _ => None,
        },
        IndexMethod::Brin => brin(ty),
        IndexMethod::Gist | IndexMethod::Other(_) => None,
    }
}

fn btree(ty: N) -> Option<&'static str> {
    Some(match ty {
        N::SmallInt => "int2_ops",
        N::Integer => "int4_ops",
        N::BigInt => "int8_ops",
        N::Oid => "oid_ops",
        N::Decimal(_) => "numeric_ops",
        N::Money => "money_ops",
        N::Real => "float4_ops",
        N::DoublePrecision => "float8_ops",
        N::Text | N::VarChar(_) => "text_ops",
        N::Citext => "citext_ops",
        N::Char(_) => "bpchar_ops",
        N::Bit(_) => "bit_ops",
        N::VarBit(_) => "varbit_ops",
        N::Uuid => "uuid_ops",
        N::Inet => "inet_ops",
        N::Boolean => "bool_ops",
        N::Timestamp(_) => "timestamp_ops",
        N::Timestamptz(_) => "timestamptz_ops",
        N::Date => "date_ops",
        N::Time(_) => "time_ops",
        N::Timetz(_) => "timetz_ops",
        N::ByteA => "bytea_ops",
        N::JsonB => "jsonb_ops",
        N::Xml | N::Json => return None,
    })
}

fn brin(ty: N) -> Option<&'static str> {
    Some(match ty {
        N::SmallInt => "int2_minmax_ops",
        N::Integer => "int4_minmax_ops",
        N::BigInt => "int8_minmax_ops",
        N::Oid => "oid_minmax_ops",
        N::Decimal(_) => "numeric_minmax_ops",
        N::Real => "float4_minmax_ops",
        N::DoublePrecision => "float8_minmax_ops",
        N::Text | N::VarChar(_) => "text_minmax_ops",
        N::Char(_) => "bpchar_minmax_ops",
        N::Bit(_) => "bit_minmax_ops",
        N::VarBit(_) => "varbit_minmax_ops",
        N::Uuid => "uuid_minmax_ops",
        N::Inet => "inet_inclusion_ops",
        N::Timestamp(_) => "timestamp_minmax_ops",
        N::Timestamptz(_) => "timestamptz_minmax_ops",
        N::Date => "date_minmax_ops",
        N::Time(_) => "time_minmax_ops",
        N::Timetz(_) => "timetz_minmax_ops",
        N::ByteA => "bytea_minmax_ops",
        N::Money | N::Citext | N::Xml | N::Boolean | N::Json | N::JsonB => return None,
    })
}
