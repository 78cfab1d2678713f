//! Pieces that a relation lacks: the field on the other side, `@relation` with its arguments, the columns of the
//! foreign key.

use super::names::{camel_case, key_column};
use super::plural::plural;
use crate::psl::ast::{Ast, FieldArity};
use crate::psl::diagnostics::{FileId, Span};
use crate::psl::resolve::{Field, FieldRef, Model, Relation, Resolved, ScalarField, Type, identifies};
use crate::psl::schema::{FieldId, RelationKind};

/// Text to be put into a file.
pub(super) struct Piece {
    file: FileId,
    at: u32,
    text: String,
}

/// What has to be put into the files so that every relation is complete; nothing if they have errors that are not about
/// relations.
pub(super) fn missing(files: &[Ast], schema: &Resolved<'_>) -> Vec<Piece> {
    if schema.structure_has_errors {
        return Vec::new();
    }
    let mut pieces = Pieces { schema, files, list: Vec::new() };
    for relation in &schema.relations {
        match relation.kind {
            RelationKind::OneToOne | RelationKind::OneToMany => pieces.complete(relation),
            RelationKind::ManyToMany => {}
        }
    }
    pieces.list
}

/// The text of a file with its pieces put in.
pub(super) fn insert(file: &Ast, pieces: &[Piece]) -> Option<String> {
    let mut own: Vec<_> = pieces.iter().filter(|piece| piece.file == file.source.id).collect();
    if own.is_empty() {
        return None;
    }
    own.sort_by_key(|piece| piece.at);
    let source = &file.source.text;
    let mut text = String::with_capacity(source.len() + own.iter().map(|piece| piece.text.len()).sum::<usize>());
    let mut done = 0;
    for piece in own {
        let at = piece.at as usize;
        text.push_str(&source[done..at]);
        text.push_str(&piece.text);
        done = at;
    }
    text.push_str(&source[done..]);
    Some(text)
}

struct Pieces<'s, 'a> {
    schema: &'s Resolved<'a>,
    files: &'s [Ast],
    list: Vec<Piece>,
}

/// A column of the foreign key that the referencing model has or is to get.
struct Column<'s, 'a> {
    name: String,
    arity: FieldArity,
    /// The column it refers to, if this one has yet to be made.
    missing: Option<&'s ScalarField<'a>>,
}

impl Pieces<'_, '_> {
    fn complete(&mut self, relation: &Relation) {
        let schema = self.schema;
        let referencing = schema.model(relation.forward_model);
        let referenced = schema.model(relation.back_model);
        if relation.back.is_none() {
            let name = camel_case(referencing.name());
            let (name, arity) = match relation.kind {
                RelationKind::OneToOne => (name, "?"),
                RelationKind::OneToMany | RelationKind::ManyToMany => (plural(&name), "[]"),
            };
            let ignore = if referencing.ignored { " @ignore" } else { "" };
            self.push_field(referenced, &format!("{name} {}{arity}{ignore}", referencing.name()));
        }
        let columns = columns(schema, relation);
        let columns = columns.as_deref();
        if let Some(place) = relation.forward {
            self.push_arguments(place, columns, referenced);
        } else {
            let required = columns.into_iter().flatten().all(|column| column.arity == FieldArity::Required);
            let (name, target) = (camel_case(referenced.name()), referenced.name());
            let arity = if required { "" } else { "?" };
            let arguments = [fields_argument(columns), references_argument(referenced)].join(", ");
            self.push_field(referencing, &format!("{name} {target}{arity} @relation({arguments})"));
        }
        for column in columns.into_iter().flatten() {
            self.push_column(referencing, column);
        }
    }

    /// `@relation`, or what it lacks, on a field that holds the foreign key.
    fn push_arguments(&mut self, place: FieldRef, columns: Option<&[Column<'_, '_>]>, referenced: &Model<'_>) {
        let field = self.schema.field(place);
        let Some(side) = self.schema.relation_field(place) else { return };
        let missing: Vec<_> = [
            side.fields.is_none().then(|| fields_argument(columns)),
            side.references.is_none().then(|| references_argument(referenced)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if missing.is_empty() {
            return;
        }
        let missing = missing.join(", ");
        let (at, text) = match side.attribute.map(|attribute| (attribute, &attribute.arguments)) {
            None => {
                let Some(written) = field.ast.written_type else { return };
                (Span { start: written.end, ..written }, format!(" @relation({missing})"))
            }
            Some((attribute, None)) => {
                (Span { start: attribute.name.span.end, ..attribute.name.span }, format!("({missing})"))
            }
            Some((_, Some(arguments))) => {
                let separator = if arguments.list.is_empty() { "" } else { ", " };
                (Span { start: arguments.span.end - 1, ..arguments.span }, format!("{separator}{missing}"))
            }
        };
        self.list.push(Piece { file: at.file, at: at.start, text });
    }

    fn push_column(&mut self, model: &Model<'_>, column: &Column<'_, '_>) {
        let Some(Type::Scalar(ty)) = column.missing.map(|scalar| scalar.ty) else { return };
        let native = column.missing.and_then(|scalar| scalar.native_type).map_or("", |native| {
            let span = native.attribute.span;
            self.files.iter().find(|file| file.source.id == span.file).map_or("", |file| file.text(span))
        });
        let arity = match column.arity {
            FieldArity::Required => "",
            FieldArity::Optional => "?",
            FieldArity::List => "[]",
        };
        self.push_field(model, &format!("{} {}{arity} {native}", column.name, ty.name()));
    }

    /// A field at the end of a model, before its closing brace.
    fn push_field(&mut self, model: &Model<'_>, text: &str) {
        let span = model.block.span;
        self.list.push(Piece { file: span.file, at: span.end - 1, text: format!("{text}\n") });
    }
}

/// The columns of the foreign key if `fields` is not written: one for each field of the first key of the other model.
/// `None` if that has no key at all.
fn columns<'s, 'a>(schema: &'s Resolved<'a>, relation: &Relation) -> Option<Vec<Column<'s, 'a>>> {
    let forward = relation.forward.and_then(|place| Some((schema.field(place), schema.relation_field(place)?)));
    let referencing = schema.model(relation.forward_model);
    if let Some((_, side)) = forward
        && let Some(fields) = &side.fields
    {
        let existing = |id| {
            let field: &Field<'_> = referencing.field(id);
            Column { name: field.name().to_owned(), arity: field.arity, missing: None }
        };
        return Some(fields.iter().copied().map(existing).collect());
    }
    let referenced = schema.model(relation.back_model);
    let key = keys(referenced).next()?;
    let arity = forward.map_or(FieldArity::Optional, |(field, _)| field.arity);
    let column = |id| {
        let target: &'s Field<'a> = referenced.field(id);
        let name = key_column(referenced.name(), target.name());
        let existing = referencing.named(&name).map(|id| referencing.field(id));
        match existing.filter(|field| field.scalar().is_some()) {
            Some(field) => Column { name, arity: field.arity, missing: None },
            None => Column { name, arity, missing: target.scalar() },
        }
    };
    Some(key.into_iter().map(column).collect())
}

/// What identifies a row: the primary key, then unique indexes in order.
fn keys(model: &Model<'_>) -> impl Iterator<Item = Vec<FieldId>> {
    let primary = model.primary_key.iter().map(|key| &key.fields);
    let unique = model.indexes.iter().filter(|index| index.is_unique()).map(|index| &index.fields);
    primary.chain(unique).map(|fields| fields.iter().map(|column| column.field).collect())
}

fn fields_argument(columns: Option<&[Column<'_, '_>]>) -> String {
    let names: Vec<_> = columns.into_iter().flatten().map(|column| column.name.as_str()).collect();
    format!("fields: [{}]", names.join(", "))
}

fn references_argument(referenced: &Model<'_>) -> String {
    let key = keys(referenced).find(|key| key.iter().all(|field| identifies(referenced, *field)));
    let names: Vec<_> = key.iter().flatten().map(|field| referenced.field(*field).name()).collect();
    format!("references: [{}]", names.join(", "))
}
