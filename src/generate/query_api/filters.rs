//! Filters: what rows must be like.

use super::model::{ApiModel, Column, ScalarKind, Side};
use super::types::{FieldRefType, InputField, TypeRef};
use super::{Body, Builder, capitalised};
use crate::dbschema::types::ScalarType;
use crate::psl::schema::ModelId;

/// Which of the filters on one type of value.
#[derive(Clone, Copy)]
struct Variant {
    nullable: bool,
    /// Inside another filter, below `not` or an aggregate.
    nested: bool,
    /// Of groups: with conditions on aggregates.
    aggregates: bool,
}

const SCALAR_WHERE: &str = "ScalarWhereInput";
const WHERE: &str = "WhereInput";
const WHERE_WITH_AGGREGATES: &str = "ScalarWhereWithAggregatesInput";

impl<'a> Builder<'a> {
    /// A filter on columns and relations.
    pub(super) fn where_input(&mut self, id: ModelId) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}{WHERE}"), move |builder| {
            let mut fields = builder.combinators(id, WHERE);
            fields.extend(builder.column_filters(id, false, |_, _| true));
            fields.extend(builder.relation_filters(id));
            Body::about(name, fields)
        })
    }

    /// A filter on columns alone.
    pub(super) fn scalar_where_input(&mut self, id: ModelId) -> TypeRef {
        self.columns_where(id, SCALAR_WHERE, false)
    }

    /// A filter on groups of rows.
    pub(super) fn where_with_aggregates_input(&mut self, id: ModelId) -> TypeRef {
        self.columns_where(id, WHERE_WITH_AGGREGATES, true)
    }

    fn columns_where(&mut self, id: ModelId, suffix: &'static str, aggregates: bool) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}{suffix}"), move |builder| {
            let mut fields = builder.combinators(id, suffix);
            fields.extend(builder.column_filters(id, aggregates, |_, _| true));
            Body::about(name, fields)
        })
    }

    /// What finds one row: a unique criterion, and whatever else it must be like.
    pub(super) fn where_unique_input(&mut self, id: ModelId) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}WhereUniqueInput"), move |builder| {
            let model = builder.model(id);
            let names = model.uniques.iter().map(|criterion| criterion.name.clone()).collect();
            let single: Vec<Column<'a>> =
                model.columns.iter().filter(|column| model.is_unique(column.id)).copied().collect();
            let compounds: Vec<usize> =
                (0..model.uniques.len()).filter(|at| model.uniques[*at].fields.len() > 1).collect();
            let mut fields = Vec::new();
            for column in single {
                let value = builder.value(column.kind).list_if(column.is_list);
                fields.push(builder.field(column.name, vec![value]).parameterizable());
            }
            for at in compounds {
                fields.push(builder.compound(id, at));
            }
            fields.extend(builder.combinators(id, WHERE));
            fields.extend(builder.column_filters(id, false, |model, column| !model.is_unique(column.id)));
            fields.extend(builder.relation_filters(id));
            Body::about(name, fields).at_least_one_of(names)
        })
    }

    /// The field for a criterion of several columns.
    fn compound(&mut self, id: ModelId, at: usize) -> InputField {
        let schema = self.schema;
        let owner = self.name(id);
        let criterion = &self.model(id).uniques[at];
        let (name, columns) = (criterion.name.clone(), criterion.fields.clone());
        let type_name = match criterion.client_name {
            Some(written) => capitalised(written),
            None => columns.iter().map(|column| capitalised(&schema.model(id).field(*column).name)).collect(),
        };
        let reference = self.input(format!("{owner}{type_name}CompoundUniqueInput"), move |builder| {
            let columns: Vec<Column<'a>> =
                columns.iter().filter_map(|column| builder.model(id).column(*column)).copied().collect();
            let fields = columns
                .into_iter()
                .map(|column| {
                    let value = builder.value(column.kind);
                    builder.field(column.name, vec![value]).required().parameterizable()
                })
                .collect();
            Body::grouped(owner, fields)
        });
        self.field(&name, vec![reference])
    }

    /// `AND`, `OR` and `NOT` of filters named so.
    fn combinators(&self, id: ModelId, suffix: &str) -> Vec<InputField> {
        let own = TypeRef::api(format!("{}{suffix}", self.name(id)), "inputObjectTypes");
        let one_or_more = vec![own.clone(), own.list()];
        vec![self.field("AND", one_or_more.clone()), self.field("OR", vec![own.list()]), self.field("NOT", one_or_more)]
    }

    fn column_filters(
        &mut self,
        id: ModelId,
        aggregates: bool,
        which: impl Fn(&ApiModel<'a>, &Column<'a>) -> bool,
    ) -> Vec<InputField> {
        let model = self.model(id);
        let columns: Vec<Column<'a>> = model.columns.iter().filter(|column| which(model, column)).copied().collect();
        columns.into_iter().map(|column| self.column_filter(id, column, aggregates)).collect()
    }

    fn column_filter(&mut self, id: ModelId, column: Column<'a>, aggregates: bool) -> InputField {
        if column.is_list {
            let filter = self.list_filter(id, column.kind);
            return self.field(column.name, vec![filter]);
        }
        let variant = Variant { nullable: column.is_nullable, nested: false, aggregates };
        let filter = self.filter(column.kind, variant);
        if column.kind.is_json() {
            return self.field(column.name, vec![filter]);
        }
        let value = self.value(column.kind);
        self.field(column.name, vec![filter, value]).nullable_if(column.is_nullable).parameterizable()
    }

    fn relation_filters(&mut self, id: ModelId) -> Vec<InputField> {
        let sides = self.model(id).relations.clone();
        sides.into_iter().map(|side| self.relation_filter(side)).collect()
    }

    fn relation_filter(&mut self, side: Side<'a>) -> InputField {
        let target = self.name(side.target);
        if side.is_list {
            let filter = self.input(format!("{}ListRelationFilter", capitalised(target)), move |builder| {
                let rows = builder.where_input(side.target);
                let fields = ["every", "some", "none"].map(|name| builder.field(name, vec![rows.clone()]));
                Body::grouped(target, fields.to_vec())
            });
            return self.field(side.name, vec![filter]);
        }
        let nullable = !side.is_required;
        let infix = if nullable { "Nullable" } else { "" };
        let filter = self.input(format!("{}{infix}ScalarRelationFilter", capitalised(target)), move |builder| {
            let row = builder.where_input(side.target);
            let fields = ["is", "isNot"].map(|name| builder.field(name, vec![row.clone()]).nullable_if(nullable));
            Body::grouped(target, fields.to_vec())
        });
        let row = self.where_input(side.target);
        self.field(side.name, vec![filter, row]).nullable_if(nullable)
    }

    /// The name of a type of values in the names of filters and operations.
    pub(super) fn kind_name(&self, kind: ScalarKind) -> String {
        match kind {
            ScalarKind::Enum(_) => format!("Enum{}", self.type_name(kind)),
            ScalarKind::Uuid => "Uuid".to_owned(),
            ScalarKind::Scalar(ScalarType::Boolean) => "Bool".to_owned(),
            ScalarKind::Scalar(scalar) => scalar.name().to_owned(),
        }
    }

    fn filter(&mut self, kind: ScalarKind, variant: Variant) -> TypeRef {
        let name = format!(
            "{}{}{}{}Filter",
            if variant.nested { "Nested" } else { "" },
            self.kind_name(kind),
            if variant.nullable { "Nullable" } else { "" },
            if variant.aggregates { "WithAggregates" } else { "" },
        );
        self.input(name, move |builder| Body::new(builder.conditions(kind, variant)))
    }

    /// The conditions on values of one type.
    fn conditions(&mut self, kind: ScalarKind, variant: Variant) -> Vec<InputField> {
        let mut fields = if kind.is_json() { self.json_conditions() } else { self.scalar_conditions(kind, variant) };
        if variant.aggregates {
            fields.extend(self.aggregate_conditions(kind, variant.nullable));
        }
        fields
    }

    fn scalar_conditions(&mut self, kind: ScalarKind, variant: Variant) -> Vec<InputField> {
        use ScalarType::{Boolean, Bytes};
        let value = self.value(kind);
        let one = vec![value.clone(), self.field_ref(kind, false)];
        let condition = |builder: &Self, name: &str, types: &[TypeRef], nullable: bool| {
            builder.field(name, types.to_vec()).nullable_if(nullable).parameterizable()
        };
        let mut fields = vec![condition(self, "equals", &one, variant.nullable)];
        if kind != ScalarKind::Scalar(Boolean) {
            let several = vec![value.list(), self.field_ref(kind, true)];
            fields.extend(["in", "notIn"].map(|name| condition(self, name, &several, variant.nullable)));
        }
        if !matches!(kind, ScalarKind::Enum(_) | ScalarKind::Scalar(Boolean | Bytes)) {
            fields.extend(["lt", "lte", "gt", "gte"].map(|name| condition(self, name, &one, false)));
        }
        if kind.is_text() {
            fields.extend(["contains", "startsWith", "endsWith"].map(|name| condition(self, name, &one, false)));
            if self.full_text {
                fields.push(condition(self, "search", &[TypeRef::scalar("String")], false));
            }
        }
        if !variant.nested && (kind.is_text() || kind == ScalarKind::Uuid) {
            let mode = self.query_mode();
            fields.push(self.field("mode", vec![mode]));
        }
        let not = vec![value, self.filter(kind, Variant { nested: true, ..variant })];
        fields.push(condition(self, "not", &not, variant.nullable));
        fields
    }

    fn json_conditions(&mut self) -> Vec<InputField> {
        let json = ScalarKind::Scalar(ScalarType::Json);
        let value = vec![TypeRef::scalar("Json"), self.field_ref(json, false)];
        let mut or_null = value.clone();
        or_null.push(self.fixed_enum("JsonNullValueFilter", &["DbNull", "JsonNull", "AnyNull"]));
        let mut fields = vec![
            self.field("equals", or_null.clone()).parameterizable(),
            self.field("path", vec![TypeRef::scalar("String").list()]),
        ];
        let mode = vec![self.query_mode(), self.query_mode_ref()];
        fields.push(self.field("mode", mode));
        let text = vec![TypeRef::scalar("String"), self.field_ref(ScalarKind::Scalar(ScalarType::String), false)];
        for name in ["string_contains", "string_starts_with", "string_ends_with"] {
            fields.push(self.field(name, text.clone()).parameterizable());
        }
        for name in ["array_starts_with", "array_ends_with", "array_contains"] {
            fields.push(self.field(name, value.clone()).nullable_if(true).parameterizable());
        }
        for name in ["lt", "lte", "gt", "gte"] {
            fields.push(self.field(name, value.clone()).parameterizable());
        }
        fields.push(self.field("not", or_null).parameterizable());
        fields
    }

    fn aggregate_conditions(&mut self, kind: ScalarKind, nullable: bool) -> Vec<InputField> {
        let nested = Variant { nullable, nested: true, aggregates: false };
        let mut condition = |name: &str, kind: ScalarKind| {
            let filter = self.filter(kind, nested);
            self.field(name, vec![filter])
        };
        // Counting and comparing does not care what the text means.
        let own = if kind == ScalarKind::Uuid { ScalarKind::Scalar(ScalarType::String) } else { kind };
        let mut fields = vec![condition("_count", ScalarKind::Scalar(ScalarType::Int))];
        if kind.is_number() {
            fields.push(condition("_avg", average(kind)));
            fields.push(condition("_sum", kind));
        }
        fields.push(condition("_min", own));
        fields.push(condition("_max", own));
        fields
    }

    /// A filter on lists.
    fn list_filter(&mut self, id: ModelId, kind: ScalarKind) -> TypeRef {
        let owner = self.name(id);
        let kind_name = if kind == ScalarKind::Uuid { "String".to_owned() } else { self.kind_name(kind) };
        self.input(format!("{kind_name}NullableListFilter"), move |builder| {
            let value = builder.value(kind);
            let list = vec![value.list(), builder.field_ref(kind, true)];
            let one = vec![value, builder.field_ref(kind, false)];
            let fields = vec![
                builder.field("equals", list.clone()).nullable_if(true).parameterizable(),
                builder.field("has", one).nullable_if(true).parameterizable(),
                builder.field("hasEvery", list.clone()).parameterizable(),
                builder.field("hasSome", list).parameterizable(),
                builder.field("isEmpty", vec![TypeRef::scalar("Boolean")]),
            ];
            Body::grouped(owner, fields).exactly_one()
        })
    }

    /// A reference to another field, in the place of a value.
    fn field_ref(&mut self, kind: ScalarKind, is_list: bool) -> TypeRef {
        let kind_name = match kind {
            ScalarKind::Enum(_) => self.kind_name(kind),
            ScalarKind::Scalar(_) | ScalarKind::Uuid => self.type_name(kind).to_owned(),
        };
        let allowed = self.value(kind).list_if(is_list);
        self.field_ref_to(&kind_name, allowed)
    }

    fn field_ref_to(&mut self, kind_name: &str, allowed: TypeRef) -> TypeRef {
        let list = if allowed.is_list { "List" } else { "" };
        let name = format!("{list}{kind_name}FieldRefInput");
        if self.seen.insert(name.clone()) {
            let fields =
                ["_ref", "_container"].map(|name| self.field(name, vec![TypeRef::scalar("String")]).required());
            let described = FieldRefType { name: name.clone(), allow_types: vec![allowed], fields: fields.to_vec() };
            self.field_refs.push(described);
        }
        TypeRef::api(name, "fieldRefTypes")
    }

    fn query_mode(&mut self) -> TypeRef {
        self.fixed_enum("QueryMode", &["default", "insensitive"])
    }

    fn query_mode_ref(&mut self) -> TypeRef {
        let mode = self.query_mode();
        self.field_ref_to("EnumQueryMode", mode)
    }
}

/// The type of an average.
pub(super) fn average(kind: ScalarKind) -> ScalarKind {
    match kind {
        ScalarKind::Scalar(ScalarType::Decimal) => kind,
        ScalarKind::Scalar(_) | ScalarKind::Uuid | ScalarKind::Enum(_) => ScalarKind::Scalar(ScalarType::Float),
    }
}
