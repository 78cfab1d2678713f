//! The generator `evt-rust`: structs and enums of a schema for programs that use tokio-postgres.
//!
//! The text is the same for the same schema, and as rustfmt leaves it. It has no inner attributes, so that it can be a
//! module of its own or be included.

mod enums;
mod helpers;
mod models;
mod names;
mod print;
mod types;

use std::collections::BTreeSet;

use models::Struct;
use print::Text;
use types::{Helper, Value};

pub use types::DateTimes;

use crate::psl::PslSchema;

/// What the block of the generator may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `datetime`: the crate with the types for dates and times.
    pub datetime: DateTimes,
    /// `serde`: whether structs and enums implement its traits.
    pub serde: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { datetime: DateTimes::Time, serde: true }
    }
}

/// Not everything is used by everybody, and the words of the schema are its author's.
const ALLOWED: &str = "#[allow(clippy::pedantic, dead_code, missing_docs, unreachable_pub)]";

/// Names of the prelude that generated text uses, and where they are if a model has taken them.
const PRELUDE: [(&str, &str); 8] = [
    ("Box", "std::boxed::Box"),
    ("Option", "std::option::Option"),
    ("Result", "std::result::Result"),
    ("Send", "std::marker::Send"),
    ("String", "std::string::String"),
    ("Sync", "std::marker::Sync"),
    ("TryFrom", "std::convert::TryFrom"),
    ("Vec", "std::vec::Vec"),
];

/// What all parts of a module know.
struct Module<'a> {
    options: &'a Options,
    /// Names of the enums by position.
    enums: Vec<String>,
    /// Names of the helpers in the order of [`Helper::ALL`].
    helpers: Vec<String>,
    /// All names of types.
    taken: BTreeSet<String>,
}

/// The module for a schema.
pub fn module(schema: &PslSchema, options: &Options) -> String {
    let models = schema.models.iter().map(|model| model.name.as_str());
    let enums = schema.enums.iter().map(|enumeration| enumeration.name.as_str());
    let mut names = names::types(models.chain(enums).chain(Helper::ALL.map(Helper::name)));
    let taken = names.iter().cloned().collect();
    let helpers = names.split_off(schema.models.len() + schema.enums.len());
    let enums = names.split_off(schema.models.len());
    let module = Module { options, enums, helpers, taken };
    let structs: Vec<(&String, Struct<'_>)> = names
        .iter()
        .zip(&schema.models)
        .filter_map(|(name, model)| Some((name, Struct::of(model, &module)?)))
        .collect();
    let helpers: BTreeSet<Helper> = structs.iter().flat_map(|(_, one)| one.helpers()).collect();
    let mut out = Text::default();
    print_header(&mut out, schema, &structs, &helpers, options);
    for (enumeration, name) in schema.enums.iter().zip(&module.enums) {
        out.line(0, "");
        enums::print(&mut out, enumeration, name, &module);
    }
    for (name, one) in &structs {
        out.line(0, "");
        models::print(&mut out, one, name, &module);
    }
    for helper in helpers {
        out.line(0, "");
        helpers::print(&mut out, helper, &module);
    }
    if structs.iter().any(|(_, one)| one.has_list()) {
        out.line(0, "");
        print_list(&mut out, &module);
    }
    out.finish()
}

fn print_header(
    out: &mut Text,
    schema: &PslSchema,
    structs: &[(&String, Struct<'_>)],
    helpers: &BTreeSet<Helper>,
    options: &Options,
) {
    let mut paths: BTreeSet<&str> = structs.iter().flat_map(|(_, one)| one.paths()).collect();
    if helpers.contains(&Helper::TimeTz) {
        paths.insert(types::time_of_day(options.datetime));
    }
    let with_impls = !schema.enums.is_empty() || !helpers.is_empty();
    out.line(0, &format!("// {}", super::builtin::header()));
    out.line(0, "//");
    out.line(0, "// It needs, in `[dependencies]`:");
    for line in types::dependencies(&paths, with_impls, options) {
        out.line(0, &format!("//     {line}"));
    }
}

/// A function in the module, whose name no type can have.
fn print_list(out: &mut Text, module: &Module<'_>) {
    let (option, vec) = (module.prelude("Option"), module.prelude("Vec"));
    out.line(0, "/// Reads a list. NULL, which a database may hold for an empty one, is read as such.");
    let (row, result) =
        ("&'a tokio_postgres::Row", format!("{}<{vec}<T>, tokio_postgres::Error>", module.prelude("Result")));
    let head = format!("fn list<'a, T>(row: {row}, column: &str) -> {result}");
    if print::fits(0, &[&head]) {
        out.line(0, &head);
    } else {
        out.line(0, "fn list<'a, T>(");
        out.line(1, &format!("row: {row},"));
        out.line(1, "column: &str,");
        out.line(0, &format!(") -> {result}"));
    }
    out.line(0, "where");
    out.line(1, "T: tokio_postgres::types::FromSql<'a>,");
    out.line(0, "{");
    out.line(1, &format!("let list: {option}<{vec}<T>> = row.try_get(column)?;"));
    out.line(1, "Ok(list.unwrap_or_default())");
    out.line(0, "}");
}

impl Module<'_> {
    /// A name of the prelude, by its path if a model has taken it.
    fn prelude(&self, name: &'static str) -> &'static str {
        let path = PRELUDE.iter().find(|(known, _)| *known == name).map_or(name, |(_, path)| path);
        if self.taken.contains(name) { path } else { name }
    }

    fn helper_name(&self, helper: Helper) -> &str {
        &self.helpers[helper as usize]
    }

    fn path(&self, value: Value) -> String {
        match value {
            Value::Path(path) => path.to_owned(),
            Value::Prelude(name) => self.prelude(name).to_owned(),
            Value::Bytes => format!("{}<u8>", self.prelude("Vec")),
            Value::Helper(helper) => self.helper_name(helper).to_owned(),
        }
    }

    fn derives(&self, names: &str) -> String {
        let serde = if self.options.serde { ", serde::Serialize, serde::Deserialize" } else { "" };
        let one_line = format!("#[derive({names}{serde})]");
        if print::fits(0, &[&one_line]) {
            return one_line;
        }
        // The longest derives of this module fit on the next line.
        format!("#[derive(\n    {names}{serde},\n)]")
    }

    fn error(&self) -> String {
        let (sync, send) = (self.prelude("Sync"), self.prelude("Send"));
        format!("{}<dyn std::error::Error + {sync} + {send}>", self.prelude("Box"))
    }

    /// `FromSql` for a type: which types of the database it takes, and how it makes a value of `raw`.
    fn print_from_sql(&self, out: &mut Text, name: &str, is_it: &[String], body: impl Fn(&mut Text)) {
        out.line(0, "");
        out.implementation("impl<'a> tokio_postgres::types::FromSql<'a>", name);
        out.line(1, "fn from_sql(");
        out.line(2, "_: &tokio_postgres::types::Type,");
        out.line(2, "raw: &'a [u8],");
        out.line(1, &format!(") -> {}<Self, {}> {{", self.prelude("Result"), self.error()));
        body(out);
        out.line(1, "}");
        out.line(0, "");
        print_accepts(out, is_it);
        out.line(0, "}");
    }

    /// `ToSql` for a type: which types of the database it takes, and how it is put behind `out`.
    fn print_to_sql(&self, out: &mut Text, name: &str, is_it: &[String], body: impl Fn(&mut Text)) {
        let is_null = "tokio_postgres::types::IsNull";
        out.line(0, "");
        out.implementation("impl tokio_postgres::types::ToSql", name);
        out.line(1, "fn to_sql(");
        out.line(2, "&self,");
        out.line(2, "_: &tokio_postgres::types::Type,");
        out.line(2, "out: &mut bytes::BytesMut,");
        out.line(1, &format!(") -> {}<{is_null}, {}> {{", self.prelude("Result"), self.error()));
        body(out);
        out.line(2, &format!("Ok({is_null}::No)"));
        out.line(1, "}");
        out.line(0, "");
        print_accepts(out, is_it);
        out.line(0, "");
        out.line(1, "tokio_postgres::types::to_sql_checked!();");
        out.line(0, "}");
    }
}

fn print_accepts(out: &mut Text, is_it: &[String]) {
    out.line(1, "fn accepts(ty: &tokio_postgres::types::Type) -> bool {");
    out.conditions(2, is_it);
    out.line(1, "}");
}
