//! Types of fields: which are columns, which lead to other models.

use rustc_hash::FxHashMap;

use super::blocks::{self, BlockParts};
use super::suggest::did_you_mean;
use super::tree::{Composite, Enum, EnumValue, Field, FieldKind, FieldNames, Model, RelationField, ScalarField, Type};
use crate::dbschema::types::ScalarType;
use crate::psl::ast::{self, Ast, BlockKind, FieldArity, TypeName};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::schema::{EnumId, ModelId, ModelKind, Rules};

/// How many unknown types get a suggestion: each costs a comparison with every name.
const SUGGESTIONS: usize = 32;

/// What is a type besides those that are built in: its kind, and its position among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Model(ModelId),
    Enum(EnumId),
    Composite(usize),
}

/// The names that may be types of fields.
pub(super) struct Types<'a> {
    rules: Rules,
    names: FxHashMap<&'a str, Container>,
    suggestions: usize,
}

impl<'a> Types<'a> {
    /// Those of all files.
    pub(super) fn new(files: &'a [Ast], rules: Rules) -> Self {
        let (mut models, mut enums, mut composites) = (0u32.., 0u32.., 0..);
        let mut names = FxHashMap::default();
        for block in files.iter().flat_map(Ast::blocks) {
            let container = match block.kind {
                BlockKind::Model | BlockKind::View => models.next().map(|id| Container::Model(ModelId(id))),
                BlockKind::Enum => enums.next().map(|id| Container::Enum(EnumId(id))),
                BlockKind::CompositeType => composites.next().map(Container::Composite),
                BlockKind::Datasource | BlockKind::Generator => None,
            };
            names.extend(container.map(|container| (block.name.text.as_str(), container)));
        }
        Self { rules, names, suggestions: SUGGESTIONS }
    }

    /// The type of a composite type's field; `None` if it is unknown or a model.
    pub(super) fn of_composite(&self, name: &'a TypeName) -> Option<Type<'a>> {
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
            Container::Model(_) => None,
        }
    }

    /// A model or view whose fields have their kinds; types that do not exist are reported.
    pub(super) fn model(&mut self, parts: &BlockParts<'a>, diagnostics: &mut Diagnostics) -> Model<'a> {
        let mut fields = Vec::with_capacity(parts.fields.len());
        fields.extend(parts.fields.iter().filter_map(|&field| self.field(field, diagnostics)));
        Model {
            block: parts.block,
            kind: if parts.block.kind == BlockKind::View { ModelKind::View } else { ModelKind::Model },
            rules: self.rules,
            mapped_name: None,
            namespace: None,
            ignored: false,
            names: FieldNames::of(&fields),
            fields,
            primary_key: None,
            indexes: Vec::new(),
            shard_key: None,
        }
    }

    fn field(&mut self, field: &'a ast::Field, diagnostics: &mut Diagnostics) -> Option<Field<'a>> {
        let ty = field.ty.as_ref()?;
        Some(Field { ast: field, arity: ty.arity, kind: self.field_kind(ty, diagnostics), ignored: false })
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
                    None => {
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

    /// A composite type; types of its fields that do not exist are reported.
    pub(super) fn composite(&mut self, parts: &BlockParts<'a>, diagnostics: &mut Diagnostics) -> Composite<'a> {
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
        composite
    }
}

/// Reports an enum without values.
pub(super) fn check_enum(parts: &BlockParts<'_>, diagnostics: &mut Diagnostics) {
    if parts.values.is_empty() {
        let (what, name) = (parts.block.kind.keyword(), &parts.block.name.text);
        diagnostics.error(parts.block.span, format!("{what} `{name}` has no values")).help("add at least one value");
    }
}

/// The enums of all files. What is wrong with them is reported when their blocks are read.
pub(super) fn enums(files: &[Ast], rules: Rules) -> Vec<Enum<'_>> {
    let blocks = files.iter().flat_map(Ast::blocks).filter(|block| block.kind == BlockKind::Enum);
    blocks.map(|block| enumeration(&blocks::parts(block, rules, &mut Diagnostics::default()))).collect()
}

fn enumeration<'a>(parts: &BlockParts<'a>) -> Enum<'a> {
    let values = parts.values.iter().map(|&value| EnumValue { ast: value, mapped_name: None }).collect();
    Enum { block: parts.block, mapped_name: None, namespace: None, values }
}
