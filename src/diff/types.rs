//! What happens to the values when a column gets another type: the type-change matrix.
//!
//! Which pairs are changed in place and which by a new column is Prisma's matrix. Where it calls a change safe that
//! loses values or fails on some, it is risky here: the limits below are those of the printed values.

use crate::dbschema::types::NativeType as N;
use crate::dbschema::{Column, ColumnArity, ColumnType, Origin};

/// What a change of type means for the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeChange {
    /// Every value has a counterpart.
    Safe,
    /// Some values may be changed, or make the statement fail.
    Risky,
    /// There is no cast: the column is dropped and added.
    NotCastable,
}

use TypeChange::{NotCastable, Risky, Safe};

/// A type with the arguments that PostgreSQL fills in, so that what is the same to the server is equal:
/// times have 6 digits of a second, `char` and `bit` one character.
pub fn effective(ty: N, origin: Origin) -> N {
    match ty {
        N::Timestamp(None) => N::Timestamp(Some(6)),
        N::Timestamptz(None) => N::Timestamptz(Some(6)),
        N::Time(None) => N::Time(Some(6)),
        N::Timetz(None) => N::Timetz(Some(6)),
        // A catalog has no length for `bpchar` only, which is unlimited.
        N::Char(None) if origin == Origin::Psl => N::Char(Some(1)),
        N::Bit(None) => N::Bit(Some(1)),
        _ => ty,
    }
}

/// What the step from one column's type to another's does; `None` if the types are the same.
pub fn type_change(from: (&Column, Origin), to: (&Column, Origin)) -> Option<TypeChange> {
    let ((from, from_origin), (to, to_origin)) = (from, to);
    let lists = (from.arity == ColumnArity::List, to.arity == ColumnArity::List);
    match (&from.ty, &to.ty) {
        (ColumnType::Enum(a), ColumnType::Enum(b)) if a == b => None,
        (ColumnType::Enum(_), _) | (_, ColumnType::Enum(_)) => Some(NotCastable),
        (ColumnType::Unsupported(a), ColumnType::Unsupported(b)) if lists.0 == lists.1 => {
            (!same_unsupported(a, b, lists.0)).then_some(Risky)
        }
        (ColumnType::Native(a), ColumnType::Unsupported(b)) if names_native(b, *a, lists.0, lists.1) => None,
        (ColumnType::Unsupported(a), ColumnType::Native(b)) if names_native(a, *b, lists.1, lists.0) => None,
        (_, ColumnType::Native(ty)) if lists.0 && !lists.1 => Some(list_to_scalar(*ty)),
        _ if lists.0 != lists.1 => Some(NotCastable),
        (ColumnType::Native(a), ColumnType::Native(b)) => {
            let unlimited = *a == N::Char(None) && *b == N::Char(None);
            let (a, b) = (effective(*a, from_origin), effective(*b, to_origin));
            if a == b || unlimited { None } else { Some(native_change(a, b)) }
        }
        (ColumnType::Unsupported(_), ColumnType::Native(_) | ColumnType::Unsupported(_))
        | (ColumnType::Native(_), ColumnType::Unsupported(_)) => Some(Risky),
    }
}

fn list_to_scalar(to: N) -> TypeChange {
    match to {
        N::Text | N::VarChar(None) => Safe,
        N::VarChar(Some(_)) | N::Char(_) => Risky,
        _ => NotCastable,
    }
}

/// Whether two texts name the same type, as far as that can be told without the server: names in any case, blanks
/// and a namespace do not count, and arguments count only if both sides have them (a catalog may not tell them). An array
/// type is called like its elements, or as in the catalog with a line in front.
fn same_unsupported(a: &str, b: &str, lists: bool) -> bool {
    let (a, b) = (TypeText::read(a), TypeText::read(b));
    let of_elements = |array: &str, element: &str| lists && array.strip_prefix('_') == Some(element);
    let same_name = a.name == b.name || of_elements(&a.name, &b.name) || of_elements(&b.name, &a.name);
    same_name && (a.arguments.is_empty() || b.arguments.is_empty() || a.arguments == b.arguments)
}

/// Whether the text of `Unsupported("…")` names this type: `varchar(3)`, `int`.
fn names_native(text: &str, ty: N, native_is_list: bool, text_is_list: bool) -> bool {
    let text = TypeText::read(text);
    if native_is_list != (text_is_list || text.is_array) {
        return false;
    }
    text.native().is_some_and(|named| effective(named, Origin::Psl) == effective(ty, Origin::Psl))
}

/// The parts of a type's name.
#[derive(Debug, PartialEq, Eq)]
struct TypeText {
    name: String,
    arguments: String,
    is_array: bool,
}

impl TypeText {
    fn read(text: &str) -> Self {
        let text = text.trim();
        let (text, is_array) = text.strip_suffix("[]").map_or((text, false), |rest| (rest.trim_end(), true));
        let (head, arguments, tail) = match (text.find('('), text.rfind(')')) {
            (Some(open), Some(close)) if open < close => (&text[..open], &text[open + 1..close], &text[close + 1..]),
            _ => (text, "", ""),
        };
        let mut words: Vec<String> = Vec::new();
        for word in head.split_whitespace().chain(tail.split_whitespace()) {
            words.push(word.to_lowercase());
        }
        let joined = words.join(" ");
        let name = joined.rsplit('.').next().unwrap_or(&joined).trim_matches('"').to_owned();
        Self { name, arguments: arguments.split_whitespace().collect::<String>().to_lowercase(), is_array }
    }

    fn native(&self) -> Option<N> {
        let arguments: Vec<u32> = if self.arguments.is_empty() {
            Vec::new()
        } else {
            self.arguments.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?
        };
        if let ("numeric" | "decimal" | "dec", [precision]) = (self.name.as_str(), arguments.as_slice()) {
            return Some(N::Decimal(Some((*precision, 0))));
        }
        let catalog = match self.name.as_str() {
            "smallint" => "int2",
            "int" | "integer" => "int4",
            "bigint" => "int8",
            "decimal" | "dec" => "numeric",
            "real" => "float4",
            "double precision" | "float" => "float8",
            "character varying" | "char varying" => "varchar",
            "character" | "char" => "bpchar",
            "bit varying" => "varbit",
            "boolean" => "bool",
            "timestamp without time zone" => "timestamp",
            "timestamp with time zone" => "timestamptz",
            "time without time zone" => "time",
            "time with time zone" => "timetz",
            // Without length it is unlimited, which no `@db.Char` says.
            "bpchar" if arguments.is_empty() => return None,
            other => other,
        };
        N::from_catalog(catalog, &arguments)
    }
}

/// The matrix. Types that differ only in an argument that makes no difference never get here.
#[expect(clippy::match_same_arms, reason = "a table: rows stay apart")]
fn native_change(from: N, to: N) -> TypeChange {
    match from {
        N::SmallInt => from_integer(to, 1, 5, 6),
        N::Integer => from_integer(to, 2, 10, 11),
        N::BigInt => from_integer(to, 3, 19, 20),
        N::Oid => match to {
            N::BigInt | N::Text => Safe,
            N::Integer => Risky,
            N::VarChar(length) => risky_below(length, 10),
            _ => NotCastable,
        },
        N::Decimal(arguments) => from_decimal(arguments, to),
        N::Money => match to {
            N::Text | N::Citext => Safe,
            N::VarChar(length) => risky_below(length, 32),
            _ => Risky,
        },
        N::Real => match to {
            N::DoublePrecision | N::Text => Safe,
            N::SmallInt | N::Integer | N::BigInt | N::Decimal(_) => Risky,
            N::VarChar(length) => risky_below(length, 47),
            N::Char(length) => char_risky_below(length, 47),
            _ => NotCastable,
        },
        N::DoublePrecision => match to {
            N::Text => Safe,
            N::SmallInt | N::Integer | N::BigInt | N::Decimal(_) | N::Real => Risky,
            N::VarChar(length) => risky_below(length, 317),
            N::Char(length) => char_risky_below(length, 317),
            _ => NotCastable,
        },
        N::Text => match to {
            N::Citext | N::VarChar(None) => Safe,
            N::VarChar(Some(_)) | N::Char(_) => Risky,
            _ => NotCastable,
        },
        N::Citext => match to {
            N::Text | N::VarChar(None) => Safe,
            _ => Risky,
        },
        N::VarChar(length) => from_text(length, to),
        // Only a catalog has one without length, and that is unlimited.
        N::Char(length) => from_text(length, to),
        N::Bit(_) | N::VarBit(_) => from_bits(from, to),
        N::Uuid => match to {
            N::Text | N::VarChar(None) => Safe,
            N::VarChar(Some(n)) | N::Char(Some(n)) => graded(n, 32, 36),
            _ => NotCastable,
        },
        N::Xml => text_or_risky(to),
        N::Inet => match to {
            N::Text | N::Citext => Safe,
            N::VarChar(length) => risky_below(length, 49),
            _ => NotCastable,
        },
        N::Boolean => match to {
            N::Text => Safe,
            N::VarChar(length) => risky_below(length, 5),
            N::Char(Some(n)) => graded(n, 4, 5),
            _ => NotCastable,
        },
        N::Timestamp(_) | N::Timestamptz(_) | N::Date | N::Time(_) | N::Timetz(_) => from_time(from, to),
        N::ByteA => match to {
            N::Text | N::VarChar(None) => Safe,
            N::VarChar(Some(n)) | N::Char(Some(n)) if n >= 3 => Risky,
            _ => NotCastable,
        },
        N::Json => match to {
            // Repeated keys and the order of keys go.
            N::JsonB => Risky,
            _ => text_or_risky(to),
        },
        N::JsonB => match to {
            N::Json => Safe,
            _ => text_or_risky(to),
        },
    }
}

/// `digits` and `width` of the longest value; `size` orders the three integer types.
fn from_integer(to: N, size: u8, digits: u32, width: u32) -> TypeChange {
    let narrower = |other: u8| if other < size { Risky } else { Safe };
    match to {
        N::SmallInt => narrower(1),
        N::Integer => narrower(2),
        N::BigInt | N::Text | N::Decimal(None) => Safe,
        N::Decimal(Some((precision, scale))) => {
            if precision.saturating_sub(scale) < digits {
                Risky
            } else {
                Safe
            }
        }
        // 24 and 53 bits of mantissa.
        N::Real => {
            if size > 1 {
                Risky
            } else {
                Safe
            }
        }
        N::DoublePrecision => {
            if size > 2 {
                Risky
            } else {
                Safe
            }
        }
        N::VarChar(length) => risky_below(length, width),
        N::Char(length) => char_risky_below(length, width),
        _ => NotCastable,
    }
}

fn from_decimal(arguments: Option<(u32, u32)>, to: N) -> TypeChange {
    let fits = |digits: u32| match arguments {
        Some((precision, 0)) if precision <= digits => Safe,
        _ => Risky,
    };
    let width = match arguments {
        Some((precision, 0)) => precision + 1,
        Some((precision, _)) => precision + 2,
        None => 131_073,
    };
    match to {
        N::SmallInt => fits(2),
        N::Integer => fits(9),
        N::BigInt => fits(18),
        N::Decimal(None) | N::Text => Safe,
        N::Decimal(Some((p, s))) => match arguments {
            Some((precision, scale)) if precision.saturating_sub(scale) <= p.saturating_sub(s) && scale <= s => Safe,
            None if p >= 131_072 && s >= 16_383 => Safe,
            Some(_) | None => Risky,
        },
        N::Real | N::DoublePrecision => Risky,
        N::VarChar(length) => risky_below(length, width),
        N::Char(length) => char_risky_below(length, width),
        _ => NotCastable,
    }
}

fn from_text(length: Option<u32>, to: N) -> TypeChange {
    let shorter = |n: u32| if length.is_none_or(|length| length > n) { Risky } else { Safe };
    match to {
        N::Text | N::VarChar(None) => Safe,
        N::VarChar(Some(n)) | N::Char(Some(n)) => shorter(n),
        // Written without length it means one character.
        N::Char(None) => shorter(1),
        _ => NotCastable,
    }
}

#[expect(clippy::match_same_arms, reason = "a table: rows stay apart")]
fn from_bits(from: N, to: N) -> TypeChange {
    match (from, to) {
        (_, N::Text | N::VarChar(None)) | (N::Bit(_), N::VarBit(None)) => Safe,
        (N::Bit(Some(n)), N::VarBit(Some(m)) | N::VarChar(Some(m)) | N::Char(Some(m))) => {
            if m >= n {
                Safe
            } else {
                NotCastable
            }
        }
        (N::VarBit(Some(n)), N::VarBit(Some(m))) => {
            if m > n {
                Safe
            } else {
                NotCastable
            }
        }
        (N::VarBit(Some(_)), N::VarBit(None)) => Safe,
        (N::VarBit(Some(n)), N::Bit(Some(m))) => {
            if m <= n {
                Risky
            } else {
                NotCastable
            }
        }
        (N::VarBit(_), N::Bit(_)) => Risky,
        (N::VarBit(Some(n)), N::VarChar(Some(m)) | N::Char(Some(m))) => {
            if m >= n {
                Safe
            } else {
                Risky
            }
        }
        (N::VarBit(_), N::VarChar(Some(_)) | N::Char(_)) => Risky,
        _ => NotCastable,
    }
}

#[expect(clippy::unnested_or_patterns, clippy::match_same_arms, reason = "a table: rows stay apart")]
fn from_time(from: N, to: N) -> TypeChange {
    // Shortest length that Prisma takes for castable, and the length of the longest value.
    let (castable, width) = match from {
        N::Timestamp(_) => (23, 29),
        N::Timestamptz(_) => (28, 38),
        N::Time(_) => (14, 15),
        N::Timetz(_) => (19, 24),
        _ => (28, 28),
    };
    match (from, to) {
        (_, N::Text | N::VarChar(None)) => Safe,
        (_, N::VarChar(Some(n)) | N::Char(Some(n))) => graded(n, castable, width),
        (N::Timestamp(a), N::Timestamp(b) | N::Timestamptz(b))
        | (N::Timestamptz(a), N::Timestamptz(b) | N::Timestamp(b))
        | (N::Time(a), N::Time(b) | N::Timetz(b))
        | (N::Timetz(a), N::Timetz(b)) => {
            if b < a {
                Risky
            } else {
                Safe
            }
        }
        // The date, the time or the zone is lost.
        (N::Timestamp(_) | N::Timestamptz(_), N::Date | N::Time(_) | N::Timetz(_)) | (N::Timetz(_), N::Time(_)) => {
            Risky
        }
        (N::Date, N::Timestamp(_) | N::Timestamptz(_)) => Safe,
        _ => NotCastable,
    }
}

fn text_or_risky(to: N) -> TypeChange {
    match to {
        N::Text | N::VarChar(None) => Safe,
        N::VarChar(Some(_)) | N::Char(_) => Risky,
        _ => NotCastable,
    }
}

fn risky_below(length: Option<u32>, width: u32) -> TypeChange {
    if length.is_some_and(|n| n < width) { Risky } else { Safe }
}

fn char_risky_below(length: Option<u32>, width: u32) -> TypeChange {
    risky_below(Some(length.unwrap_or(1)), width)
}

/// Not castable below `castable`, safe from `width` on.
fn graded(length: u32, castable: u32, width: u32) -> TypeChange {
    if length < castable {
        NotCastable
    } else if length < width {
        Risky
    } else {
        Safe
    }
}

/// How the values get from the old type to the new one where PostgreSQL has no cast of its own for it
/// (PostgreSQL documentation, `ALTER TABLE … USING`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// An assignment cast exists.
    Assignment,
    /// By their text.
    Text,
    /// As numbers.
    Numeric,
    /// As a time with date and zone.
    Timestamptz,
    /// A scalar becomes the only element of an array.
    Element,
    /// The first element of an array becomes the scalar.
    FirstElement,
}

/// The way of the values when `from` gets the type of `to` in place.
pub fn via(from: &Column, to: &Column) -> Via {
    let lists = (from.arity == ColumnArity::List, to.arity == ColumnArity::List);
    match (&from.ty, &to.ty) {
        (ColumnType::Enum(_), ColumnType::Enum(_)) => match lists {
            (false, true) => Via::Element,
            (true, false) => Via::FirstElement,
            (true, true) | (false, false) => Via::Assignment,
        },
        (ColumnType::Unsupported(_), _) | (_, ColumnType::Unsupported(_)) => Via::Text,
        (ColumnType::Native(a), ColumnType::Native(b)) if lists.0 == lists.1 => native_via(*a, *b),
        _ => Via::Assignment,
    }
}

#[expect(clippy::match_same_arms, reason = "a table: rows stay apart")]
fn native_via(from: N, to: N) -> Via {
    match (from, to) {
        (N::Money, N::Decimal(_) | N::Text | N::Citext | N::VarChar(_) | N::Char(_)) => Via::Assignment,
        (N::Money, N::SmallInt | N::Integer | N::BigInt | N::Real | N::DoublePrecision) => Via::Numeric,
        (N::Citext, N::Text | N::VarChar(_) | N::Char(_)) => Via::Assignment,
        (N::Money | N::Citext, _) => Via::Text,
        (N::Timestamp(_), N::Timetz(_)) => Via::Timestamptz,
        _ => Via::Assignment,
    }
}
