//! Operations, and what they answer.

use super::filters::average;
use super::model::{Column, ScalarKind, Side};
use super::ordering::is_comparable;
use super::types::{InputField, OutputField, TypeRef};
use super::{Builder, Owner, capitalised};
use crate::psl::schema::{ModelId, ModelKind, PslSchema};

impl<'a> Builder<'a> {
    /// Queues all operations.
    pub(super) fn outputs(&mut self) {
        self.fixed_enum(
            "TransactionIsolationLevel",
            &["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"],
        );
        let models = in_order(self.schema);
        let readable = models.clone();
        self.output("Query".to_owned(), Owner::Api, move |builder| {
            readable.iter().flat_map(|id| builder.reads(*id)).collect()
        });
        self.output("Mutation".to_owned(), Owner::Api, move |builder| {
            let mut fields: Vec<OutputField> = models
                .iter()
                .filter(|id| !builder.model(**id).is_view)
                .copied()
                .collect::<Vec<_>>()
                .into_iter()
                .flat_map(|id| builder.writes(id))
                .collect();
            for name in ["executeRaw", "queryRaw"] {
                let query = builder.field("query", vec![TypeRef::scalar("String")]).required();
                let parameters = builder.field("parameters", vec![TypeRef::scalar("Json")]);
                fields.push(answer(name, vec![query, parameters], TypeRef::scalar("Json")));
            }
            fields
        });
    }

    fn reads(&mut self, id: ModelId) -> Vec<OutputField> {
        let name = self.name(id);
        let row = self.row(id);
        let has_unique = !self.model(id).uniques.is_empty();
        let mut fields = vec![
            nullable(answer(format!("findFirst{name}"), self.row_args(id), row.clone())),
            nullable(answer(format!("findFirst{name}OrThrow"), self.row_args(id), row.clone())),
            answer(format!("findMany{name}"), self.row_args(id), row.list()),
        ];
        let args = self.many_args(id, false);
        let aggregate =
            self.output(format!("Aggregate{}", capitalised(name)), Owner::Api, move |builder| builder.aggregates(id));
        fields.push(answer(format!("aggregate{name}"), args, aggregate));
        fields.push(self.group_by(id));
        if has_unique {
            let unique = self.where_unique_input(id);
            let args = self.loading(vec![self.field("where", vec![unique]).required()]);
            fields.push(nullable(answer(format!("findUnique{name}"), args.clone(), row.clone())));
            fields.push(nullable(answer(format!("findUnique{name}OrThrow"), args, row)));
        }
        fields
    }

    fn operations_of(&self, id: ModelId) -> Vec<(&'static str, String)> {
        let name = self.name(id);
        let model = self.model(id);
        let unique = !model.uniques.is_empty();
        let writable = !model.is_view;
        let creatable = writable && model.creatable;
        // Whether there is such an operation, what it does, and what stands around the model's name.
        let all = [
            (true, "aggregate", "aggregate", ""),
            (creatable, "createMany", "createMany", ""),
            (creatable, "createManyAndReturn", "createMany", "AndReturn"),
            (creatable, "createOne", "createOne", ""),
            (writable, "deleteMany", "deleteMany", ""),
            (writable && unique, "deleteOne", "deleteOne", ""),
            (true, "findFirst", "findFirst", ""),
            (true, "findFirstOrThrow", "findFirst", "OrThrow"),
            (true, "findMany", "findMany", ""),
            (unique, "findUnique", "findUnique", ""),
            (unique, "findUniqueOrThrow", "findUnique", "OrThrow"),
            (true, "groupBy", "groupBy", ""),
            (writable, "updateMany", "updateMany", ""),
            (writable, "updateManyAndReturn", "updateMany", "AndReturn"),
            (writable && unique, "updateOne", "updateOne", ""),
            (creatable && unique, "upsertOne", "upsertOne", ""),
        ];
        let named = |(exists, kind, before, after): (bool, &'static str, &str, &str)| {
            exists.then(|| (kind, format!("{before}{name}{after}")))
        };
        all.into_iter().filter_map(named).collect()
    }

    fn writes(&mut self, id: ModelId) -> Vec<OutputField> {
        let name = self.name(id);
        let row = self.row(id);
        let creatable = self.model(id).creatable;
        let has_unique = !self.model(id).uniques.is_empty();
        let mut fields = Vec::new();
        if creatable {
            let new = self.create_inputs(id, None).to_vec();
            let data = self.field("data", new).required_if(self.creating_demands_something(id));
            fields.push(answer(format!("createOne{name}"), self.loading(vec![data]), row.clone()));
        }
        if creatable && has_unique {
            let unique = self.where_unique_input(id);
            let new = self.create_inputs(id, None).to_vec();
            let changed = self.update_inputs(id, None).to_vec();
            let args = vec![
                self.field("where", vec![unique]).required(),
                self.field("create", new).required(),
                self.field("update", changed).required(),
            ];
            fields.push(answer(format!("upsertOne{name}"), self.loading(args), row.clone()));
        }
        if creatable {
            let new = self.create_many_input(id, None);
            let data = self.field("data", vec![new.clone(), new.list()]).required();
            let args = vec![data, self.field("skipDuplicates", vec![TypeRef::scalar("Boolean")])];
            let affected = self.affected_rows();
            fields.push(answer(format!("createMany{name}"), args.clone(), affected));
            let written = self.written_row(id, "CreateMany");
            fields.push(answer(format!("createMany{name}AndReturn"), args, written.list()));
        }
        if has_unique {
            let unique = self.where_unique_input(id);
            let where_unique = self.field("where", vec![unique]).required();
            let args = self.loading(vec![where_unique.clone()]);
            fields.push(nullable(answer(format!("deleteOne{name}"), args, row.clone())));
            let changed = self.update_inputs(id, None).to_vec();
            let data = self.field("data", changed).required();
            let args = self.loading(vec![data, where_unique]);
            fields.push(nullable(answer(format!("updateOne{name}"), args, row)));
        }
        let changed = self.update_many_inputs(id, None).to_vec();
        let data = self.field("data", changed).required();
        let rows = self.where_input(id);
        let which = vec![self.field("where", vec![rows]), self.field("limit", vec![TypeRef::scalar("Int")])];
        let args: Vec<InputField> = std::iter::once(data).chain(which.clone()).collect();
        let affected = self.affected_rows();
        fields.push(answer(format!("updateMany{name}"), args.clone(), affected.clone()));
        let written = self.written_row(id, "UpdateMany");
        fields.push(answer(format!("updateMany{name}AndReturn"), args, written.list()));
        fields.push(answer(format!("deleteMany{name}"), which, affected));
        fields
    }

    /// The arguments with which many rows are read.
    fn many_args(&mut self, id: ModelId, distinct: bool) -> Vec<InputField> {
        let rows = self.where_input(id);
        let order = self.order_by_relation_input(id);
        let mut args = vec![self.field("where", vec![rows]), self.field("orderBy", vec![order.list(), order])];
        if !self.model(id).uniques.is_empty() {
            let unique = self.where_unique_input(id);
            args.push(self.field("cursor", vec![unique]));
        }
        args.extend(self.page(id));
        if distinct {
            let columns = self.columns_enum(id);
            args.push(self.field("distinct", vec![columns.clone(), columns.list()]));
        }
        args
    }

    /// The arguments with which rows are read.
    fn row_args(&mut self, id: ModelId) -> Vec<InputField> {
        let args = self.many_args(id, true);
        self.loading(args)
    }

    /// The arguments, and by which kind of query related rows are loaded where one may choose.
    fn loading(&mut self, mut args: Vec<InputField>) -> Vec<InputField> {
        if self.schema.has_preview_feature("relationJoins") {
            let strategy = self.fixed_enum("RelationLoadStrategy", &["query", "join"]);
            args.push(self.field("relationLoadStrategy", vec![strategy]));
        }
        args
    }

    /// Which part of the rows. Without a unique criterion only a given order makes that certain.
    fn page(&self, id: ModelId) -> [InputField; 2] {
        let requires_other_fields = self.model(id).uniques.is_empty().then_some(["orderBy"]);
        ["take", "skip"].map(|name| {
            let field = self.field(name, vec![TypeRef::scalar("Int")]);
            InputField { requires_other_fields, ..field }
        })
    }

    fn columns_enum(&mut self, id: ModelId) -> TypeRef {
        let names: Vec<String> = self.model(id).columns.iter().map(|column| column.name.to_owned()).collect();
        self.api_enum(&format!("{}ScalarFieldEnum", capitalised(self.name(id))), || names)
    }

    fn group_by(&mut self, id: ModelId) -> OutputField {
        let name = self.name(id);
        let rows = self.where_input(id);
        let order = self.order_by_aggregation_input(id);
        let columns = self.columns_enum(id);
        let having = self.where_with_aggregates_input(id);
        let mut args = vec![
            self.field("where", vec![rows]),
            self.field("orderBy", vec![order.list(), order]),
            self.field("by", vec![columns.list(), columns]).required(),
            self.field("having", vec![having]),
        ];
        args.extend(self.page(id));
        let group = self.output(format!("{}GroupByOutputType", capitalised(name)), Owner::Api, move |builder| {
            let mut fields = builder.column_outputs(id);
            fields.extend(builder.aggregates(id));
            fields
        });
        answer(format!("groupBy{name}"), args, group.list())
    }

    /// A row of a model.
    fn row(&mut self, id: ModelId) -> TypeRef {
        self.output(self.name(id).to_owned(), Owner::Schema, move |builder| {
            let mut fields = builder.column_outputs(id);
            for side in builder.model(id).relations.clone() {
                fields.push(builder.related(side));
            }
            fields.extend(builder.counts(id));
            fields
        })
    }

    /// A row that a statement for many rows answers: without what another query would have to look up.
    fn written_row(&mut self, id: ModelId, operation: &str) -> TypeRef {
        self.output(format!("{operation}{}AndReturnOutputType", self.name(id)), Owner::Schema, move |builder| {
            let mut fields = builder.column_outputs(id);
            for side in builder.model(id).relations.clone() {
                if side.holds_key {
                    fields.push(builder.related(side));
                }
            }
            fields
        })
    }

    fn column_outputs(&mut self, id: ModelId) -> Vec<OutputField> {
        let columns = self.model(id).columns.clone();
        let output = |column: &Column<'a>| {
            let value = self.value(column.kind).list_if(column.is_list);
            let field = answer(column.name, Vec::new(), value);
            if column.is_nullable || column.is_list { nullable(field) } else { field }
        };
        columns.iter().map(output).collect()
    }

    fn related(&mut self, side: Side<'a>) -> OutputField {
        let row = self.row(side.target);
        if side.is_list {
            let args = self.many_args(side.target, true);
            return nullable(answer(side.name, args, row.list()));
        }
        if side.is_required {
            return answer(side.name, Vec::new(), row);
        }
        let filter = self.where_input(side.target);
        nullable(answer(side.name, vec![self.field("where", vec![filter])], row))
    }

    /// How many related rows there are.
    fn counts(&mut self, id: ModelId) -> Option<OutputField> {
        let lists: Vec<Side<'a>> = self.model(id).relations.iter().filter(|side| side.is_list).copied().collect();
        if lists.is_empty() {
            return None;
        }
        let counts =
            self.output(format!("{}CountOutputType", capitalised(self.name(id))), Owner::Api, move |builder| {
                let count = |side: Side<'a>| {
                    let rows = builder.where_input(side.target);
                    answer(side.name, vec![builder.field("where", vec![rows])], TypeRef::scalar("Int"))
                };
                lists.into_iter().map(count).collect()
            });
        Some(answer("_count", Vec::new(), counts))
    }

    fn affected_rows(&mut self) -> TypeRef {
        self.output("AffectedRowsOutput".to_owned(), Owner::Api, |_| {
            vec![answer("count", Vec::new(), TypeRef::scalar("Int"))]
        })
    }

    /// What can be computed of many rows.
    fn aggregates(&mut self, id: ModelId) -> Vec<OutputField> {
        if self.model(id).columns.is_empty() {
            return Vec::new();
        }
        let name = self.name(id);
        let count = self.output(format!("{}CountAggregateOutputType", capitalised(name)), Owner::Api, move |builder| {
            let mut fields: Vec<OutputField> = builder
                .model(id)
                .columns
                .iter()
                .map(|column| answer(column.name, Vec::new(), TypeRef::scalar("Int")))
                .collect();
            fields.push(answer("_all", Vec::new(), TypeRef::scalar("Int")));
            fields
        });
        let mut fields = vec![nullable(answer("_count", Vec::new(), count))];
        let numbers: fn(&Column<'a>) -> bool = |column| column.kind.is_number();
        let comparable: fn(&Column<'a>) -> bool = |column| is_comparable(column);
        fields.extend(self.aggregate(id, "Avg", numbers, |column| (average(column.kind), false)));
        fields.extend(self.aggregate(id, "Sum", numbers, |column| (column.kind, column.is_list)));
        fields.extend(self.aggregate(id, "Min", comparable, |column| (column.kind, false)));
        fields.extend(self.aggregate(id, "Max", comparable, |column| (column.kind, false)));
        fields
    }

    fn aggregate(
        &mut self,
        id: ModelId,
        aggregate: &str,
        which: fn(&Column<'a>) -> bool,
        result: fn(&Column<'a>) -> (ScalarKind, bool),
    ) -> Option<OutputField> {
        if !self.model(id).columns.iter().any(which) {
            return None;
        }
        let answers = self.output(
            format!("{}{aggregate}AggregateOutputType", capitalised(self.name(id))),
            Owner::Api,
            move |builder| {
                let columns: Vec<Column<'a>> =
                    builder.model(id).columns.iter().filter(|column| which(column)).copied().collect();
                let output = |column: Column<'a>| {
                    let (kind, is_list) = result(&column);
                    nullable(answer(column.name, Vec::new(), builder.value(kind).list_if(is_list)))
                };
                columns.into_iter().map(output).collect()
            },
        );
        Some(nullable(answer(format!("_{}", aggregate.to_lowercase()), Vec::new(), answers)))
    }
}

/// Models, then views, without those that the API hides.
pub(in crate::generate) fn in_order(schema: &PslSchema) -> Vec<ModelId> {
    let of = |kind: ModelKind| {
        (0u32..)
            .zip(&schema.models)
            .filter(move |(_, model)| model.kind == kind && !model.ignored)
            .map(|(id, _)| ModelId(id))
    };
    of(ModelKind::Model).chain(of(ModelKind::View)).collect()
}

fn answer(name: impl Into<String>, args: Vec<InputField>, output_type: TypeRef) -> OutputField {
    OutputField { name: name.into(), args, is_nullable: false, output_type }
}

fn nullable(field: OutputField) -> OutputField {
    OutputField { is_nullable: true, ..field }
}

/// The operations of each model: what they do, sorted, and what they are called.
pub(in crate::generate) fn operations(schema: &PslSchema) -> Vec<(String, Vec<(&'static str, String)>)> {
    let builder = Builder::new(schema);
    in_order(schema).into_iter().map(|id| (builder.name(id).to_owned(), builder.operations_of(id))).collect()
}
