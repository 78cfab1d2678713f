//! Models, views and enums as text.

use std::fmt::Write as _;

use super::keys::{KeyAttributes, constraint_item};
use super::layout::{Layout, Line, LineKind, Place};
use super::names::{sanitized, string};
use super::plan::{EnumPlan, FieldPlan, ModelPlan, Plan, ViewPlan};
use super::warnings::{Warning, Warnings};
use super::{defaults, notices};
use crate::dbschema::{ColumnArity, ColumnType};
use crate::psl::Span;
use crate::psl::ast::{BlockAttribute, FieldArity, Member};
use crate::psl::schema::{FieldKind, Model, RelationMode};

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

pub(super) fn model(
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    model: &ModelPlan<'_>,
    keys: &KeyAttributes,
    warnings: &mut Warnings,
) -> String {
    facts(model, warnings);
    let place = model.previous.and_then(|previous| layout.place(previous.span));
    let mut out = layout.above(place, model.previous.and_then(|previous| previous.documentation.as_deref()));
    if model.is_empty() {
        out.push_str("/// This table has no columns, or none that can be read.\n");
        let _ = writeln!(out, "// model {} {{", model.name);
        for attribute in table_attributes(plan, model) {
            let _ = writeln!(out, "//   {}", attribute.text);
        }
        out.push_str("// }");
        return out;
    }
    for notice in notices::of_model(model, keys) {
        let _ = writeln!(out, "/// {notice}");
    }
    let _ = writeln!(out, "model {} {{", model.name);
    let mut lines = Vec::new();
    for field in &model.fields {
        let key = keys.fields.get(&field.column.name).map(Vec::as_slice).unwrap_or_default();
        lines.push(field_line(plan, field, key, None));
        field_warnings(&model.name, "model", field, warnings);
    }
    lines.extend(model.relations.iter().map(|relation| Line {
        kind: LineKind::Relation,
        known: relation.is_known.then(|| (relation.name.clone(), 0)),
        documentation: relation.documentation.clone(),
        text: joined(&[relation.name.clone(), relation.ty.clone()], &relation.attributes),
    }));
    if let Some(known) = model.previous {
        let all = plan.settings.relation_mode == RelationMode::Prisma;
        copied_relations(plan, layout, known, all, &mut lines, warnings);
    }
    lines.extend(keys.block.iter().cloned());
    lines.extend(table_attributes(plan, model));
    out.push_str(&layout.body(place, &lines));
    out.push('}');
    out
}

fn table_attributes(plan: &Plan<'_>, model: &ModelPlan<'_>) -> Vec<Line> {
    let table = &model.table.name;
    let mut attributes = Vec::new();
    let was_mapped = model.previous.is_some_and(|previous| previous.mapped_name.is_some());
    attributes.extend((was_mapped || model.name != table.name).then(|| map(&table.name)));
    attributes.extend((model.ignored && !model.is_empty()).then(|| attribute("ignore", 0, "@@ignore".to_owned())));
    attributes.extend(namespace(plan, &table.namespace));
    attributes
}

/// An attribute of a block: how many of that name come before it in the schema of before, and its text.
pub(super) fn attribute(name: &str, number: usize, text: String) -> Line {
    Line { kind: LineKind::Attribute, known: Some((name.to_owned(), number)), documentation: None, text }
}

fn map(name: &str) -> Line {
    attribute("map", 0, format!("@@map({})", string(name)))
}

/// Relation fields that no foreign key stands for, word for word: all of them, or those that have to do with views.
fn copied_relations(
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    known: &Model,
    all: bool,
    lines: &mut Vec<Line>,
    warnings: &mut Warnings,
) {
    let Some(schema) = plan.previous else { return };
    let is_there = |model: &Model| plan.previous_models.contains(&model.span);
    let is_view = |model: &Model| plan.previous_views.contains(&model.span);
    for (_, field, relation) in known.relation_fields() {
        let target = schema.model(relation.target);
        if !(is_view(target) || (all || is_view(known)) && is_there(target)) {
            continue;
        }
        let Some(text) = layout.place(known.span).and_then(|place| field_text(place, &field.name)) else { continue };
        lines.push(Line {
            kind: LineKind::Relation,
            known: Some((field.name.clone(), 0)),
            documentation: field.documentation.clone(),
            text,
        });
        warnings.add(Warning::RelationsKept, string(&target.name));
    }
}

/// A field as it was written, without the comment behind it.
fn field_text(place: Place<'_>, name: &str) -> Option<String> {
    let field = place.block.members.iter().find_map(|member| match member {
        Member::Field(field) if field.name.text == name => Some(field),
        _ => None,
    })?;
    let end = field.trailing.as_ref().map_or(field.span.end, |comment| comment.span.start);
    Some(place.file.text(Span { end, ..field.span }).trim().to_owned())
}

pub(super) fn view(plan: &Plan<'_>, layout: &Layout<'_>, view: &ViewPlan<'_>, warnings: &mut Warnings) -> String {
    let place = view.previous.and_then(|previous| layout.place(previous.span));
    let mut out = layout.above(place, view.previous.and_then(|previous| previous.documentation.as_deref()));
    for notice in notices::of_view(view) {
        let _ = writeln!(out, "/// {notice}");
    }
    if view.view.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"view\", name: {}", string(&view.name)));
    }
    let _ = writeln!(out, "view {} {{", view.name);
    let mut lines = Vec::new();
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
        lines.push(field_line(plan, field, &keys, arity));
        field_warnings(&view.name, "view", field, warnings);
    }
    let name = &view.view.name;
    if let Some(known) = view.previous {
        copied_relations(plan, layout, known, true, &mut lines, warnings);
        lines.extend(place.map(copied_keys).unwrap_or_default());
        if known.mapped_name.is_some() {
            warnings.add(Warning::ViewMapKept, string(&view.name));
        }
    }
    let was_mapped = view.previous.is_some_and(|previous| previous.mapped_name.is_some());
    lines.extend((was_mapped || view.name != name.name).then(|| map(&name.name)));
    let ignored = view.previous.is_some_and(|known| known.ignored);
    lines.extend(ignored.then(|| attribute("ignore", 0, "@@ignore".to_owned())));
    lines.extend(namespace(plan, &name.namespace));
    out.push_str(&layout.body(place, &lines));
    out.push('}');
    out
}

/// `@@id` and `@@unique` of a view, word for word: the database knows nothing of them.
fn copied_keys(place: Place<'_>) -> Vec<Line> {
    let mut uniques = 0;
    let keys = place.block.members.iter().filter_map(|member| {
        let Member::Attribute(BlockAttribute { attribute: written, .. }) = member else { return None };
        let name = written.name.text.as_str();
        let number = match name {
            "id" => 0,
            "unique" => {
                uniques += 1;
                uniques - 1
            }
            _ => return None,
        };
        let arguments = written.arguments.as_ref().map_or("", |arguments| place.file.text(arguments.span));
        Some(attribute(name, number, format!("@@{name}{arguments}")))
    });
    keys.collect()
}

pub(super) fn enumeration(
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    item: &EnumPlan<'_>,
    warnings: &mut Warnings,
) -> String {
    let place = item.previous.and_then(|previous| layout.place(previous.span));
    let mut out = layout.above(place, item.previous.and_then(|previous| previous.documentation.as_deref()));
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
    let mut lines = Vec::new();
    for value in &item.values {
        if value.previous.is_none() && !value.label.is_empty() && sanitized(value.label).is_empty() {
            warnings.add(Warning::ValuesNamed, format!("Enum: {quoted}, value: {}", string(&value.name)));
        }
        let was_mapped = value.previous.is_some_and(|previous| previous.mapped_name.is_some());
        let map = (was_mapped || value.name != value.label).then(|| format!("@map({})", string(value.label)));
        lines.push(Line {
            kind: LineKind::Value,
            known: value.previous.map(|previous| (previous.name.clone(), 0)),
            documentation: value.previous.and_then(|previous| previous.documentation.clone()),
            text: joined(std::slice::from_ref(&value.name), map.as_slice()),
        });
        if was_mapped {
            warnings.add(Warning::ValueMapKept, format!("Enum: {quoted}, value: {}", string(&value.name)));
        }
    }
    let name = &item.item.name;
    let was_mapped = item.previous.is_some_and(|previous| previous.mapped_name.is_some());
    lines.extend((was_mapped || item.name != name.name).then(|| map(&name.name)));
    lines.extend(namespace(plan, &name.namespace));
    out.push_str(&layout.body(place, &lines));
    out.push('}');
    out
}

/// One scalar field. `arity` overrides that of the column.
fn field_line(plan: &Plan<'_>, field: &FieldPlan<'_>, keys: &[String], arity: Option<FieldArity>) -> Line {
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
    attributes
        .extend((was_mapped(field) || field.name != column.name).then(|| format!("@map({})", string(&column.name))));
    attributes.extend(field.previous.filter(|previous| previous.ignored).map(|_| "@ignore".to_owned()));
    attributes.extend(native);
    Line {
        kind: LineKind::Column,
        known: field.previous.map(|previous| (previous.name.clone(), 0)),
        documentation: field.previous.and_then(|previous| previous.documentation.clone()),
        text: joined(&[field.name.clone(), format!("{name}{arity}")], &attributes),
    }
}

/// Whether the field had a `@map`, be it needed or not.
fn was_mapped(field: &FieldPlan<'_>) -> bool {
    field.previous.is_some_and(|previous| match &previous.kind {
        FieldKind::Scalar(scalar) => scalar.mapped_name.is_some(),
        FieldKind::Relation(_) => false,
    })
}

fn field_warnings(model: &str, kind: &str, field: &FieldPlan<'_>, warnings: &mut Warnings) {
    let name = &field.name;
    let item = || format!("Model: {}, field: {}", string(model), string(name));
    if field.previous.is_none() && sanitized(&field.column.name).is_empty() {
        warnings.add(Warning::FieldsNamed, item());
    }
    if was_mapped(field) {
        warnings.add(Warning::FieldMapKept, item());
    }
    if let ColumnType::Unsupported(ty) = &field.column.ty {
        warnings.add(Warning::UnsupportedTypes, format!("{}, original data type: {}", item(), string(ty)));
    }
    if !field.column.details.is_empty() && kind == "model" {
        warnings.add(Warning::ColumnDetails, format!("{}, lost: {}", item(), field.column.details.join(", ")));
    }
    if field.column.generated && kind == "model" {
        warnings.add(Warning::GeneratedColumns, item());
    }
    if field.column.comment.is_some() {
        warnings.add(Warning::Comments, format!("Type: \"field\", name: {}", string(&format!("{model}.{name}"))));
    }
}

fn namespace(plan: &Plan<'_>, namespace: &str) -> Option<Line> {
    plan.settings.multi_schema.then(|| attribute("schema", 0, format!("@@schema({})", string(namespace))))
}

fn joined(words: &[String], attributes: &[String]) -> String {
    words.iter().chain(attributes).map(String::as_str).collect::<Vec<_>>().join(" ")
}
