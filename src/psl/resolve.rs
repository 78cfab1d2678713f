//! Names, types, attributes, relations and configuration: from syntax trees to what they mean.
//!
//! [`resolve`] reports in the order of these phases and never stops between them, so that every mistake is reported at
//! once. Its result is complete if they found no errors; [`finish`](Resolved::finish) then makes a [`PslSchema`] of it.
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

use self::blocks::BlockParts;
use self::names::Names;
use self::tree::{Datasource, Enum};
use self::types::Types;
use super::ast::{Ast, Block, BlockKind};
use super::diagnostics::Diagnostics;
use super::schema::{Generator, ModelId, Rules};

/// Finds out what the blocks of all files of a schema mean.
///
/// The tree is there even if something is wrong, with what could be understood. Its
/// [`structure_has_errors`](Resolved::structure_has_errors) says whether reading, names, types or attributes had
/// errors: only if not, its relations are all that the schema means to have, and pieces that are missing in them may be
/// added (see [`Relation`]: a side is `None`). Errors of the configuration do not count there; they are among the
/// findings.
pub(crate) fn resolve(files: &[Ast]) -> (Resolved<'_>, Diagnostics) {
    let rules = blocks::rules(files);
    let mut reader = Reader::new(files, rules);
    let by_file: Vec<_> = files.iter().map(|file| reader.file(file)).collect();
    let Reader { mut models, enums, composites, relation_fields, phases, .. } = reader;
    let [mut diagnostics, names, types, attributes] = phases;
    diagnostics.extend(names);
    diagnostics.extend(types);
    attributes::relation_fields(&relation_fields, &mut models, &mut diagnostics);
    diagnostics.extend(attributes);
    let relations = relations::infer(&relation_fields, &mut models);
    let structure_has_errors = diagnostics.has_errors() || files.iter().any(|file| file.has_errors);
    let (datasource, generators) = configuration(&by_file, rules, &mut diagnostics);
    let resolved =
        Resolved { rules, datasource, generators, models, enums, composites, relations, structure_has_errors };
    (resolved, diagnostics)
}

/// The phases that can be done with a block while it is near: in a large schema, going over all blocks once for each of
/// them takes longer than what they do.
struct Reader<'a> {
    rules: Rules,
    names: Names<'a>,
    types: Types<'a>,
    models: Vec<Model<'a>>,
    enums: Vec<Enum<'a>>,
    /// How many of `enums` were read.
    enums_read: usize,
    composites: Vec<Composite<'a>>,
    /// In source order.
    relation_fields: Vec<FieldRef>,
    /// What is wrong with lines, names, types and attributes: reported in this order.
    phases: [Diagnostics; 4],
}

impl<'a> Reader<'a> {
    fn new(files: &'a [Ast], rules: Rules) -> Self {
        Self {
            rules,
            names: Names::default(),
            types: Types::new(files, rules),
            models: Vec::new(),
            enums: types::enums(files, rules),
            enums_read: 0,
            composites: Vec::new(),
            relation_fields: Vec::new(),
            phases: Default::default(),
        }
    }

    /// Reads all blocks of a file and returns those of the configuration.
    fn file(&mut self, file: &'a Ast) -> Vec<BlockParts<'a>> {
        file.blocks().filter_map(|block| self.block(block)).collect()
    }

    /// Reads a block that is a type, and returns another one.
    fn block(&mut self, block: &'a Block) -> Option<BlockParts<'a>> {
        let [lines, names, types, attributes] = &mut self.phases;
        let parts = blocks::parts(block, self.rules, lines);
        self.names.check(&parts, names);
        match block.kind {
            BlockKind::Model | BlockKind::View => {
                let mut model = self.types.model(&parts, types);
                attributes::model(&mut model, &parts, &self.enums, attributes);
                let id = ModelId(u32::try_from(self.models.len()).unwrap_or(u32::MAX));
                self.relation_fields.extend(model.relation_fields().map(|(field, ..)| (id, field)));
                self.models.push(model);
            }
            BlockKind::Enum => {
                types::check_enum(&parts, types);
                attributes::enumeration(&parts, &mut self.enums[self.enums_read], attributes);
                self.enums_read += 1;
            }
            BlockKind::CompositeType => {
                self.composites.push(self.types.composite(&parts, types));
                attributes::composite(&parts, &self.types, &self.enums, attributes);
            }
            BlockKind::Datasource | BlockKind::Generator => return Some(parts),
        }
        None
    }
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
