//! Types of fields: which are columns, which lead to other models.

use std::collections::HashMap;

use super::blocks::BlockParts;
use super::suggest::did_you_mean;
use super::tree::{Composite, Enum, EnumValue, Field, FieldKind, Model, RelationField, ScalarField, Type};
use crate::dbschema::types::ScalarType;
use crate::psl::ast::{self, BlockKind, FieldArity, TypeName};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::schema::{EnumId, FieldId, ModelId, ModelKind, Rules};

/// How many unknown types get a suggestion: each costs a comparison with every name.
const SUGGESTIONS: usize = 32;

/// The blocks that are types, with their fields.
pub(super) struct Containers<'a> {
    pub(super) models: Vec<Model<'a>>,
    pub(super) enums: Vec<Enum<'a>>,
    pub(super) composites: Vec<Composite<'a>>,
    /// For every block in source order, where it went.
    pub(super) order: Vec<Container>,
    names: HashMap<&'a str, Container>,
}

/// Which list a block went to, and its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Model(ModelId),
    Enum(EnumId),
    Composite(usize),
    Configuration,
}

/// Gives every field its kind and reports types that do not exist.
pub(super) fn resolve<'a>(blocks: &[&BlockParts<'a>], rules: Rules, diagnostics: &mut Diagnostics) -> Containers<'a> {
    let (order, names) = number(blocks);
    let mut types = Types { rules, names, composites: Vec::new(), suggestions: SUGGESTIONS };
    let mut containers =
        Containers { models: Vec::new(), enums: Vec::new(), composites: Vec::new(), order, names: HashMap::new() };
    for parts in blocks {
        match parts.block.kind {
            BlockKind::Model => containers.models.push(types.model(parts, ModelKind::Model, diagnostics)),
            BlockKind::View => containers.models.push(types.model(parts, ModelKind::View, diagnostics)),
            BlockKind::Enum => containers.enums.push(enumeration(parts, diagnostics)),
            BlockKind::CompositeType => types.composite(parts, diagnostics),
            BlockKind::Datasource | BlockKind::Generator => {}
        }
    }
    containers.composites = types.composites;
    containers.names = types.names;
    containers
}

/// The names that are types, and where each block goes.
fn number<'a>(blocks: &[&BlockParts<'a>]) -> (Vec<Container>, HashMap<&'a str, Container>) {
    let (mut models, mut enums, mut composites) = (0, 0, 0);
    let mut names = HashMap::new();
    let mut order = Vec::with_capacity(blocks.len());
    for parts in blocks {
        let container = match parts.block.kind {
            BlockKind::Model | BlockKind::View => Container::Model(ModelId(post_increment(&mut models))),
            BlockKind::Enum => Container::Enum(EnumId(post_increment(&mut enums))),
            BlockKind::CompositeType => {
                composites += 1;
                Container::Composite(composites - 1)
            }
            BlockKind::Datasource | BlockKind::Generator => Container::Configuration,
        };
        if container != Container::Configuration {
            names.insert(parts.block.name.text.as_str(), container);
        }
        order.push(container);
    }
    (order, names)
}

fn post_increment(counter: &mut u32) -> u32 {
    let value = *counter;
    *counter += 1;
    value
}

impl Containers<'_> {
    /// The type of a composite type's field; `None` if it is unknown or a model.
    pub(super) fn field_type<'a>(&self, name: &'a TypeName) -> Option<Type<'a>> {
        let name = match name {
            TypeName::Unsupported(text) => return Some(Type::Unsupported(text)),
            TypeName::Name(name) => name,
        };
        if let Some(scalar) = ScalarType::from_name(name) {
            return Some(Type::Scalar(scalar));
        }
        match self.names.get(name.as_str())? {
            Container::Enum(id) => Some(Type::Enum(*id)),
            Container::Composite(id) => Some(Type::Composite(*id)),
            Container::Model(_) | Container::Configuration => None,
        }
    }
}

struct Types<'a> {
    rules: Rules,
    names: HashMap<&'a str, Container>,
    composites: Vec<Composite<'a>>,
    suggestions: usize,
}

impl<'a> Types<'a> {
    fn model(&mut self, parts: &BlockParts<'a>, kind: ModelKind, diagnostics: &mut Diagnostics) -> Model<'a> {
        let mut model = Model {
            block: parts.block,
            kind,
            rules: self.rules,
            mapped_name: None,
            namespace: None,
            ignored: false,
            fields: Vec::with_capacity(parts.fields.len()),
            by_name: HashMap::with_capacity(parts.fields.len()),
            primary_key: None,
            indexes: Vec::new(),
            shard_key: None,
        };
        for (id, &field) in (0u32..).zip(&parts.fields) {
            let Some(ty) = &field.ty else { continue };
            model.by_name.insert(&field.name.text, FieldId(id));
            let kind = self.field_kind(ty, diagnostics);
            model.fields.push(Field { ast: field, arity: ty.arity, kind, ignored: false });
        }
        model
    }

    fn field_kind(&mut self, ty: &'a ast::FieldType, diagnostics: &mut Diagnostics) -> FieldKind<'a> {
        let scalar = match &ty.name {
            TypeName::Unsupported(text) => Type::Unsupported(text),
            TypeName::Name(name) => match ScalarType::from_name(name) {
                Some(scalar) => Type::Scalar(scalar),
                None => match self.names.get(name.as_str()) {
                    Some(Container::Model(id)) => return FieldKind::Relation(Box::new(RelationField::new(*id))),
                    Some(Container::Enum(id)) => Type::Enum(*id),
                    Some(Container::Composite(id)) => Type::Composite(*id),
                    None | Some(Container::Configuration) => {
                        self.unknown(name, ty, diagnostics);
                        return FieldKind::Unknown;
                    }
                },
            },
        };
        FieldKind::Scalar(ScalarField {
            ty: scalar,
            mapped_name: None,
            native_type: None,
            default: None,
            updated_at: false,
        })
    }

    fn unknown(&mut self, name: &str, ty: &ast::FieldType, diagnostics: &mut Diagnostics) {
        let message = format!("type `{name}` is neither built in nor a model, view or enum of this schema");
        let diagnostic = diagnostics.error(ty.span, message);
        if self.suggestions == 0 {
            return;
        }
        self.suggestions -= 1;
        let scalars = ScalarType::ALL.into_iter().map(|scalar| -> &str { scalar.name() });
        let mut names: Vec<_> = self.names.keys().copied().collect();
        names.sort_unstable();
        if let Some(help) = did_you_mean(name, names.into_iter().chain(scalars)) {
            diagnostic.help(help);
        }
    }

    fn composite(&mut self, parts: &BlockParts<'a>, diagnostics: &mut Diagnostics) {
        let mut composite = Composite { block: parts.block, parts: Vec::new() };
        for &field in &parts.fields {
            let Some(ty) = &field.ty else { continue };
            match self.field_kind(ty, diagnostics) {
                FieldKind::Relation(_) => {
                    let message = format!("field `{}` of a composite type cannot lead to a model", field.name.text);
                    diagnostics.error(ty.span, message).help("relations are possible between models only");
                }
                FieldKind::Scalar(ScalarField { ty: Type::Composite(id), .. }) if ty.arity == FieldArity::Required => {
                    composite.parts.push((field, id));
                }
                FieldKind::Scalar(_) | FieldKind::Unknown => {}
            }
        }
        self.composites.push(composite);
    }
}

fn enumeration<'a>(parts: &BlockParts<'a>, diagnostics: &mut Diagnostics) -> Enum<'a> {
    if parts.values.is_empty() {
        let (what, name) = (parts.block.kind.keyword(), &parts.block.name.text);
        diagnostics.error(parts.block.span, format!("{what} `{name}` has no values")).help("add at least one value");
    }
    let values = parts.values.iter().map(|&value| EnumValue { ast: value, mapped_name: None }).collect();
    Enum { block: parts.block, mapped_name: None, namespace: None, values }
}
