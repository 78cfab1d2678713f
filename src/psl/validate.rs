//! From syntax trees to a valid schema: resolution, then the rules that need the whole picture.

use super::ast::Ast;
use super::diagnostics::Diagnostics;
use super::resolve::resolve;
use super::schema::PslSchema;

/// Finds out what the files of a schema mean, and whether everything in them is right.
///
/// Takes the trees of all files of one schema. A schema whose datasource has a `url` follows the rules of Prisma 6,
/// others those of Prisma 7. Returns the schema, or `None` if anything is wrong, and the findings in the order in which
/// Prisma reports them; warnings do not make a schema invalid. What [`parse`](crate::psl::parse()) found is not repeated.
pub fn validate(files: &[Ast]) -> (Option<PslSchema>, Diagnostics) {
    let (resolved, diagnostics) = resolve(files);
    if resolved.structure_has_errors || diagnostics.has_errors() {
        return (None, diagnostics);
    }
    (resolved.finish(), diagnostics)
}
