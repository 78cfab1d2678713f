//! A database model as short text, one line per object.

use std::fmt::Write as _;

use evt::dbschema::types::NativeType;
use evt::dbschema::{
    Column, ColumnArity, ColumnType, DbSchema, DefaultValue, ForeignKey, ForeignKeyAction, Identity, Index,
    IndexMethod, SortOrder, Table, Value,
};

/// Everything in the model but what each database has: the namespace `public` and the extension `plpgsql`.
pub(crate) fn dump(schema: &DbSchema) -> String {
    let mut out = String::new();
    if schema.namespaces != ["public"] {
        line(&mut out, &format!("namespaces {}", schema.namespaces.join(", ")));
    }
    for extension in schema.extensions.iter().filter(|extension| extension.name != "plpgsql") {
        let namespace = extension.namespace.as_deref().unwrap_or("-");
        let moves = if extension.relocatable { " relocatable" } else { "" };
        // Versions differ between servers.
        assert!(extension.version.is_some(), "an installed extension has a version");
        line(&mut out, &format!("extension {} in {namespace}{moves}", extension.name));
    }
    for item in &schema.enums {
        let mut text = format!("enum {}: {}", item.name, quoted(&item.values));
        note(&mut text, "extension", item.owned_by_extension.as_deref());
        note(&mut text, "comment", item.comment.as_deref());
        line(&mut out, &text);
    }
    for sequence in &schema.sequences {
        let owner = sequence.owner.as_ref().map(|(table, column)| format!("{table}.{column}"));
        let mut text = format!("sequence {}", sequence.name);
        note(&mut text, "of", owner.as_deref());
        line(&mut out, &text);
    }
    for table in &schema.tables {
        dump_table(&mut out, table);
    }
    for view in &schema.views {
        let mut text = format!("view {}", view.name);
        note(&mut text, "extension", view.owned_by_extension.as_deref());
        note(&mut text, "comment", view.comment.as_deref());
        line(&mut out, &text);
        if view.owned_by_extension.is_none() {
            view.columns.iter().for_each(|column| line(&mut out, &dump_column(column)));
            view.definition.lines().for_each(|text| line(&mut out, &format!("  | {text}")));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn dump_table(out: &mut String, table: &Table) {
    let facts = &table.facts;
    let mut text = format!("table {}", table.name);
    for (flag, word) in [
        (facts.partitioned, " [partitioned]"),
        (facts.has_children, " [has children]"),
        (facts.row_level_security, " [row-level security]"),
    ] {
        text.push_str(if flag { word } else { "" });
    }
    note(&mut text, "extension", facts.owned_by_extension.as_deref());
    note(&mut text, "comment", facts.comment.as_deref());
    line(out, &text);
    table.columns.iter().for_each(|column| line(out, &dump_column(column)));
    if let Some(key) = &table.primary_key {
        let deferrable = if key.deferrable { " [deferrable]" } else { "" };
        line(out, &format!("  primary key {} ({}){deferrable}", key.name, key.columns.join(", ")));
    }
    table.indexes.iter().for_each(|index| line(out, &dump_index(index)));
    table.foreign_keys.iter().for_each(|key| line(out, &dump_foreign_key(key)));
    for (word, names) in
        [("check", &facts.checks), ("exclusion", &facts.exclusions), ("expression index", &facts.expression_indexes)]
    {
        for name in names {
            line(out, &format!("  {word} {name}"));
        }
    }
}

fn dump_column(column: &Column) -> String {
    let ty = match &column.ty {
        ColumnType::Native(ty) => native(*ty),
        ColumnType::Enum(name) => name.to_string(),
        ColumnType::Unsupported(name) => format!("Unsupported({name:?})"),
    };
    let arity = match column.arity {
        ColumnArity::Required => "",
        ColumnArity::Nullable => "?",
        ColumnArity::List => "[]",
    };
    let mut text = format!("  {} {ty}{arity}", column.name);
    if let Some(default) = &column.default {
        let _ = write!(text, " = {}", dump_default(default));
    }
    for (flag, word) in [
        (column.autoincrement, " [autoincrement]"),
        (column.identity == Some(Identity::Always), " [identity always]"),
        (column.identity == Some(Identity::ByDefault), " [identity by default]"),
        (column.generated, " [generated]"),
        (column.client_default, " [client default]"),
    ] {
        text.push_str(if flag { word } else { "" });
    }
    note(&mut text, "comment", column.comment.as_deref());
    text
}

fn native(ty: NativeType) -> String {
    let arguments: Vec<String> = ty.arguments().iter().map(u32::to_string).collect();
    let name = ty.info().name;
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}

fn dump_default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Value(value) => dump_value(value),
        DefaultValue::Now => "now()".to_owned(),
        DefaultValue::Sequence(name) => {
            format!("nextval({})", name.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        DefaultValue::DbGenerated(expression) => format!("dbgenerated({})", expression.as_deref().unwrap_or_default()),
    }
}

fn dump_value(value: &Value) -> String {
    match value {
        Value::Int(number) => format!("int {number}"),
        Value::BigInt(number) => format!("bigint {number}"),
        Value::Decimal(digits) => format!("number {digits}"),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) => format!("text {text:?}"),
        Value::Enum(label) => format!("label {label:?}"),
        Value::Json(text) => format!("json {text}"),
        Value::Bytes(bytes) => format!("bytes {bytes:02x?}"),
        Value::DateTime(text) => format!("time {text}"),
        Value::List(values) => format!("[{}]", values.iter().map(dump_value).collect::<Vec<_>>().join(", ")),
    }
}

fn dump_index(index: &Index) -> String {
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let mut text = column.name.clone();
            if let Some(class) = &column.operator_class {
                let _ = write!(text, " {}{}", class.name, if class.is_default { "" } else { "!" });
            }
            match column.order {
                None => {}
                Some(SortOrder::Asc) => text.push_str(" asc"),
                Some(SortOrder::Desc) => text.push_str(" desc"),
            }
            text.push_str(if column.unusual_nulls { " unusual nulls" } else { "" });
            text
        })
        .collect();
    let kind = match (index.facts.constraint, index.unique) {
        (true, _) => "unique constraint",
        (false, true) => "unique index",
        (false, false) => "index",
    };
    let method = match &index.method {
        IndexMethod::BTree => "btree",
        IndexMethod::Hash => "hash",
        IndexMethod::Gist => "gist",
        IndexMethod::Gin => "gin",
        IndexMethod::SpGist => "spgist",
        IndexMethod::Brin => "brin",
        IndexMethod::Other(name) => &format!("other {name}"),
    };
    let mut text = format!("  {kind} {} {method} ({})", index.name, columns.join(", "));
    if !index.facts.include.is_empty() {
        let _ = write!(text, " include ({})", index.facts.include.join(", "));
    }
    note(&mut text, "where", index.predicate.as_deref());
    for (flag, word) in [
        (index.facts.deferrable, " [deferrable]"),
        (index.facts.nulls_not_distinct, " [nulls not distinct]"),
        (index.facts.invalid, " [invalid]"),
    ] {
        text.push_str(if flag { word } else { "" });
    }
    text
}

fn dump_foreign_key(key: &ForeignKey) -> String {
    let action = |action| match action {
        ForeignKeyAction::NoAction => "no action",
        ForeignKeyAction::Restrict => "restrict",
        ForeignKeyAction::Cascade => "cascade",
        ForeignKeyAction::SetNull => "set null",
        ForeignKeyAction::SetDefault => "set default",
    };
    let mut text = format!(
        "  foreign key {} ({}) -> {} ({}) delete {} update {}",
        key.name,
        key.columns.join(", "),
        key.referenced_table,
        key.referenced_columns.join(", "),
        action(key.on_delete),
        action(key.on_update),
    );
    for (flag, word) in [
        (key.facts.deferrable, " [deferrable]"),
        (key.facts.not_valid, " [not valid]"),
        (key.facts.match_full, " [match full]"),
    ] {
        text.push_str(if flag { word } else { "" });
    }
    text
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}

fn note(out: &mut String, word: &str, text: Option<&str>) {
    if let Some(text) = text {
        let _ = write!(out, " {word} {text:?}");
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
