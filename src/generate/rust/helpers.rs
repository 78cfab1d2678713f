//! Types that no crate has: printed only where a column needs them.

use super::print::Text;
use super::types::{Helper, time_of_day};
use super::{ALLOWED, Module};

/// Prints a helper.
pub(super) fn print(out: &mut Text, helper: Helper, module: &Module<'_>) {
    match helper {
        Helper::Money => money(out, module),
        Helper::Xml => xml(out, module),
        Helper::TimeTz => time_tz(out, module),
    }
}

/// Eight bytes (PostgreSQL source, `cash_send`).
fn money(out: &mut Text, module: &Module<'_>) {
    let name = module.helper_name(Helper::Money);
    out.line(0, "/// An amount of `money` in the smallest unit of the database's currency, such as cents.");
    head(out, module, "Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash");
    out.line(0, &format!("pub struct {name}(pub i64);"));
    let is_it = ["*ty == tokio_postgres::types::Type::MONEY".to_owned()];
    module.print_from_sql(out, name, &is_it, |out| {
        out.line(2, "Ok(Self(i64::from_be_bytes(raw.try_into()?)))");
    });
    module.print_to_sql(out, name, &is_it, |out| {
        out.line(2, "out.extend_from_slice(&self.0.to_be_bytes());");
    });
}

/// Text (PostgreSQL source, `xml_send`; connections of tokio-postgres speak UTF-8).
fn xml(out: &mut Text, module: &Module<'_>) {
    let (name, string) = (module.helper_name(Helper::Xml), module.prelude("String"));
    out.line(0, "/// A document or fragment of `xml`, as text.");
    head(out, module, "Debug, Clone, PartialEq, Eq, Hash");
    out.line(0, &format!("pub struct {name}(pub {string});"));
    let is_it = ["*ty == tokio_postgres::types::Type::XML".to_owned()];
    module.print_from_sql(out, name, &is_it, |out| {
        out.line(2, "Ok(Self(std::str::from_utf8(raw)?.to_owned()))");
    });
    module.print_to_sql(out, name, &is_it, |out| {
        out.line(2, "out.extend_from_slice(self.0.as_bytes());");
    });
}

/// A time and the seconds west of UTC (PostgreSQL source, `timetz_send`).
fn time_tz(out: &mut Text, module: &Module<'_>) {
    let name = module.helper_name(Helper::TimeTz);
    out.line(0, "/// A time of day with its distance from UTC.");
    head(out, module, "Debug, Clone, Copy, PartialEq, Eq, Hash");
    out.line(0, &format!("pub struct {name} {{"));
    out.line(1, "/// The time of day there.");
    out.line(1, &format!("pub time: {},", time_of_day(module.options.datetime)));
    out.line(1, "/// Seconds east of UTC.");
    out.line(1, "pub offset_s: i32,");
    out.line(0, "}");
    let is_it = ["*ty == tokio_postgres::types::Type::TIMETZ".to_owned()];
    module.print_from_sql(out, name, &is_it, |out| {
        out.line(2, "let (time, west) = raw.split_at_checked(8).ok_or(\"too short\")?;");
        out.line(2, "let type_of_time = tokio_postgres::types::Type::TIME;");
        out.line(2, "let time = tokio_postgres::types::FromSql::from_sql(&type_of_time, time)?;");
        out.line(2, "let offset_s = -i32::from_be_bytes(west.try_into()?);");
        out.line(2, "Ok(Self { time, offset_s })");
    });
    module.print_to_sql(out, name, &is_it, |out| {
        out.line(2, "let type_of_time = tokio_postgres::types::Type::TIME;");
        out.line(2, "tokio_postgres::types::ToSql::to_sql(&self.time, &type_of_time, out)?;");
        out.line(2, "out.extend_from_slice(&(-self.offset_s).to_be_bytes());");
    });
}

fn head(out: &mut Text, module: &Module<'_>, derives: &str) {
    out.line(0, ALLOWED);
    out.line(0, &module.derives(derives));
}
