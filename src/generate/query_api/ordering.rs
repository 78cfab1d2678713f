//! In which order rows come.

use super::model::Column;
use super::types::{InputField, TypeRef};
use super::{Body, Builder};
use crate::psl::schema::ModelId;

impl<'a> Builder<'a> {
    /// By columns and related rows.
    pub(super) fn order_by_relation_input(&mut self, id: ModelId) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}OrderByWithRelationInput"), move |builder| {
            let mut fields = builder.column_orders(id);
            for side in builder.model(id).relations.clone() {
                let by = if side.is_list {
                    builder.order_by_count(side.target)
                } else {
                    builder.order_by_relation_input(side.target)
                };
                fields.push(builder.field(side.name, vec![by]));
            }
            fields.extend(builder.relevance(id));
            Body::grouped(name, fields).at_most_one()
        })
    }

    /// By columns and aggregates, for groups.
    pub(super) fn order_by_aggregation_input(&mut self, id: ModelId) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}OrderByWithAggregationInput"), move |builder| {
            let mut fields = builder.column_orders(id);
            let numbers: fn(&Column<'a>) -> bool = |column| column.kind.is_number();
            let comparable: fn(&Column<'a>) -> bool = |column| is_comparable(column);
            fields.extend(builder.aggregate_order(id, "_count", "Count", |_| true));
            fields.extend(builder.aggregate_order(id, "_avg", "Avg", numbers));
            fields.extend(builder.aggregate_order(id, "_max", "Max", comparable));
            fields.extend(builder.aggregate_order(id, "_min", "Min", comparable));
            fields.extend(builder.aggregate_order(id, "_sum", "Sum", numbers));
            Body::grouped(name, fields).at_most_one()
        })
    }

    fn column_orders(&mut self, id: ModelId) -> Vec<InputField> {
        let columns = self.model(id).columns.clone();
        columns.into_iter().map(|column| self.column_order(column)).collect()
    }

    fn column_order(&mut self, column: Column<'a>) -> InputField {
        let mut types = vec![self.sort_order()];
        if column.is_nullable {
            types.push(self.input("SortOrderInput".to_owned(), |builder| {
                let sort = builder.sort_order();
                let nulls = builder.fixed_enum("NullsOrder", &["first", "last"]);
                Body::new(vec![builder.field("sort", vec![sort]).required(), builder.field("nulls", vec![nulls])])
            }));
        }
        self.field(column.name, types)
    }

    fn order_by_count(&mut self, id: ModelId) -> TypeRef {
        let name = self.name(id);
        self.input(format!("{name}OrderByRelationAggregateInput"), move |builder| {
            let sort = builder.sort_order();
            Body::grouped(name, vec![builder.field("_count", vec![sort])]).exactly_one()
        })
    }

    fn aggregate_order(
        &mut self,
        id: ModelId,
        field: &str,
        aggregate: &str,
        which: fn(&Column<'a>) -> bool,
    ) -> Option<InputField> {
        if !self.model(id).columns.iter().any(which) {
            return None;
        }
        let name = self.name(id);
        let by = self.input(format!("{name}{aggregate}OrderByAggregateInput"), move |builder| {
            let columns: Vec<Column<'a>> =
                builder.model(id).columns.iter().filter(|column| which(column)).copied().collect();
            let sort = builder.sort_order();
            let fields = columns.iter().map(|column| builder.field(column.name, vec![sort.clone()])).collect();
            Body::grouped(name, fields).exactly_one()
        });
        Some(self.field(field, vec![by]))
    }

    /// By how well text matches a search.
    fn relevance(&mut self, id: ModelId) -> Option<InputField> {
        if !self.full_text {
            return None;
        }
        let is_text = |column: &&Column<'a>| column.kind.is_text() && !column.is_list;
        let texts: Vec<String> =
            self.model(id).columns.iter().filter(is_text).map(|column| column.name.to_owned()).collect();
        if texts.is_empty() {
            return None;
        }
        let name = self.name(id);
        let by = self.input(format!("{name}OrderByRelevanceInput"), move |builder| {
            let among = builder.api_enum(&format!("{name}OrderByRelevanceFieldEnum"), || texts);
            let sort = builder.sort_order();
            let fields = vec![
                builder.field("fields", vec![among.clone(), among.list()]).required(),
                builder.field("sort", vec![sort]).required(),
                builder.field("search", vec![TypeRef::scalar("String")]).required().parameterizable(),
            ];
            Body::grouped(name, fields)
        });
        Some(self.field("_relevance", vec![by]))
    }
}

/// Whether values have a smallest and a largest.
pub(super) fn is_comparable(column: &Column<'_>) -> bool {
    !column.is_list && !column.kind.is_json()
}
