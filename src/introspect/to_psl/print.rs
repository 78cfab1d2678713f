//! Blocks as text, sorted into files.

use std::fmt::Write as _;

use super::keys::{self, KeyAttributes, constraint_item};
use super::names::string;
use super::plan::{EnumPlan, FieldPlan, ModelPlan, Plan, ViewPlan};
use super::warnings::{Warning, Warnings};
use super::{Previous, PullOptions, Pulled, PulledFile, ViewDefinition, configuration, defaults, notices};
use crate::dbschema::{ColumnArity, ColumnType};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{FieldKind, RelationMode};
use crate::psl::{FileId, Span};

/// A block and where it belongs.
struct Printed {
    text: String,
    /// Of a block that was there before.
    place: Option<Span>,
}

/// Writes everything.
pub(super) fn print(plan: &Plan<'_>, previous: &Previous<'_>, options: &PullOptions) -> Pulled {
    let mut warnings = plan.warnings.clone();
    let mut partial = false;
    let mut models: Vec<Printed> = Vec::with_capacity(plan.models.len());
    for model in &plan.models {
        let keys = keys::attributes(plan, model, &mut |warning, item| warnings.add(warning, item));
        partial |= keys.has_predicate;
        facts(model, &mut warnings);
        let text = block_of_model(plan, previous, model, &keys, &mut warnings);
        models.push(Printed { text, place: model.previous.map(|previous| previous.span) });
    }
    let views = plan.views.iter().map(|view| Printed {
        text: block_of_view(plan, previous, view, &mut warnings),
        place: view.previous.map(|previous| previous.span),
    });
    let views: Vec<Printed> = views.collect();
    let enums: Vec<Printed> = plan
        .enums
        .iter()
        .map(|item| Printed {
            text: block_of_enum(plan, item, &mut warnings),
            place: item.previous.map(|previous| previous.span),
        })
        .collect();
    let files = files(previous, options, partial, [models, views, enums]);
    Pulled {
        models: plan.models.iter().filter(|model| !model.is_empty()).count(),
        views: plan
            .views
            .iter()
            .map(|view| ViewDefinition {
                namespace: view.view.name.namespace.clone(),
                name: view.name.clone(),
                sql: view.view.definition.clone(),
            })
            .collect(),
        files,
        warnings,
    }
}

/// Sorts blocks into files: what was there before stays where it was, in its order; what is new follows, in the only
/// file or in one of its own.
fn files(previous: &Previous<'_>, options: &PullOptions, partial: bool, kinds: [Vec<Printed>; 3]) -> Vec<PulledFile> {
    let single = match previous.files {
        [file] => Some(file.source.path.clone()),
        _ if options.force => Some(options.new_file.clone()),
        _ => None,
    };
    let mut files: Vec<(Option<FileId>, String, Vec<String>)> = match &single {
        Some(path) => vec![(None, path.clone(), configuration::all_blocks(previous, options, partial))],
        None => previous
            .files
            .iter()
            .map(|file| (Some(file.source.id), file.source.path.clone(), configuration::blocks(file, options, partial)))
            .collect(),
    };
    for mut kind in kinds {
        // New blocks stay in the order they came in.
        kind.sort_by_key(|block| block.place.map_or((u32::MAX, u32::MAX), |span| (span.file.0, span.start)));
        for block in kind {
            let home = block.place.map(|span| span.file);
            let position = files.iter().position(|(id, path, _)| match (single.is_some(), home) {
                (true, _) => true,
                (false, Some(home)) => *id == Some(home),
                (false, None) => *path == options.new_file,
            });
            match position.and_then(|position| files.get_mut(position)) {
                Some((_, _, blocks)) => blocks.push(block.text),
                None => files.push((None, options.new_file.clone(), vec![block.text])),
            }
        }
    }
    files.into_iter().map(|(_, path, blocks)| PulledFile { path, text: blocks.join("\n\n") + "\n" }).collect()
}

/// Warnings about a table as a whole.
fn facts(model: &ModelPlan<'_>, warnings: &mut Warnings) {
    let name = || string(&model.name);
    let facts = &model.table.facts;
    let flags = [
        (Warning::ModelsWithoutColumns, model.is_empty()),
        (
            Warning::ModelsIgnored,
            !model.is_empty() && !model.has_identifier && !model.previous.is_some_and(|previous| previous.ignored),
        ),
        (Warning::ModelMapKept, model.previous.is_some_and(|previous| previous.mapped_name.is_some())),
        (Warning::Partitioned, facts.partitioned),
        (Warning::Inherited, facts.has_children),
        (Warning::RowLevelSecurity, facts.row_level_security),
    ];
    for (warning, _) in flags.into_iter().filter(|(_, applies)| *applies) {
        warnings.add(warning, name());
    }
    for (warning, constraints) in [
        (Warning::Checks, &facts.checks),
        (Warning::Exclusions, &facts.exclusions),
        (Warning::ExpressionIndexes, &facts.expression_indexes),
    ] {
        for constraint in constraints {
            warnings.add(warning, constraint_item(model, constraint));
        }
    }
    if facts.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"model\", name: {}", name()));
    }
}

fn block_of_model(
    plan: &Plan<'_>,
    previous: &Previous<'_>,
    model: &ModelPlan<'_>,
    keys: &KeyAttributes,
    warnings: &mut Warnings,
) -> String {
    let mut out = String::new();
    documentation(&mut out, "", model.previous.and_then(|previous| previous.documentation.as_deref()));
    if model.is_empty() {
        out.push_str("/// This table has no columns, or none that can be read.\n");
        let _ = writeln!(out, "// model {} {{", model.name);
        for attribute in table_attributes(plan, model) {
            let _ = writeln!(out, "//   {attribute}");
        }
        out.push_str("// }");
        return out;
    }
    for notice in notices::of_model(model, keys) {
        let _ = writeln!(out, "/// {notice}");
    }
    let _ = writeln!(out, "model {} {{", model.name);
    let mut commented = Vec::new();
    for field in &model.fields {
        let key = keys.fields.get(&field.column.name).map(Vec::as_slice).unwrap_or_default();
        field_line(plan, &mut out, field, key, None);
        if field.name.is_empty() {
            commented.push(string(&field.column.name));
        }
        field_warnings(&model.name, "model", field, warnings);
    }
    if !commented.is_empty() {
        warnings.add(
            Warning::FieldsCommentedOut,
            format!("Model: {}, field(s): [{}]", string(&model.name), commented.join(", ")),
        );
    }
    for relation in &model.relations {
        documentation(&mut out, "  ", relation.documentation.as_deref());
        let _ = writeln!(out, "  {}", joined(&[relation.name.clone(), relation.ty.clone()], &relation.attributes));
    }
    if let Some(known) = model.previous {
        let all = plan.settings.relation_mode == RelationMode::Prisma;
        copied_relations(plan, previous, known, all, &mut out, warnings);
    }
    let mut attributes = keys.block.clone();
    attributes.extend(table_attributes(plan, model));
    end_block(&mut out, &attributes);
    out
}

fn table_attributes(plan: &Plan<'_>, model: &ModelPlan<'_>) -> Vec<String> {
    let table = &model.table.name;
    let mut attributes = Vec::new();
    attributes.extend((model.name != table.name).then(|| format!("@@map({})", string(&table.name))));
    attributes.extend((model.ignored && !model.is_empty()).then(|| "@@ignore".to_owned()));
    attributes.extend(namespace(plan, &table.namespace));
    attributes
}

/// Relation fields that no foreign key stands for, word for word: all of them, or those that have to do with views.
fn copied_relations(
    plan: &Plan<'_>,
    previous: &Previous<'_>,
    known: &crate::psl::schema::Model,
    all: bool,
    out: &mut String,
    warnings: &mut Warnings,
) {
    let Some(schema) = plan.previous else { return };
    let is_there = |model: &crate::psl::schema::Model| {
        plan.models.iter().filter_map(|plan| plan.previous).any(|there| std::ptr::eq(there, model))
    };
    let is_view = |model: &crate::psl::schema::Model| {
        plan.views.iter().filter_map(|plan| plan.previous).any(|there| std::ptr::eq(there, model))
    };
    for (_, field, relation) in known.relation_fields() {
        let target = schema.model(relation.target);
        if !(is_view(target) || (all || is_view(known)) && is_there(target)) {
            continue;
        }
        let Some(file) = previous.files.iter().find(|file| file.source.id == field.span.file) else { continue };
        documentation(out, "  ", field.documentation.as_deref());
        let _ = writeln!(out, "  {}", file.text(field.span).trim());
        warnings.add(Warning::RelationsKept, string(&target.name));
    }
}

fn block_of_view(plan: &Plan<'_>, previous: &Previous<'_>, view: &ViewPlan<'_>, warnings: &mut Warnings) -> String {
    let mut out = String::new();
    documentation(&mut out, "", view.previous.and_then(|previous| previous.documentation.as_deref()));
    for notice in notices::of_view(view) {
        let _ = writeln!(out, "/// {notice}");
    }
    if view.view.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"view\", name: {}", string(&view.name)));
    }
    let _ = writeln!(out, "view {} {{", view.name);
    for field in &view.fields {
        let known = view.previous.zip(field.previous);
        let mut keys = Vec::new();
        if let Some((model, known)) = known {
            let is_it = |id| std::ptr::eq(model.field(id), known);
            let id = model.primary_key.as_ref().filter(|key| key.on_field);
            keys.extend(id.filter(|key| key.fields.iter().any(|id| is_it(*id))).map(|_| "@id".to_owned()));
            let mut unique = model.indexes.iter().filter(|index| index.on_field);
            keys.extend(
                unique.find(|index| index.fields.iter().any(|part| is_it(part.field))).map(|_| "@unique".to_owned()),
            );
        }
        let arity = field.previous.map(|known| known.arity).filter(|_| field.is_nullable());
        field_line(plan, &mut out, field, &keys, arity);
        field_warnings(&view.name, "view", field, warnings);
    }
    let mut attributes = Vec::new();
    if let Some(known) = view.previous {
        copied_relations(plan, previous, known, true, &mut out, warnings);
        attributes.extend(copied_keys(previous, known));
        if known.mapped_name.is_some() {
            warnings.add(Warning::ViewMapKept, string(&view.name));
        }
    }
    let name = &view.view.name;
    attributes.extend((view.name != name.name).then(|| format!("@@map({})", string(&name.name))));
    attributes.extend(view.previous.filter(|known| known.ignored).map(|_| "@@ignore".to_owned()));
    attributes.extend(namespace(plan, &name.namespace));
    end_block(&mut out, &attributes);
    out
}

/// `@@id` and `@@unique` of a view, word for word: the database knows nothing of them.
fn copied_keys(previous: &Previous<'_>, known: &crate::psl::schema::Model) -> Vec<String> {
    let Some(file) = previous.files.iter().find(|file| file.source.id == known.span.file) else { return Vec::new() };
    let block = file.blocks().find(|block| block.span == known.span);
    let members = block.map(|block| block.members.as_slice()).unwrap_or_default();
    members
        .iter()
        .filter_map(|member| match member {
            crate::psl::ast::Member::Attribute(attribute) => Some(&attribute.attribute),
            _ => None,
        })
        .filter(|attribute| matches!(attribute.name.text.as_str(), "id" | "unique"))
        .map(|attribute| {
            let arguments = attribute.arguments.as_ref().map_or("", |arguments| file.text(arguments.span));
            format!("@@{}{arguments}", attribute.name.text)
        })
        .collect()
}

fn block_of_enum(plan: &Plan<'_>, item: &EnumPlan<'_>, warnings: &mut Warnings) -> String {
    let mut out = String::new();
    documentation(&mut out, "", item.previous.and_then(|previous| previous.documentation.as_deref()));
    for notice in notices::of_enum(item) {
        let _ = writeln!(out, "/// {notice}");
    }
    let quoted = string(&item.name);
    if item.item.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"enum\", name: {quoted}"));
    }
    if item.previous.is_some_and(|previous| previous.mapped_name.is_some()) {
        warnings.add(Warning::EnumMapKept, quoted.clone());
    }
    let _ = writeln!(out, "enum {} {{", item.name);
    for value in &item.values {
        let label = string(value.label);
        if value.name.is_empty() {
            let text = value.label.replace(['\n', '\r'], " ");
            let _ = writeln!(out, "  // {text} @map({label})");
            warnings.add(Warning::ValuesCommentedOut, format!("Enum: {quoted}, value: {label}"));
            continue;
        }
        documentation(&mut out, "  ", value.previous.and_then(|previous| previous.documentation.as_deref()));
        let map = (value.name != value.label).then(|| format!("@map({label})"));
        let _ = writeln!(out, "  {}", joined(std::slice::from_ref(&value.name), map.as_slice()));
        if value.previous.is_some_and(|previous| previous.mapped_name.is_some()) {
            warnings.add(Warning::ValueMapKept, format!("Enum: {quoted}, value: {}", string(&value.name)));
        }
    }
    let mut attributes = Vec::new();
    let name = &item.item.name;
    attributes.extend((item.name != name.name).then(|| format!("@@map({})", string(&name.name))));
    attributes.extend(namespace(plan, &name.namespace));
    end_block(&mut out, &attributes);
    out
}

/// One scalar field. `arity` overrides that of the column.
fn field_line(plan: &Plan<'_>, out: &mut String, field: &FieldPlan<'_>, keys: &[String], arity: Option<FieldArity>) {
    let column = field.column;
    let (name, native) = match &column.ty {
        ColumnType::Native(ty) => (ty.info().scalar.name().to_owned(), defaults::native_type(plan, *ty)),
        ColumnType::Enum(name) => match plan.by_enum.get(name).and_then(|at| plan.enums.get(*at)) {
            Some(item) => (item.name.clone(), None),
            None => (format!("Unsupported({})", string(&name.name)), None),
        },
        ColumnType::Unsupported(name) => (format!("Unsupported({})", string(name)), None),
    };
    let arity = match (arity, column.arity) {
        (Some(FieldArity::Required), _) | (None, ColumnArity::Required) => "",
        (Some(FieldArity::Optional), _) | (None, ColumnArity::Nullable) => "?",
        (Some(FieldArity::List), _) | (None, ColumnArity::List) => "[]",
    };
    let mut attributes = keys.to_vec();
    attributes.extend(defaults::default(plan, field).map(|default| format!("@default({default})")));
    attributes.extend(defaults::is_updated_at(field).then(|| "@updatedAt".to_owned()));
    attributes.extend((field.name != column.name).then(|| format!("@map({})", string(&column.name))));
    attributes.extend(field.previous.filter(|previous| previous.ignored).map(|_| "@ignore".to_owned()));
    attributes.extend(native);
    if field.name.is_empty() {
        let name_text = column.name.replace(['\n', '\r'], " ");
        out.push_str("  // The name of this column has no letter: give it one in front of `@map`.\n");
        let _ = writeln!(out, "  // {}", joined(&[name_text, format!("{name}{arity}")], &attributes));
        return;
    }
    documentation(out, "  ", field.previous.and_then(|previous| previous.documentation.as_deref()));
    let _ = writeln!(out, "  {}", joined(&[field.name.clone(), format!("{name}{arity}")], &attributes));
}

fn field_warnings(model: &str, kind: &str, field: &FieldPlan<'_>, warnings: &mut Warnings) {
    let name = if field.name.is_empty() { &field.column.name } else { &field.name };
    let item = || format!("Model: {}, field: {}", string(model), string(name));
    let was_mapped = field.previous.is_some_and(|previous| match &previous.kind {
        FieldKind::Scalar(scalar) => scalar.mapped_name.is_some(),
        FieldKind::Relation(_) => false,
    });
    if was_mapped {
        warnings.add(Warning::FieldMapKept, item());
    }
    if let ColumnType::Unsupported(ty) = &field.column.ty {
        warnings.add(Warning::UnsupportedTypes, format!("{}, original data type: {}", item(), string(ty)));
    }
    if field.column.generated && kind == "model" {
        warnings.add(Warning::GeneratedColumns, item());
    }
    if field.column.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"field\", name: {}", string(&format!("{model}.{name}"))));
    }
}

fn namespace(plan: &Plan<'_>, namespace: &str) -> Option<String> {
    plan.settings.multi_schema.then(|| format!("@@schema({})", string(namespace)))
}

fn documentation(out: &mut String, indent: &str, text: Option<&str>) {
    for line in text.into_iter().flat_map(str::lines) {
        let _ = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
    }
}

fn joined(words: &[String], attributes: &[String]) -> String {
    words.iter().chain(attributes).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn end_block(out: &mut String, attributes: &[String]) {
    if !attributes.is_empty() {
        out.push('\n');
    }
    for attribute in attributes {
        let _ = writeln!(out, "  {attribute}");
    }
    out.push('}');
}
