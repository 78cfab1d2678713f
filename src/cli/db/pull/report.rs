//! What a pull says about what it did.

use serde_json::{Value, json};

use super::PullArgs;
use super::files::{Change, Changes, FileChange};
use crate::cli::session::Session;
use crate::introspect::to_psl::{Pulled, Warnings};
use crate::output::{Output, list, plural};

pub(super) fn report(args: &PullArgs, session: &Session, pulled: &Pulled, changes: &Changes, out: &mut Output) {
    if args.json {
        out.json(&as_json(args, pulled, changes));
        return super::check(pulled, out);
    }
    if args.print {
        print(changes, out);
        out.commented(&pulled.warnings.to_string());
        return super::check(pulled, out);
    }
    out.line("");
    out.good(success(pulled, &session.shown_schema(), changes));
    let worth_a_list = changes.schema.len() > 1 || !changes.views.is_empty();
    let touched: Vec<&FileChange> = changes.all().filter(|file| file.change != Change::Unchanged).collect();
    if worth_a_list && !touched.is_empty() {
        out.line("");
        for file in touched {
            out.line(format!("  {:9}{}", file.change.word(), file.path));
        }
    }
    if !pulled.warnings.is_empty() {
        out.line("");
        warnings(&pulled.warnings, out);
    }
    super::check(pulled, out);
    if !session.project.schema.generators.is_empty() && !changes.replacements().is_empty() {
        out.hint("`evt generate` brings generated code up to date");
    }
}

/// The texts, with their names if there are several.
fn print(changes: &Changes, out: &mut Output) {
    let texts: Vec<(&FileChange, &String)> =
        changes.schema.iter().filter_map(|file| Some((file, file.text.as_ref()?))).collect();
    for (file, text) in &texts {
        if texts.len() > 1 {
            out.raw(&format!("// {}\n", file.path));
        }
        out.raw(&format!("{text}\n"));
    }
}

fn success(pulled: &Pulled, schema: &str, changes: &Changes) -> String {
    let counts = [(pulled.models, "model"), (pulled.enums, "enum"), (pulled.views.len(), "view")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, noun)| *count > 0 || *noun == "model")
        .map(|(count, noun)| plural(count, noun))
        .collect();
    let counts = list(&counts);
    if changes.replacements().is_empty() {
        return format!("Introspected {counts}; {schema} is up to date already");
    }
    let them = if counts.starts_with("1 ") && !counts.contains(" and ") { "it" } else { "them" };
    format!("Introspected {counts} and wrote {them} into {schema}")
}

fn warnings(warnings: &Warnings, out: &mut Output) {
    for line in warnings.to_string().lines() {
        let is_item = line.starts_with("  ") || line.is_empty();
        if is_item { out.line(line) } else { out.caution(line) }
    }
    out.line("");
}

/// `version` changes when a field changes its meaning or goes. `text` is there with `--print` only; `change` is
/// `created`, `changed`, `unchanged` or `removed`, done unless `written` is false.
fn as_json(args: &PullArgs, pulled: &Pulled, changes: &Changes) -> Value {
    let file = |file: &FileChange| {
        let mut value = json!({ "path": file.path, "change": file.change.word() });
        if args.print {
            value["text"] = json!(file.text);
        }
        value
    };
    let warnings: Vec<Value> = pulled
        .warnings
        .iter()
        .map(|(warning, items)| json!({ "category": warning.name(), "heading": warning.heading(), "items": items }))
        .collect();
    json!({
        "version": 1,
        "written": !args.print,
        "models": pulled.models,
        "enums": pulled.enums,
        "views": pulled.views.len(),
        "files": changes.schema.iter().map(file).collect::<Vec<_>>(),
        "viewFiles": changes.views.iter().map(file).collect::<Vec<_>>(),
        "warnings": warnings,
    })
}
