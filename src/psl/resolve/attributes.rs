//! Attributes of models, views, enums and their members, in the order in which Prisma looks at them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::blocks::BlockParts;
use super::tree::{
    DefaultAttribute, Enum, FieldKind, FieldRef, Located, Model, NativeTypeAttribute, ScalarField, Type,
};
use super::types::Types;
use super::values::string;
use super::visitor::{Args, Attributes};
use super::{defaults, keys, relation_attribute};
use crate::dbschema::types::ScalarType;
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::schema::FieldId;

/// Attributes of a field.
const FIELD_ATTRIBUTES: &[&str] = &["id", "unique", "default", "updatedAt", "map", "relation", "ignore", "shardKey"];
/// Attributes of a model or view.
const MODEL_ATTRIBUTES: &[&str] = &["id", "unique", "index", "map", "schema", "ignore", "fulltext", "shardKey"];
/// Attributes of an enum.
const ENUM_ATTRIBUTES: &[&str] = &["map", "schema"];
/// Attributes of an enum's value.
const VALUE_ATTRIBUTES: &[&str] = &["map"];

/// Reads the attributes of relation fields. All models must have their fields.
pub(super) fn relation_fields(places: &[FieldRef], models: &mut [Model<'_>], diagnostics: &mut Diagnostics) {
    for place in places {
        relation_attribute::resolve_field(*place, models, diagnostics, FIELD_ATTRIBUTES);
    }
}

/// Reads the attributes of a model or view and of its scalar fields.
pub(super) fn model<'a>(
    model: &mut Model<'a>,
    parts: &BlockParts<'a>,
    enums: &[Enum<'a>],
    diagnostics: &mut Diagnostics,
) {
    let mut names = keys::MappedNames::default();
    for field in 0..model.fields.len() {
        if model.fields[field].scalar().is_some() {
            scalar_field(model, field, enums, &mut names, diagnostics);
        }
    }
    let mut attributes = Attributes::new(parts.attributes.iter().copied(), MODEL_ATTRIBUTES);
    if let Some(args) = attributes.single("ignore", diagnostics) {
        model.ignored = true;
        args.finish(diagnostics);
        report_ignored_fields(model, diagnostics);
    }
    if let Some(args) = attributes.single("id", diagnostics) {
        keys::model_id(model, args, diagnostics);
    }
    if let Some(mut args) = attributes.single("map", diagnostics) {
        let span = args.span();
        model.mapped_name = map(&mut args, diagnostics).map(|value| Located { value, span });
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("schema", diagnostics) {
        model.namespace = namespace(args, diagnostics);
    }
    for (name, read) in keys::MODEL_INDEXES {
        for args in attributes.repeated(name, diagnostics) {
            read(model, args, diagnostics);
        }
    }
    keys::model_shard_key(model, &mut attributes, diagnostics);
    attributes.finish(diagnostics);
    keys::check_id_arity(model, diagnostics);
}

fn report_ignored_fields(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    for field in model.fields.iter().filter(|field| field.ignored && field.scalar().is_some()) {
        diagnostics
            .error(field.ast.span, format!("field `{}` is ignored already by `@@ignore` of its model", field.name()))
            .help("remove `@ignore`");
    }
}

fn scalar_field<'a>(
    model: &mut Model<'a>,
    position: usize,
    enums: &[Enum<'a>],
    names: &mut keys::MappedNames<'a>,
    diagnostics: &mut Diagnostics,
) {
    let id = FieldId(u32::try_from(position).unwrap_or(u32::MAX));
    let field = model.fields[position].ast;
    let mut attributes = Attributes::new(&field.attributes, FIELD_ATTRIBUTES);
    if let Some(mut args) = attributes.single("map", diagnostics) {
        let name = map(&mut args, diagnostics);
        args.finish(diagnostics);
        names.insert(model, id, name, diagnostics);
    }
    if let Some(args) = attributes.single("ignore", diagnostics) {
        ignore_scalar(model, position, &args, diagnostics);
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("relation", diagnostics) {
        diagnostics
            .error(args.span(), format!("`@relation` stands on `{}`, which is no relation field", field.name.text))
            .help("put it on the field whose type is the other model");
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("id", diagnostics) {
        keys::field_id(model, id, args, diagnostics);
    }
    if let Some(args) = attributes.single("updatedAt", diagnostics) {
        updated_at(model, position, &args, diagnostics);
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("default", diagnostics) {
        let default = scalar_default(model, position, enums, args, diagnostics);
        if let FieldKind::Scalar(scalar) = &mut model.fields[position].kind {
            scalar.default = default;
        }
    }
    if let FieldKind::Scalar(scalar) = &mut model.fields[position].kind {
        native_type(scalar, &mut attributes, diagnostics);
    }
    if let Some(args) = attributes.single("unique", diagnostics) {
        keys::field_unique(model, id, args, diagnostics);
    }
    if let Some(args) = attributes.single("shardKey", diagnostics) {
        keys::field_shard_key(model, id, args, diagnostics);
    }
    attributes.finish(diagnostics);
}

fn ignore_scalar(model: &mut Model<'_>, position: usize, args: &Args<'_>, diagnostics: &mut Diagnostics) {
    if matches!(model.fields[position].scalar().map(|scalar| scalar.ty), Some(Type::Unsupported(_))) {
        diagnostics
            .error(args.span(), "fields of an unsupported type are always ignored by the client")
            .help("remove `@ignore`");
    } else {
        model.fields[position].ignored = true;
    }
}

fn updated_at(model: &mut Model<'_>, position: usize, args: &Args<'_>, diagnostics: &mut Diagnostics) {
    let field = &mut model.fields[position];
    let FieldKind::Scalar(scalar) = &mut field.kind else { return };
    if scalar.ty != Type::Scalar(ScalarType::DateTime) {
        diagnostics.error(args.span(), "`@updatedAt` is possible on fields of type `DateTime` only");
    }
    if field.arity == FieldArity::List {
        diagnostics.error(args.span(), "`@updatedAt` is not possible on a list");
    }
    scalar.updated_at = true;
}

fn scalar_default<'a>(
    model: &Model<'a>,
    position: usize,
    enums: &[Enum<'a>],
    mut args: Args<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<DefaultAttribute<'a>> {
    let field = &model.fields[position];
    let scalar = field.scalar()?;
    let default = defaults::read(&mut args, scalar.ty, field.arity, enums, diagnostics);
    args.finish(diagnostics);
    default
}

/// Reads `@db.Name(…)`; only built-in types have one, elsewhere it is an unknown attribute.
fn native_type<'a>(scalar: &mut ScalarField<'a>, attributes: &mut Attributes<'a>, diagnostics: &mut Diagnostics) {
    if matches!(scalar.ty, Type::Scalar(_))
        && let Some(attribute) = attributes.scoped(diagnostics)
    {
        scalar.native_type = Some(NativeTypeAttribute { attribute });
    }
}

/// Reads the attributes of an enum and of its values.
pub(super) fn enumeration<'a>(parts: &BlockParts<'a>, enumeration: &mut Enum<'a>, diagnostics: &mut Diagnostics) {
    for value in &mut enumeration.values {
        let mut attributes = Attributes::new(&value.ast.attributes, VALUE_ATTRIBUTES);
        if let Some(mut args) = attributes.single("map", diagnostics) {
            value.mapped_name = map(&mut args, diagnostics);
            args.finish(diagnostics);
        }
        attributes.finish(diagnostics);
    }
    let mut attributes = Attributes::new(parts.attributes.iter().copied(), ENUM_ATTRIBUTES);
    if let Some(mut args) = attributes.single("map", diagnostics) {
        enumeration.mapped_name = map(&mut args, diagnostics);
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("schema", diagnostics) {
        enumeration.namespace = namespace(args, diagnostics);
    }
    attributes.finish(diagnostics);
}

/// Composite types are refused in the end; their attributes are read as far as they can be wrong on their own.
pub(super) fn composite<'a>(
    parts: &BlockParts<'a>,
    types: &Types<'a>,
    enums: &[Enum<'a>],
    diagnostics: &mut Diagnostics,
) {
    let mut columns = FxHashMap::default();
    let names: FxHashSet<_> = parts.fields.iter().map(|field| field.name.text.as_str()).collect();
    for &field in &parts.fields {
        let Some(ty) = field.ty.as_ref().and_then(|ty| types.of_composite(&ty.name)) else { continue };
        let mut attributes = Attributes::new(&field.attributes, &["map", "default"]);
        if matches!(ty, Type::Scalar(_)) {
            attributes.scoped(diagnostics);
        }
        if let Some(mut args) = attributes.single("map", diagnostics) {
            let column = map(&mut args, diagnostics);
            args.finish(diagnostics);
            let is_taken = |name: &str| name != field.name.text && names.contains(name);
            if let Some(column) = column
                && (columns.insert(column, field).is_some() || is_taken(column))
            {
                diagnostics.error(field.span, format!("the name `{column}` belongs already to another field"));
            }
        }
        if let Some(args) = attributes.single("default", diagnostics) {
            let arity = field.ty.as_ref().map_or(FieldArity::Required, |ty| ty.arity);
            defaults::read_composite(args, ty, arity, enums, diagnostics);
        }
        attributes.finish(diagnostics);
    }
}

/// Reads `@map` or `@@map`: the name in the database.
fn map<'a>(args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    let value = args.take_default("name", diagnostics)?;
    string(value, diagnostics)
}

fn namespace<'a>(mut args: Args<'a>, diagnostics: &mut Diagnostics) -> Option<Located<&'a str>> {
    let namespace = args
        .take_default("map", diagnostics)
        .and_then(|value| string(value, diagnostics).map(|text| Located { value: text, span: value.span() }));
    args.finish(diagnostics);
    namespace
}

/// Reads `map`, the name of a constraint: a string that is not empty. Keeps the place of the argument.
pub(super) fn constraint_name<'a>(args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<Located<&'a str>> {
    non_empty(args, "map", diagnostics)
}

/// Reads `name`: a string that is not empty. Keeps the place of the argument.
pub(super) fn client_name<'a>(args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<Located<&'a str>> {
    non_empty(args, "name", diagnostics)
}

fn non_empty<'a>(
    args: &mut Args<'a>,
    argument: &'static str,
    diagnostics: &mut Diagnostics,
) -> Option<Located<&'a str>> {
    let found = args.take(argument)?;
    let text = string(found.value.as_ref()?, diagnostics)?;
    if text.is_empty() {
        let message = format!("argument `{argument}` of `@{}` is empty", args.attribute.name.text);
        diagnostics.error(args.span(), message).help(format!("leave `{argument}` out to use the default name"));
        return None;
    }
    Some(Located { value: text, span: found.span })
}
