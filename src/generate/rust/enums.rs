//! An enum of the schema as an enum of Rust.

use super::names::{self, Renaming};
use super::print::{Text, fits};
use super::{ALLOWED, Module};
use crate::psl::schema::{Enum, EnumValue};

/// Prints an enum.
pub(super) fn print(out: &mut Text, enumeration: &Enum, name: &str, module: &Module<'_>) {
    let values = &enumeration.values;
    let variants = names::types(values.iter().map(|value| value.name.as_str()));
    let pairs: Vec<(&str, &str)> =
        values.iter().zip(&variants).map(|(value, variant)| (value.name.as_str(), variant.as_str())).collect();
    let renaming = if module.options.serde { Renaming::of_values(&pairs) } else { Renaming::None };
    let documentation = enumeration.documentation.clone();
    let documentation = documentation.unwrap_or_else(|| format!("The enum `{}`.", enumeration.database_name()));
    out.documentation(0, Some(&documentation));
    out.line(0, ALLOWED);
    out.line(0, &module.derives("Debug, Clone, Copy, PartialEq, Eq, Hash"));
    if let Renaming::All(rule, _) = renaming {
        out.line(0, &format!("#[serde(rename_all = {rule:?})]"));
    }
    out.line(0, &format!("pub enum {name} {{"));
    for (value, variant) in values.iter().zip(&variants) {
        out.documentation(1, value.documentation.as_deref());
        if module.options.serde && renaming.apply(variant) != value.name {
            out.line(1, &format!("#[serde(rename = {:?})]", value.name));
        }
        out.line(1, &format!("{variant},"));
    }
    out.line(0, "}");
    print_labels(out, name, values, &variants, module);
    print_conversions(out, enumeration, name, module);
}

/// The values and their labels.
fn print_labels(out: &mut Text, name: &str, values: &[EnumValue], variants: &[String], module: &Module<'_>) {
    out.line(0, "");
    out.line(0, ALLOWED);
    out.line(0, &format!("impl {name} {{"));
    out.line(1, "/// All values in the order of the database.");
    let all: Vec<String> = variants.iter().map(|variant| format!("Self::{variant}")).collect();
    out.array(1, &format!("pub const ALL: [Self; {}] = ", all.len()), &all, ";");
    out.line(0, "");
    out.line(1, "/// The label in the database.");
    out.line(1, "pub const fn as_str(self) -> &'static str {");
    out.line(2, "match self {");
    for (value, variant) in values.iter().zip(variants) {
        let (pattern, label) = (format!("Self::{variant} =>"), format!("{:?}", value.database_name()));
        if fits(3, &[&pattern, " ", &label, ","]) {
            out.line(3, &format!("{pattern} {label},"));
        } else {
            out.line(3, &format!("{pattern} {{"));
            out.line(4, &label);
            out.line(3, "}");
        }
    }
    out.line(2, "}");
    out.line(1, "}");
    out.line(0, "");
    let option = module.prelude("Option");
    out.line(1, "/// The value with this label in the database.");
    out.line(1, &format!("pub fn from_label(label: &str) -> {option}<Self> {{"));
    out.line(2, "Self::ALL.into_iter().find(|value| value.as_str() == label)");
    out.line(1, "}");
    out.line(0, "}");
}

/// From and to the wire: a label is sent as text (PostgreSQL source, `enum_send`).
fn print_conversions(out: &mut Text, enumeration: &Enum, name: &str, module: &Module<'_>) {
    let mut is_it = vec![format!("ty.name() == {:?}", enumeration.database_name())];
    is_it.extend(enumeration.namespace.as_ref().map(|namespace| format!("ty.schema() == {namespace:?}")));
    module.print_from_sql(out, name, &is_it, |out| {
        out.line(2, "let label = std::str::from_utf8(raw)?;");
        out.line(2, "Self::from_label(label).ok_or_else(|| format!(\"no value is called {label:?}\").into())");
    });
    module.print_to_sql(out, name, &is_it, |out| {
        out.line(2, "out.extend_from_slice(self.as_str().as_bytes());");
    });
}
