//! A model or view as a struct that reads and writes rows.

use super::names::{self, Renaming};
use super::print::{Text, quoted};
use super::types::{self, Helper, Value};
use super::{ALLOWED, Module};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{DefaultValue, Field, FieldType, Model, ModelKind, ScalarField};
use crate::sql::quote::Ident;

/// What the struct of a model has.
pub(super) struct Struct<'a> {
    pub(super) model: &'a Model,
    pub(super) columns: Vec<Column<'a>>,
    /// Fields without a place in the struct: name and reason.
    left_out: Vec<(&'a str, String)>,
    /// Whether a row can be written without the columns that are left out.
    complete: bool,
}

/// A field of a struct.
pub(super) struct Column<'a> {
    field: &'a Field,
    scalar: &'a ScalarField,
    /// The name in the database.
    in_database: &'a str,
    /// The name in Rust, without `r#`.
    name: String,
    pub(super) value: ColumnValue,
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum ColumnValue {
    /// A value of a type.
    Of(Value),
    /// A value of the enum at this position.
    Enum(u32),
}

impl<'a> Struct<'a> {
    /// The struct of a model; `None` if it has none: it is ignored, or has no column that could be read.
    pub(super) fn of(model: &'a Model, module: &Module<'_>) -> Option<Self> {
        if model.ignored {
            return None;
        }
        let (mut columns, mut left_out, mut complete) = (Vec::new(), Vec::new(), true);
        for (id, field, scalar) in model.scalar_fields() {
            let value = match &scalar.ty {
                _ if field.ignored => Err("it is ignored".to_owned()),
                FieldType::Unsupported(ty) => Err(format!("`{ty}` has no type in Rust")),
                FieldType::Enum(id) => Ok(ColumnValue::Enum(id.0)),
                FieldType::Scalar(ty) => {
                    let native = scalar.native_type.unwrap_or_else(|| ty.default_native_type());
                    Ok(ColumnValue::Of(types::value(native, module.options)))
                }
            };
            match value {
                Ok(value) => {
                    columns.push(Column {
                        field,
                        scalar,
                        in_database: model.column_name(id),
                        name: String::new(),
                        value,
                    });
                }
                Err(reason) => {
                    complete &= field.arity != FieldArity::Required || scalar.default.is_some();
                    left_out.push((field.name.as_str(), reason));
                }
            }
        }
        let names = names::fields(columns.iter().map(|column| column.field.name.as_str()));
        for (column, name) in columns.iter_mut().zip(names) {
            column.name = name;
        }
        (!columns.is_empty()).then_some(Self { model, columns, left_out, complete })
    }
}

impl Column<'_> {
    fn ty(&self, module: &Module<'_>) -> String {
        let one = match self.value {
            ColumnValue::Enum(position) => module.enums[position as usize].clone(),
            ColumnValue::Of(value) => module.path(value),
        };
        match self.field.arity {
            FieldArity::Required => one,
            FieldArity::Optional => format!("{}<{one}>", module.prelude("Option")),
            FieldArity::List => format!("{}<{one}>", module.prelude("Vec")),
        }
    }

    /// Values that cannot be compared for equality with certainty.
    fn is_float(&self) -> bool {
        matches!(self.value, ColumnValue::Of(Value::Path("f32" | "f64")))
    }

    /// Whether the database gives the column a value of its own making.
    fn is_filled(&self) -> bool {
        matches!(
            self.scalar.default,
            Some(DefaultValue::Now | DefaultValue::Autoincrement | DefaultValue::DbGenerated(_))
        )
    }

    /// How serde is to write it, where its own way is none that other programs read.
    fn serde_with(&self) -> Option<String> {
        let is_offset = matches!(self.value, ColumnValue::Of(Value::Path("time::OffsetDateTime")));
        match self.field.arity {
            FieldArity::Required if is_offset => Some("with = \"time::serde::rfc3339\"".to_owned()),
            FieldArity::Optional if is_offset => Some("default, with = \"time::serde::rfc3339::option\"".to_owned()),
            FieldArity::Required | FieldArity::Optional | FieldArity::List => None,
        }
    }
}

/// Prints a struct with what reads and writes its rows.
pub(super) fn print(out: &mut Text, one: &Struct<'_>, name: &str, module: &Module<'_>) {
    print_struct(out, one, name, module);
    print_statements(out, one, name, module);
    let row = "tokio_postgres::Row";
    let result = format!("{}<Self, Self::Error>", module.prelude("Result"));
    out.line(0, "");
    let try_from = module.prelude("TryFrom");
    out.implementation(&format!("impl {try_from}<&{row}>"), name);
    out.line(1, "type Error = tokio_postgres::Error;");
    out.line(0, "");
    out.line(1, &format!("fn try_from(row: &{row}) -> {result} {{"));
    out.line(2, "Ok(Self {");
    for column in &one.columns {
        let (field, quoted) = (names::written(&column.name), format!("{:?}", column.in_database));
        match column.field.arity {
            FieldArity::Required | FieldArity::Optional => {
                out.field_by_method(3, &field, "row", &format!("try_get({quoted})?"));
            }
            FieldArity::List => out.field_by_function(3, &field, "list", &["row", &quoted]),
        }
    }
    out.line(2, "})");
    out.line(1, "}");
    out.line(0, "}");
    out.line(0, "");
    out.implementation(&format!("impl {try_from}<{row}>"), name);
    out.line(1, "type Error = tokio_postgres::Error;");
    out.line(0, "");
    out.line(1, &format!("fn try_from(row: {row}) -> {result} {{"));
    out.line(2, "Self::try_from(&row)");
    out.line(1, "}");
    out.line(0, "}");
}

fn print_struct(out: &mut Text, one: &Struct<'_>, name: &str, module: &Module<'_>) {
    let Struct { model, columns, left_out, .. } = one;
    out.documentation(0, model.documentation.as_deref());
    if model.documentation.is_some() {
        out.line(0, "///");
    }
    let namespace = model.namespace.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
    out.documentation(0, Some(&format!("A row of `{namespace}{}`.", model.database_name())));
    for (field, reason) in left_out {
        out.line(0, "///");
        out.documentation(0, Some(&format!("The field `{field}` is left out: {reason}.")));
    }
    let pairs: Vec<(&str, &str)> =
        columns.iter().map(|column| (column.field.name.as_str(), column.name.as_str())).collect();
    let renaming = if module.options.serde { Renaming::of_fields(&pairs) } else { Renaming::None };
    let eq = if columns.iter().any(Column::is_float) { "" } else { ", Eq" };
    out.line(0, ALLOWED);
    out.line(0, &module.derives(&format!("Debug, Clone, PartialEq{eq}")));
    if let Renaming::All(rule, _) = renaming {
        out.line(0, &format!("#[serde(rename_all = {rule:?})]"));
    }
    out.line(0, &format!("pub struct {name} {{"));
    for column in columns {
        out.documentation(1, column.field.documentation.as_deref());
        if module.options.serde {
            let renamed = renaming.apply(&column.name) != column.field.name;
            let rename = renamed.then(|| format!("rename = {:?}", column.field.name));
            let settings: Vec<String> = rename.into_iter().chain(column.serde_with()).collect();
            if !settings.is_empty() {
                out.line(1, &format!("#[serde({})]", settings.join(", ")));
            }
        }
        let (field, ty) = (names::written(&column.name), column.ty(module));
        out.broken(1, &format!("pub {field}:"), &format!("{ty},"));
    }
    out.line(0, "}");
}

/// The table as SQL, with its namespace if the schema names one.
fn table(model: &Model) -> String {
    let name = Ident(model.database_name());
    match &model.namespace {
        Some(namespace) => format!("{}.{name}", Ident(namespace)),
        None => name.to_string(),
    }
}

fn print_statements(out: &mut Text, one: &Struct<'_>, name: &str, module: &Module<'_>) {
    let Struct { model, columns, .. } = one;
    let table = table(model);
    let list = quoted(columns.iter().map(|column| column.in_database)).join(", ");
    out.line(0, "");
    out.line(0, ALLOWED);
    out.line(0, &format!("impl {name} {{"));
    let what = match model.kind {
        ModelKind::Model => "table",
        ModelKind::View => "view",
    };
    out.line(1, &format!("/// The {what}, quoted."));
    out.sql(1, "TABLE", std::slice::from_ref(&table));
    out.line(0, "");
    out.line(1, "/// The columns in the order of the fields, quoted.");
    out.sql(1, "COLUMNS", std::slice::from_ref(&list));
    out.line(0, "");
    out.line(1, "/// Reads all rows; a condition can be put behind it.");
    out.sql(1, "SELECT", &[format!("SELECT {list}"), format!("FROM {table}")]);
    if model.kind == ModelKind::Model {
        print_writing(out, one, &table, &list, module);
    }
    out.line(0, "}");
}

/// Statements that write, and their values.
fn print_writing(out: &mut Text, one: &Struct<'_>, table: &str, list: &str, module: &Module<'_>) {
    let Struct { columns, complete, .. } = one;
    let numbers = |count: usize| (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let filled = columns.iter().any(Column::is_filled);
    let own: Vec<&Column<'_>> = columns.iter().filter(|column| !column.is_filled()).collect();
    if *complete {
        out.line(0, "");
        out.line(1, "/// Writes a new row, with [`params`](Self::params).");
        let values = format!("VALUES ({})", numbers(columns.len()));
        out.sql(1, "INSERT", &[format!("INSERT INTO {table} ({list})"), values]);
    }
    if *complete && filled {
        let names = quoted(own.iter().map(|column| column.in_database)).join(", ");
        out.line(0, "");
        out.line(
            1,
            "/// Writes a new row, with [`new_params`](Self::new_params), and reads it: the database makes the",
        );
        out.line(1, "/// values of the other columns.");
        let written = match own.len() {
            0 => vec![format!("INSERT INTO {table} DEFAULT VALUES")],
            count => vec![format!("INSERT INTO {table} ({names})"), format!("VALUES ({})", numbers(count))],
        };
        let returning = format!("RETURNING {list}");
        out.sql(1, "INSERT_NEW", &written.into_iter().chain([returning]).collect::<Vec<_>>());
    }
    if let Some([set, condition]) = update(one) {
        out.line(0, "");
        out.line(1, "/// Changes the row with this key, with [`params`](Self::params).");
        out.sql(1, "UPDATE", &[format!("UPDATE {table}"), set, condition]);
    }
    out.line(0, "");
    out.line(1, "/// The values in the order of the columns.");
    print_params(out, "params", &columns.iter().collect::<Vec<_>>(), module);
    if *complete && filled {
        out.line(0, "");
        out.line(1, "/// The values that the database does not make.");
        print_params(out, "new_params", &own, module);
    }
}

fn print_params(out: &mut Text, name: &str, columns: &[&Column<'_>], module: &Module<'_>) {
    let to_sql = "tokio_postgres::types::ToSql";
    let head = format!("pub fn {name}(&self) -> [&(dyn {to_sql} + {}); {}] {{", module.prelude("Sync"), columns.len());
    out.line(1, &head);
    let fields: Vec<String> = columns.iter().map(|column| format!("&self.{}", names::written(&column.name))).collect();
    out.array(2, "", &fields, "");
    out.line(1, "}");
}

/// `SET` and `WHERE` of an update by the primary key; each value has the number that it has in `params`.
fn update(one: &Struct<'_>) -> Option<[String; 2]> {
    let key = &one.model.primary_key.as_ref()?.fields;
    let is_key = |column: &Column<'_>| key.iter().any(|id| std::ptr::eq(one.model.field(*id), column.field));
    if one.columns.iter().filter(|column| is_key(column)).count() != key.len() {
        return None;
    }
    let term = |(number, column): (usize, &Column<'_>)| format!("{} = ${number}", Ident(column.in_database));
    let numbered = || (1..).zip(&one.columns);
    let set: Vec<String> = numbered().filter(|(_, column)| !is_key(column)).map(term).collect();
    let condition: Vec<String> = numbered().filter(|(_, column)| is_key(column)).map(term).collect();
    (!set.is_empty()).then(|| [format!("SET {}", set.join(", ")), format!("WHERE {}", condition.join(" AND "))])
}

impl Struct<'_> {
    /// The helpers that it needs.
    pub(super) fn helpers(&self) -> impl Iterator<Item = Helper> {
        self.columns.iter().filter_map(|column| match column.value {
            ColumnValue::Of(Value::Helper(helper)) => Some(helper),
            ColumnValue::Of(_) | ColumnValue::Enum(_) => None,
        })
    }

    /// The paths of types that it needs.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter_map(|column| match column.value {
            ColumnValue::Of(Value::Path(path)) => Some(path),
            ColumnValue::Of(_) | ColumnValue::Enum(_) => None,
        })
    }

    /// Whether a column is a list.
    pub(super) fn has_list(&self) -> bool {
        self.columns.iter().any(|column| column.field.arity == FieldArity::List)
    }
}
