//! Which Rust type holds the values of a column, and what that needs.

use std::collections::BTreeSet;

use super::Options;
use crate::dbschema::types::NativeType;

/// The crate that has the types for dates and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateTimes {
    /// `time` 0.3
    Time,
    /// `chrono` 0.4
    Chrono,
    /// `jiff` 0.2, the version that tokio-postgres knows
    Jiff,
}

impl DateTimes {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Time, Self::Chrono, Self::Jiff];

    /// The name of the crate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Chrono => "chrono",
            Self::Jiff => "jiff",
        }
    }
}

/// A type that no crate has, so that the generated module brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Helper {
    /// `money`
    Money,
    /// `xml`
    Xml,
    /// `time with time zone`
    TimeTz,
}

impl Helper {
    pub(super) const ALL: [Self; 3] = [Self::Money, Self::Xml, Self::TimeTz];

    /// The name of the type, if no model has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Money => "Money",
            Self::Xml => "Xml",
            Self::TimeTz => "TimeTz",
        }
    }
}

/// A type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// By this path.
    Path(&'static str),
    /// A name of the prelude, which a model may have taken: name and path.
    Prelude(&'static str),
    /// Bytes.
    Bytes,
    /// A type of the generated module.
    Helper(Helper),
}

/// The type for values of a column type.
pub(super) fn value(native: NativeType, options: &Options) -> Value {
    use DateTimes as D;
    match native {
        NativeType::SmallInt => Value::Path("i16"),
        NativeType::Integer => Value::Path("i32"),
        NativeType::BigInt => Value::Path("i64"),
        NativeType::Oid => Value::Path("u32"),
        NativeType::Decimal(_) => Value::Path("rust_decimal::Decimal"),
        NativeType::Money => Value::Helper(Helper::Money),
        NativeType::Real => Value::Path("f32"),
        NativeType::DoublePrecision => Value::Path("f64"),
        NativeType::Text | NativeType::Citext | NativeType::VarChar(_) | NativeType::Char(_) => {
            Value::Prelude("String")
        }
        NativeType::Bit(_) | NativeType::VarBit(_) => Value::Path("bit_vec::BitVec"),
        NativeType::Uuid => Value::Path("uuid::Uuid"),
        NativeType::Xml => Value::Helper(Helper::Xml),
        NativeType::Inet => Value::Path("cidr::IpInet"),
        NativeType::Boolean => Value::Path("bool"),
        NativeType::Timestamp(_) => Value::Path(match options.datetime {
            D::Time => "time::PrimitiveDateTime",
            D::Chrono => "chrono::NaiveDateTime",
            D::Jiff => "jiff::civil::DateTime",
        }),
        NativeType::Timestamptz(_) => Value::Path(match options.datetime {
            D::Time => "time::OffsetDateTime",
            D::Chrono => "chrono::DateTime<chrono::Utc>",
            D::Jiff => "jiff::Timestamp",
        }),
        NativeType::Date => Value::Path(match options.datetime {
            D::Time => "time::Date",
            D::Chrono => "chrono::NaiveDate",
            D::Jiff => "jiff::civil::Date",
        }),
        NativeType::Time(_) => Value::Path(time_of_day(options.datetime)),
        NativeType::Timetz(_) => Value::Helper(Helper::TimeTz),
        NativeType::ByteA => Value::Bytes,
        NativeType::Json | NativeType::JsonB => Value::Path("serde_json::Value"),
    }
}

/// The type of a time without a date.
pub(super) const fn time_of_day(datetime: DateTimes) -> &'static str {
    match datetime {
        DateTimes::Time => "time::Time",
        DateTimes::Chrono => "chrono::NaiveTime",
        DateTimes::Jiff => "jiff::civil::Time",
    }
}

/// A crate that the generated module uses: the beginning of its paths, version, features for serde, feature of
/// tokio-postgres, and a feature that is needed in any case.
struct Crate {
    name: &'static str,
    version: &'static str,
    with_serde: &'static [&'static str],
    of_tokio_postgres: &'static str,
    always: &'static [&'static str],
}

const CRATES: [Crate; 8] = [
    of("bit_vec", "0.9", &["serde"], "with-bit-vec-0_9"),
    of("chrono", "0.4", &["serde"], "with-chrono-0_4"),
    of("cidr", "0.3", &["serde"], "with-cidr-0_3"),
    of("jiff", "0.2", &["serde"], "with-jiff-0_2"),
    Crate { always: &["db-tokio-postgres"], ..of("rust_decimal", "1", &[], "") },
    of("serde_json", "1", &[], "with-serde_json-1"),
    of("time", "0.3", &["serde-human-readable", "serde-well-known"], "with-time-0_3"),
    of("uuid", "1", &["serde"], "with-uuid-1"),
];

const fn of(
    name: &'static str,
    version: &'static str,
    with_serde: &'static [&'static str],
    of_tokio_postgres: &'static str,
) -> Crate {
    Crate { name, version, with_serde, of_tokio_postgres, always: &[] }
}

/// The lines of `[dependencies]` that the types with these paths need.
pub(super) fn dependencies(paths: &BTreeSet<&str>, with_impls: bool, options: &Options) -> Vec<String> {
    let crates: BTreeSet<&str> = paths.iter().filter_map(|path| Some(path.split_once("::")?.0)).collect();
    let mut lines = BTreeSet::new();
    let mut of_tokio_postgres = Vec::new();
    for one in CRATES.iter().filter(|one| crates.contains(one.name)) {
        let serde = if options.serde { one.with_serde } else { &[] };
        let features: Vec<&str> = one.always.iter().chain(serde).copied().collect();
        lines.insert(line(&one.name.replace("bit_vec", "bit-vec"), one.version, &features));
        of_tokio_postgres.extend((!one.of_tokio_postgres.is_empty()).then_some(one.of_tokio_postgres));
    }
    lines.insert(line("tokio-postgres", "0.7", &of_tokio_postgres));
    if with_impls {
        lines.insert(line("bytes", "1", &[]));
    }
    if options.serde {
        lines.insert(line("serde", "1", &["derive"]));
    }
    lines.into_iter().collect()
}

fn line(name: &str, version: &str, features: &[&str]) -> String {
    if features.is_empty() {
        format!("{name} = \"{version}\"")
    } else {
        format!("{name} = {{ version = \"{version}\", features = {features:?} }}")
    }
}
