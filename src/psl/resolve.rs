//! Names, types, attributes, relations and configuration: from syntax trees to what they mean.
//!
//! [`resolve`] runs these phases in order and never stops between them, so that every mistake is reported at once.
//! Its result is complete if they found no errors; [`finish`](Resolved::finish) then makes a [`PslSchema`] of it.
//!
//! [`PslSchema`]: super::schema::PslSchema

mod attributes;
mod blocks;
mod columns;
mod configuration;
mod defaults;
mod finish;
mod generators;
mod keys;
mod names;
mod predicates;
mod previews;
mod relation_attribute;
mod relations;
mod suggest;
mod tree;
mod types;
mod values;
mod visitor;

pub(crate) use blocks::line_with_object;
pub(crate) use defaults::report_unknown_function;
pub(crate) use keys::{backticked, identifies};
pub(crate) use suggest::{did_you_mean, nearest};
pub(crate) use tree::{
    Composite, Field, FieldRef, Index, IndexKind, KeyField, Located, Model, NativeTypeAttribute, OperatorClass,
    PrimaryKey, Relation, RelationField, Resolved, ScalarField, Type,
};
pub(crate) use values::describe;

use self::tree::Datasource;
use super::ast::{Ast, BlockKind};
use super::diagnostics::Diagnostics;
use super::schema::{Generator, Rules};
use blocks::BlockParts;

/// Finds out what the blocks of all files of a schema mean.
///
/// The tree is there even if something is wrong, with what could be understood. Its
/// [`structure_has_errors`](Resolved::structure_has_errors) says whether reading, names, types or attributes had
/// errors: only if not, its relations are all that the schema means to have, and pieces that are missing in them may be
/// added (see [`Relation`]: a side is `None`). Errors of the configuration do not count there; they are among the
/// findings.
pub(crate) fn resolve(files: &[Ast]) -> (Resolved<'_>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let rules = blocks::rules(files);
    let by_file: Vec<_> = files.iter().map(|file| blocks::collect(file, rules, &mut diagnostics)).collect();
    let blocks: Vec<&BlockParts<'_>> = by_file.iter().flatten().collect();
    names::check(&blocks, &mut diagnostics);
    let mut types = types::resolve(&blocks, rules, &mut diagnostics);
    attributes::resolve(&blocks, &mut types, &mut diagnostics);
    let relations = relations::infer(&mut types.models);
    let structure_has_errors = diagnostics.has_errors() || files.iter().any(|file| file.has_errors);
    let (datasource, generators) = configuration(&by_file, rules, &mut diagnostics);
    let types::Containers { models, enums, composites, .. } = types;
    let resolved =
        Resolved { rules, datasource, generators, models, enums, composites, relations, structure_has_errors };
    (resolved, diagnostics)
}

fn configuration<'a>(
    files: &[Vec<BlockParts<'a>>],
    rules: Rules,
    diagnostics: &mut Diagnostics,
) -> (Option<Datasource<'a>>, Vec<Generator>) {
    let mut first = None;
    let mut all = Vec::new();
    for file in files {
        let of_kind = |kind| file.iter().filter(move |parts| parts.block.kind == kind);
        let datasources: Vec<_> = of_kind(BlockKind::Datasource).collect();
        let datasource = configuration::datasource(&datasources, rules, diagnostics);
        let has_datasource = datasource.is_some();
        let generators = of_kind(BlockKind::Generator);
        all.extend(generators.filter_map(|parts| generators::read(parts, rules, has_datasource, diagnostics)));
        first = first.or(datasource);
    }
    (first, all)
}
