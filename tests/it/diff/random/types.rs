//! The types that random columns have, with what may be done with them.

/// A scalar type with a native type.
#[derive(Debug)]
pub(crate) struct Type {
    /// The scalar type.
    pub(crate) scalar: &'static str,
    /// The attribute of the native type, or nothing.
    pub(crate) native: &'static str,
    /// Constants that may stand in `@default(…)`.
    pub(crate) defaults: &'static [&'static str],
    /// `@default(now())`, `@default(uuid())` and the like.
    pub(crate) functions: &'static [&'static str],
    /// Whether it has an order, so that it can be in keys and ordinary indexes.
    pub(crate) ordered: bool,
    /// Whether it can be hashed.
    pub(crate) hashed: bool,
}

const fn row(
    scalar: &'static str,
    native: &'static str,
    defaults: &'static [&'static str],
    functions: &'static [&'static str],
    [ordered, hashed]: [bool; 2],
) -> Type {
    Type { scalar, native, defaults, functions, ordered, hashed }
}

const BOTH: [bool; 2] = [true, true];
const ORDERED: [bool; 2] = [true, false];
const NEITHER: [bool; 2] = [false, false];
const NUMBERED: &[&str] = &["autoincrement()"];
const TIMED: &[&str] = &["now()"];
const TEXTS: &[&str] = &["uuid()", "cuid()", "dbgenerated(\"md5('a')\")"];

/// The row of plain text.
pub(crate) const TEXT: usize = 1;

pub(crate) const TYPES: &[Type] = &[
    row("Int", "", &["0", "42", "-7"], NUMBERED, BOTH),
    row("String", "", &["\"\"", "\"it's\"", "\"a\\\\b\""], TEXTS, BOTH),
    row("Boolean", "", &["true", "false"], &[], BOTH),
    row("DateTime", "", &["\"2020-01-02T03:04:05Z\""], TIMED, BOTH),
    row("Int", "@db.SmallInt", &["1", "-1"], NUMBERED, BOTH),
    row("BigInt", "", &["0", "9007199254740993"], NUMBERED, BOTH),
    row("Int", "@db.Oid", &["1"], &[], BOTH),
    row("Float", "", &["1.50", "-0.5"], &[], BOTH),
    row("Float", "@db.Real", &["2", "0.25"], &[], BOTH),
    row("Decimal", "", &["1.00", "3"], &[], BOTH),
    row("Decimal", "@db.Decimal(10, 2)", &["1.5"], &[], BOTH),
    row("Decimal", "@db.Decimal(6, 0)", &["7"], &[], BOTH),
    row("Decimal", "@db.Decimal", &["7.25"], &[], BOTH),
    row("Decimal", "@db.Money", &["12.34"], &[], ORDERED),
    row("String", "@db.VarChar(20)", &["\"x\""], TEXTS, BOTH),
    row("String", "@db.VarChar(40)", &["\"x\"", "\"y\""], TEXTS, BOTH),
    row("String", "@db.VarChar", &["\"x\""], &[], BOTH),
    row("String", "@db.Char(8)", &["\"abcdefgh\""], &[], BOTH),
    row("String", "@db.Uuid", &[], &["uuid()", "dbgenerated(\"gen_random_uuid()\")"], BOTH),
    row("String", "@db.Citext", &["\"Abc\""], &[], BOTH),
    row("String", "@db.Inet", &["\"10.0.0.1\""], &[], BOTH),
    row("String", "@db.Bit(8)", &["\"00000001\""], &[], ORDERED),
    row("String", "@db.VarBit(12)", &["\"101\""], &[], ORDERED),
    row("String", "@db.VarBit", &["\"1\""], &[], ORDERED),
    row("String", "@db.Xml", &[], &[], NEITHER),
    row("DateTime", "@db.Timestamp(6)", &[], TIMED, BOTH),
    row("DateTime", "@db.Timestamptz(6)", &[], TIMED, BOTH),
    row("DateTime", "@db.Timestamptz(3)", &["\"2021-05-06T07:08:09.120Z\""], TIMED, BOTH),
    row("DateTime", "@db.Date", &[], TIMED, BOTH),
    row("DateTime", "@db.Time(3)", &[], TIMED, BOTH),
    row("DateTime", "@db.Timetz(6)", &[], TIMED, BOTH),
    row("Json", "", &["\"{}\"", "\"{\\\"a\\\": [1]}\""], &[], BOTH),
    row("Json", "@db.Json", &["\"[]\""], &[], NEITHER),
    row("Bytes", "", &["\"aGVsbG8=\""], &[], BOTH),
];
