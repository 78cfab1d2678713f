//! What the blocks of a schema mean, still tied to their places in the text.
//!
//! The tree is complete only if the first phases found no errors; the rules of `validate` then work on it, and
//! [`PslSchema`](crate::psl::PslSchema) is made from it.

use std::hash::BuildHasher as _;

use rustc_hash::FxBuildHasher;

use crate::dbschema::types::ScalarType;
use crate::psl::ast::{self, Attribute, Block, Expr, FieldArity};
use crate::psl::diagnostics::Span;
use crate::psl::schema::{
    EnumId, FieldId, Generator, IndexMethod, ModelId, ModelKind, PredicateTerm, ReferentialAction, RelationId,
    RelationKind, RelationMode, Rules, SortOrder, StringOrEnv,
};

/// A schema of one or several files after names, types, attributes, relations and configuration were read.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    /// The dialect.
    pub(crate) rules: Rules,
    /// The `datasource` of the first file that has one.
    pub(crate) datasource: Option<Datasource<'a>>,
    /// The `generator` blocks that are usable.
    pub(crate) generators: Vec<Generator>,
    /// Models and views in source order.
    pub(crate) models: Vec<Model<'a>>,
    /// Enums in source order.
    pub(crate) enums: Vec<Enum<'a>>,
    /// Composite types in source order; always refused in the end.
    pub(crate) composites: Vec<Composite<'a>>,
    /// Relations in the order of the field that made them known.
    pub(crate) relations: Vec<Relation>,
    /// Whether reading, names, types or attributes had errors.
    pub(crate) structure_has_errors: bool,
}

/// Text with the place it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located<T> {
    /// What was written.
    pub(crate) value: T,
    /// Where.
    pub(crate) span: Span,
}

/// The `datasource` block.
#[derive(Debug)]
pub(crate) struct Datasource<'a> {
    pub(crate) block: &'a Block,
    pub(crate) provider: &'a str,
    pub(crate) url: Option<StringOrEnv>,
    pub(crate) direct_url: Option<StringOrEnv>,
    pub(crate) shadow_database_url: Option<StringOrEnv>,
    pub(crate) relation_mode: Option<RelationMode>,
    /// In source order, with the place of each.
    pub(crate) namespaces: Vec<Located<&'a str>>,
    /// Whether `schemas` was written.
    pub(crate) has_namespaces: bool,
    pub(crate) extensions: Vec<Extension<'a>>,
    /// The property `extensions`.
    pub(crate) extensions_property: Option<Span>,
}

/// An element of `extensions`.
#[derive(Debug)]
pub(crate) struct Extension<'a> {
    pub(crate) name: &'a str,
    pub(crate) span: Span,
    pub(crate) mapped_name: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
}

/// A model or a view.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) block: &'a Block,
    pub(crate) kind: ModelKind,
    /// The dialect, which decides about some arguments.
    pub(crate) rules: Rules,
    /// `@@map`, with the place of the attribute.
    pub(crate) mapped_name: Option<Located<&'a str>>,
    /// `@@schema`, with the place of the string.
    pub(crate) namespace: Option<Located<&'a str>>,
    pub(crate) ignored: bool,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) names: FieldNames,
    pub(crate) primary_key: Option<PrimaryKey<'a>>,
    pub(crate) indexes: Vec<Index<'a>>,
    pub(crate) shard_key: Option<ShardKey<'a>>,
}

/// The fields of a model by hashes of their names, in order: a search touches nothing but these, and with many models
/// memory is what takes time.
#[derive(Debug)]
pub(crate) struct FieldNames(Box<[(u64, FieldId)]>);

/// A field of a model or view.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) ast: &'a ast::Field,
    pub(crate) arity: FieldArity,
    pub(crate) kind: FieldKind<'a>,
    pub(crate) ignored: bool,
}

/// What a field is.
#[derive(Debug)]
pub(crate) enum FieldKind<'a> {
    /// A column.
    Scalar(ScalarField<'a>),
    /// A side of a relation; most fields are none, and it is large.
    Relation(Box<RelationField<'a>>),
    /// Its type is not known, which is diagnosed.
    Unknown,
}

/// The type of a scalar field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type<'a> {
    Scalar(ScalarType),
    Enum(EnumId),
    Unsupported(&'a str),
    /// Position in [`Resolved::composites`].
    Composite(usize),
}

/// What is particular to a scalar field.
#[derive(Debug)]
pub(crate) struct ScalarField<'a> {
    pub(crate) ty: Type<'a>,
    pub(crate) mapped_name: Option<&'a str>,
    pub(crate) native_type: Option<NativeTypeAttribute<'a>>,
    pub(crate) default: Option<DefaultAttribute<'a>>,
    pub(crate) updated_at: bool,
}

/// `@db.Name(…)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NativeTypeAttribute<'a> {
    pub(crate) attribute: &'a Attribute,
}

/// `@default(…)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DefaultAttribute<'a> {
    pub(crate) value: &'a Expr,
    pub(crate) mapped_name: Option<&'a str>,
    pub(crate) attribute: &'a Attribute,
}

/// What is particular to a relation field.
#[derive(Debug)]
pub(crate) struct RelationField<'a> {
    pub(crate) target: ModelId,
    /// `@relation` if written.
    pub(crate) attribute: Option<&'a Attribute>,
    pub(crate) name: Option<&'a str>,
    pub(crate) fields: Option<Vec<FieldId>>,
    pub(crate) references: Option<Vec<FieldId>>,
    pub(crate) on_delete: Option<Located<ReferentialAction>>,
    pub(crate) on_update: Option<Located<ReferentialAction>>,
    /// `map`, with the place of the argument.
    pub(crate) mapped_name: Option<Located<&'a str>>,
    /// Filled in when relations are paired.
    pub(crate) relation: Option<RelationId>,
}

/// `@id` or `@@id`.
#[derive(Debug)]
pub(crate) struct PrimaryKey<'a> {
    pub(crate) fields: Vec<KeyField<'a>>,
    pub(crate) on_field: bool,
    /// `name`, with the place of the argument.
    pub(crate) name: Option<Located<&'a str>>,
    /// `map`, with the place of the argument.
    pub(crate) mapped_name: Option<Located<&'a str>>,
    pub(crate) clustered: bool,
    pub(crate) attribute: &'a Attribute,
}

/// A column of a key or index.
#[derive(Debug)]
pub(crate) struct KeyField<'a> {
    pub(crate) field: FieldId,
    pub(crate) sort: Option<SortOrder>,
    /// Whether `length` was given, which PostgreSQL does not know.
    pub(crate) has_length: bool,
    pub(crate) operator_class: Option<OperatorClass<'a>>,
}

/// `ops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperatorClass<'a> {
    /// A constant of the table in `operator_classes`.
    Known(&'static str),
    /// `raw("…")`
    Raw(&'a str),
}

/// `@unique`, `@@unique`, `@@index` or `@@fulltext`.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    pub(crate) kind: IndexKind,
    pub(crate) on_field: bool,
    pub(crate) fields: Vec<KeyField<'a>>,
    pub(crate) method: Option<IndexMethod>,
    pub(crate) predicate: Option<Predicate<'a>>,
    /// Place of the argument `where`.
    pub(crate) predicate_span: Option<Span>,
    /// `name` of `@@unique`, with the place of the argument.
    pub(crate) name: Option<Located<&'a str>>,
    /// `map`, or `name` of `@@index`, with the place of the argument.
    pub(crate) mapped_name: Option<Located<&'a str>>,
    pub(crate) clustered: bool,
    pub(crate) attribute: &'a Attribute,
}

/// Which attribute an index was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexKind {
    Normal,
    Unique,
    Fulltext,
}

/// `where`.
#[derive(Debug)]
pub(crate) enum Predicate<'a> {
    Raw(&'a str),
    Fields(Vec<PredicateTerm>),
}

/// `@shardKey` or `@@shardKey`, which PostgreSQL does not know.
#[derive(Debug)]
pub(crate) struct ShardKey<'a> {
    pub(crate) fields: Vec<FieldId>,
    pub(crate) attribute: &'a Attribute,
}

/// An enum.
#[derive(Debug)]
pub(crate) struct Enum<'a> {
    pub(crate) block: &'a Block,
    pub(crate) mapped_name: Option<&'a str>,
    /// `@@schema`, with the place of the string.
    pub(crate) namespace: Option<Located<&'a str>>,
    pub(crate) values: Vec<EnumValue<'a>>,
}

/// A value of an enum.
#[derive(Debug)]
pub(crate) struct EnumValue<'a> {
    pub(crate) ast: &'a ast::EnumValue,
    pub(crate) mapped_name: Option<&'a str>,
}

/// A composite type.
#[derive(Debug)]
pub(crate) struct Composite<'a> {
    pub(crate) block: &'a Block,
    /// Its required fields of composite types, with the type.
    pub(crate) parts: Vec<(&'a ast::Field, usize)>,
}

/// A field of a model, by position.
pub(crate) type FieldRef = (ModelId, FieldId);

/// A relation; one side may be missing, which is diagnosed.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) kind: RelationKind,
    /// The model that holds the foreign key, or column `A` of a join table.
    pub(crate) forward_model: ModelId,
    /// The other model.
    pub(crate) back_model: ModelId,
    pub(crate) forward: Option<FieldRef>,
    pub(crate) back: Option<FieldRef>,
    /// A many-to-many relation with `fields`, which only document databases know.
    pub(crate) embedded: bool,
}

impl<'a> Resolved<'a> {
    pub(crate) fn model(&self, id: ModelId) -> &Model<'a> {
        &self.models[id.0 as usize]
    }

    pub(crate) fn field(&self, (model, field): FieldRef) -> &Field<'a> {
        self.model(model).field(field)
    }

    /// The relation field at this place; `None` for a scalar field.
    pub(crate) fn relation_field(&self, place: FieldRef) -> Option<&RelationField<'a>> {
        match &self.field(place).kind {
            FieldKind::Relation(relation) => Some(relation),
            FieldKind::Scalar(_) | FieldKind::Unknown => None,
        }
    }

    /// Whether a generator switches this preview feature on; `name` in its canonical spelling.
    pub(crate) fn has_preview_feature(&self, name: &str) -> bool {
        self.generators.iter().any(|generator| generator.preview_features.iter().any(|feature| feature == name))
    }

    /// Who enforces relations.
    pub(crate) fn relation_mode(&self) -> RelationMode {
        self.datasource.as_ref().and_then(|datasource| datasource.relation_mode).unwrap_or_default()
    }
}

impl<'a> Model<'a> {
    pub(crate) fn name(&self) -> &'a str {
        &self.block.name.text
    }

    /// The name in the database.
    pub(crate) fn database_name(&self) -> &'a str {
        self.mapped_name.map_or(self.name(), |mapped| mapped.value)
    }

    /// `model` or `view`.
    pub(crate) fn keyword(&self) -> &'static str {
        match self.kind {
            ModelKind::Model => "model",
            ModelKind::View => "view",
        }
    }

    pub(crate) fn field(&self, id: FieldId) -> &Field<'a> {
        &self.fields[id.0 as usize]
    }

    /// The field of this name; of duplicates the last.
    pub(crate) fn named(&self, name: &str) -> Option<FieldId> {
        self.names.candidates(name).rev().find(|id| self.field(*id).name() == name)
    }

    /// The fields with their ids, in source order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (FieldId, &Field<'a>)> {
        (0u32..).map(FieldId).zip(&self.fields)
    }

    pub(crate) fn scalar_fields(&self) -> impl Iterator<Item = (FieldId, &Field<'a>, &ScalarField<'a>)> {
        self.ids().filter_map(|(id, field)| field.scalar().map(|scalar| (id, field, scalar)))
    }

    pub(crate) fn relation_fields(&self) -> impl Iterator<Item = (FieldId, &Field<'a>, &RelationField<'a>)> {
        self.ids().filter_map(|(id, field)| match &field.kind {
            FieldKind::Relation(relation) => Some((id, field, relation.as_ref())),
            FieldKind::Scalar(_) | FieldKind::Unknown => None,
        })
    }

    /// The column names of these fields.
    pub(crate) fn column_names(&self, fields: impl Iterator<Item = FieldId>) -> Vec<&'a str> {
        fields.map(|id| self.field(id).column_name()).collect()
    }
}

impl FieldNames {
    pub(crate) fn of(fields: &[Field<'_>]) -> Self {
        let mut names: Box<[_]> =
            fields.iter().zip(0u32..).map(|(field, id)| (FxBuildHasher.hash_one(field.name()), FieldId(id))).collect();
        // Duplicates stay in source order.
        names.sort_by_key(|(hash, _)| *hash);
        Self(names)
    }

    /// The fields that may have this name.
    fn candidates(&self, name: &str) -> impl DoubleEndedIterator<Item = FieldId> {
        let wanted = FxBuildHasher.hash_one(name);
        let start = self.0.partition_point(|(hash, _)| *hash < wanted);
        let end = start + self.0[start..].partition_point(|(hash, _)| *hash == wanted);
        self.0[start..end].iter().map(|(_, id)| *id)
    }
}

impl<'a> Field<'a> {
    pub(crate) fn name(&self) -> &'a str {
        &self.ast.name.text
    }

    pub(crate) fn scalar(&self) -> Option<&ScalarField<'a>> {
        match &self.kind {
            FieldKind::Scalar(scalar) => Some(scalar),
            FieldKind::Relation(_) | FieldKind::Unknown => None,
        }
    }

    /// The name in the database; a relation field's own name.
    pub(crate) fn column_name(&self) -> &'a str {
        self.scalar().and_then(|scalar| scalar.mapped_name).unwrap_or(self.name())
    }
}

impl<'a> NativeTypeAttribute<'a> {
    /// What stands before the dot.
    pub(crate) fn scope(self) -> &'a str {
        self.parts().0
    }

    /// What stands behind it.
    pub(crate) fn name(self) -> &'a str {
        self.parts().1
    }

    fn parts(self) -> (&'a str, &'a str) {
        self.attribute.name.text.split_once('.').unwrap_or_default()
    }
}

impl ScalarField<'_> {
    /// Whether the default is `autoincrement()`.
    pub(crate) fn is_autoincrement(&self) -> bool {
        let value = self.default.map(|default| default.value);
        matches!(value, Some(Expr::Call(call)) if call.name.text == "autoincrement")
    }
}

impl RelationField<'_> {
    /// A side of a relation without `@relation`.
    pub(crate) fn new(target: ModelId) -> Self {
        Self {
            target,
            attribute: None,
            name: None,
            fields: None,
            references: None,
            on_delete: None,
            on_update: None,
            mapped_name: None,
            relation: None,
        }
    }
}

impl Index<'_> {
    pub(crate) fn is_unique(&self) -> bool {
        self.kind == IndexKind::Unique
    }

    /// The attribute as it is written.
    pub(crate) fn attribute_name(&self) -> &'static str {
        match (self.kind, self.on_field) {
            (IndexKind::Unique, true) => "@unique",
            (IndexKind::Unique, false) => "@@unique",
            (IndexKind::Normal, _) => "@@index",
            (IndexKind::Fulltext, _) => "@@fulltext",
        }
    }
}

impl PrimaryKey<'_> {
    /// The attribute as it is written.
    pub(crate) fn attribute_name(&self) -> &'static str {
        if self.on_field { "@id" } else { "@@id" }
    }
}

impl<'a> Enum<'a> {
    pub(crate) fn name(&self) -> &'a str {
        &self.block.name.text
    }

    /// The name in the database.
    pub(crate) fn database_name(&self) -> &'a str {
        self.mapped_name.unwrap_or(self.name())
    }
}
