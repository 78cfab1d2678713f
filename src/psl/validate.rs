//! The rules that need the whole picture, in the order in which Prisma applies them.

mod access_methods;
mod composites;
mod constraint_names;
mod datasource;
mod enums;
mod fields;
mod graph;
mod indexes;
mod keys;
mod literals;
mod many_to_many;
mod models;
mod native_types;
mod one_to_many;
mod one_to_one;
mod relation_cycles;
mod relation_fields;
mod relations;
mod views;

use super::ast::Ast;
use super::diagnostics::Diagnostics;
use super::resolve::{Model, Resolved, resolve};
use super::schema::{ModelId, ModelKind, PslSchema, RelationKind};
use constraint_names::ConstraintNames;
use relation_cycles::RelationCycles;

/// Finds out what the files of a schema mean, and whether everything in them is right.
///
/// Takes the trees of all files of one schema. A schema whose datasource has a `url` follows the rules of Prisma 6,
/// others those of Prisma 7. Returns the schema, or `None` if anything is wrong, and the findings in the order in which
/// Prisma reports them; warnings do not make a schema invalid. What [`parse`](crate::psl::parse()) found is not repeated.
///
/// ```
/// use evt::psl::{self, FileId, Source};
///
/// let text = "
/// datasource db {
///   provider = \"postgresql\"
/// }
/// model User {
///   id   Int    @id @default(autoincrement())
///   mail String @unique
/// }
/// ";
/// let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
/// let (tree, _) = psl::parse(source);
/// let (schema, diagnostics) = psl::validate(&[tree]);
/// assert!(!diagnostics.has_errors());
/// let schema = schema.expect("a valid schema");
/// assert_eq!(schema.models[0].name, "User");
/// assert_eq!(schema.models[0].fields.len(), 2);
/// ```
pub fn validate(files: &[Ast]) -> (Option<PslSchema>, Diagnostics) {
    let (resolved, mut diagnostics) = resolve(files);
    if resolved.structure_has_errors || diagnostics.has_errors() {
        return (None, diagnostics);
    }
    check(&resolved, &mut diagnostics);
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    (resolved.finish(), diagnostics)
}

/// What every rule may look at.
struct Context<'r, 'a> {
    resolved: &'r Resolved<'a>,
    names: ConstraintNames<'a>,
    /// Wanted only where the client enforces relations.
    cycles: Option<RelationCycles>,
}

/// Rules that a relation field broke so badly that the remaining ones would only confuse.
struct Ambiguous;

fn check(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let context =
        Context { resolved, names: ConstraintNames::collect(resolved), cycles: RelationCycles::find(resolved) };
    composites::check(resolved, diagnostics);
    fields::unknown_functions(resolved, diagnostics);
    datasource::check(resolved, diagnostics);
    models::database_names(resolved, diagnostics);
    let models = (0u32..).map(ModelId).zip(&resolved.models);
    let (views, models): (Vec<_>, Vec<_>) = models.partition(|(_, model)| model.kind == ModelKind::View);
    for (id, model) in models.into_iter().chain(views) {
        if check_model(&context, id, model, diagnostics).is_err() {
            return;
        }
    }
    enums::check(resolved, diagnostics);
    for relation in &resolved.relations {
        match relation.kind {
            RelationKind::ManyToMany => many_to_many::check(resolved, relation, diagnostics),
            RelationKind::OneToOne | RelationKind::OneToMany => relations::check(&context, relation, diagnostics),
        }
    }
}

fn check_model(
    context: &Context<'_, '_>,
    id: ModelId,
    model: &Model<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Ambiguous> {
    models::check(context, id, model, diagnostics);
    for (_, field, scalar) in model.scalar_fields() {
        fields::check(context, id, model, field, scalar, diagnostics);
    }
    let counts = relation_fields::count(context.resolved, id);
    for (field_id, field, relation) in model.relation_fields() {
        let place = (id, field_id);
        relation_fields::ambiguity(context.resolved, place, field, relation, &counts, diagnostics)?;
        relation_fields::check(context.resolved, place, field, relation, diagnostics);
        fields::client_name(context, id, model, field.name(), diagnostics);
    }
    for index in &model.indexes {
        indexes::check(context, id, model, index, diagnostics);
    }
    Ok(())
}
