//! Names of blocks, fields, values and keys: allowed, and used once in their namespace.

use rustc_hash::{FxHashMap, FxHashSet};

use super::blocks::BlockParts;
use crate::dbschema::types::ScalarType;
use crate::psl::ast::{Attribute, Block, BlockKind, Ident};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::reserved::RESERVED_NAMES;

/// The names of the blocks so far.
#[derive(Default)]
pub(super) struct Names<'a> {
    types: FxHashMap<&'a str, BlockKind>,
    datasources: FxHashMap<&'a str, BlockKind>,
    generators: FxHashMap<&'a str, BlockKind>,
}

impl<'a> Names<'a> {
    /// Reports every name of a block that is not allowed or used twice.
    pub(super) fn check(&mut self, parts: &BlockParts<'a>, diagnostics: &mut Diagnostics) {
        let block = parts.block;
        let name = &block.name;
        if ScalarType::from_name(&name.text).is_some() {
            diagnostics
                .error(name.span, format!("`{}` is the name of a built-in type", name.text))
                .help("choose another name");
        }
        let namespace = match block.kind {
            BlockKind::Model | BlockKind::View | BlockKind::CompositeType => {
                check_container(parts, diagnostics);
                &mut self.types
            }
            BlockKind::Enum => {
                check_enum(parts, diagnostics);
                &mut self.types
            }
            BlockKind::Datasource => {
                check_keys(parts, diagnostics);
                &mut self.datasources
            }
            BlockKind::Generator => {
                check_keys(parts, diagnostics);
                &mut self.generators
            }
        };
        if let Some(other) = namespace.insert(name.text.as_str(), block.kind) {
            let message =
                format!("{} `{}` has the name of another {}", block.kind.keyword(), name.text, other.keyword());
            diagnostics.error(name.span, message).help("rename one of them");
        }
    }
}

/// Reports a name that begins with a digit or contains a dash; `what` it names goes into the message.
pub(super) fn check_identifier(ident: &Ident, what: &str, diagnostics: &mut Diagnostics) {
    if ident.text.chars().next().is_some_and(char::is_numeric) {
        diagnostics
            .error(ident.span, format!("{what} name `{}` begins with a digit", ident.text))
            .help("begin it with a letter and give the name in the database by `map`");
    } else if ident.text.contains('-') {
        diagnostics
            .error(ident.span, format!("{what} name `{}` contains a dash", ident.text))
            .help("use `_` and give the name in the database by `map`");
    }
}

fn check_container(parts: &BlockParts<'_>, diagnostics: &mut Diagnostics) {
    let block = parts.block;
    let what = block.kind.keyword();
    check_identifier(&block.name, what, diagnostics);
    if block.kind != BlockKind::CompositeType {
        check_reserved(block, diagnostics);
    }
    check_attributes(&parts.attributes, diagnostics);
    let mut names = FxHashSet::default();
    for field in &parts.fields {
        if block.kind != BlockKind::CompositeType {
            check_identifier(&field.name, "field", diagnostics);
            for attribute in &field.attributes {
                check_identifier(&attribute.name, "attribute", diagnostics);
            }
        }
        if !names.insert(&field.name.text) {
            let message = format!("{what} `{}` already has a field `{}`", block.name.text, field.name.text);
            diagnostics.error(field.name.span, message).help("rename or remove one of them");
        }
    }
}

fn check_enum(parts: &BlockParts<'_>, diagnostics: &mut Diagnostics) {
    check_identifier(&parts.block.name, "enum", diagnostics);
    check_reserved(parts.block, diagnostics);
    check_attributes(&parts.attributes, diagnostics);
    let mut names = FxHashSet::default();
    for value in &parts.values {
        check_identifier(&value.name, "enum value", diagnostics);
        for attribute in &value.attributes {
            check_identifier(&attribute.name, "attribute", diagnostics);
        }
        if !names.insert(&value.name.text) {
            let message = format!("enum `{}` already has a value `{}`", parts.block.name.text, value.name.text);
            diagnostics.error(value.span, message).help("remove one of them");
        }
    }
}

fn check_attributes(attributes: &[&Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        check_identifier(&attribute.name, "attribute", diagnostics);
    }
}

fn check_reserved(block: &Block, diagnostics: &mut Diagnostics) {
    let name = block.name.text.as_str();
    if RESERVED_NAMES.contains(&name) {
        diagnostics
            .error(block.span, format!("`{name}` is a reserved word and cannot name a {}", block.kind.keyword()))
            .help("choose another name and give the name in the database by `@@map`");
    }
}

fn check_keys(parts: &BlockParts<'_>, diagnostics: &mut Diagnostics) {
    let mut keys = FxHashSet::default();
    for property in &parts.properties {
        if !keys.insert(&property.name.text) {
            let (key, what, name) = (&property.name.text, parts.block.kind.keyword(), &parts.block.name.text);
            diagnostics
                .error(property.name.span, format!("key `{key}` is already defined in {what} `{name}`"))
                .help("keep one of them");
        }
    }
}
