//! `PslSchema` → the types of the query API that generators make a client of.
//!
//! Types are made when they are first referred to, breadth first: that order is part of what generators see.
//! `filters`, `ordering`, `create`, `update` and `nested` make types of arguments, `outputs` those of answers.

mod create;
mod filters;
mod model;
mod nested;
mod ordering;
mod outputs;
mod types;
mod update;

use std::collections::{HashSet, VecDeque};

pub(in crate::generate) use outputs::{in_order, operations};
pub use types::QueryApi;
use types::{
    Constraints, EnumType, FieldRefType, FieldRefTypes, InputField, InputType, InputTypes, Meta, Namespaced,
    OutputField, OutputType, TypeRef,
};

use crate::psl::schema::{EnumId, ModelId, PslSchema, Rules};
use model::{ApiModel, ScalarKind};

/// Describes the query API of a schema.
pub(super) fn query_api(schema: &PslSchema) -> QueryApi {
    let mut builder = Builder::new(schema);
    builder.outputs();
    builder.finish()
}

/// What a type is made of, once its turn comes.
struct Body {
    meta: Option<Meta>,
    constraints: Constraints,
    fields: Vec<InputField>,
}

type MakeInput<'a> = Box<dyn FnOnce(&mut Builder<'a>) -> Body + 'a>;
type MakeOutput<'a> = Box<dyn FnOnce(&mut Builder<'a>) -> Vec<OutputField> + 'a>;

struct Builder<'a> {
    schema: &'a PslSchema,
    models: Vec<ApiModel<'a>>,
    seen: HashSet<String>,
    waiting_inputs: VecDeque<(String, MakeInput<'a>)>,
    waiting_outputs: VecDeque<(String, Owner, MakeOutput<'a>)>,
    inputs: Vec<InputType>,
    outputs: Namespaced<OutputType>,
    enums: Namespaced<EnumType>,
    field_refs: Vec<FieldRefType>,
    full_text: bool,
}

/// Whose a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Api,
    Schema,
}

impl<'a> Builder<'a> {
    fn new(schema: &'a PslSchema) -> Self {
        Self {
            schema,
            models: schema.models.iter().map(|model| ApiModel::new(schema, model)).collect(),
            seen: HashSet::new(),
            waiting_inputs: VecDeque::new(),
            waiting_outputs: VecDeque::new(),
            inputs: Vec::new(),
            outputs: Namespaced { prisma: Vec::new(), model: Vec::new() },
            enums: Namespaced { prisma: Vec::new(), model: Vec::new() },
            field_refs: Vec::new(),
            full_text: schema.has_preview_feature("fullTextSearchPostgres"),
        }
    }

    fn model(&self, id: ModelId) -> &ApiModel<'a> {
        &self.models[id.0 as usize]
    }

    fn name(&self, id: ModelId) -> &'a str {
        &self.schema.model(id).name
    }

    /// A field of an input type; optional, and not nullable.
    fn field(&self, name: &str, input_types: Vec<TypeRef>) -> InputField {
        InputField {
            name: name.to_owned(),
            is_required: false,
            is_nullable: false,
            input_types,
            requires_other_fields: None,
            is_parameterizable: (self.schema.rules == Rules::Prisma7).then_some(false),
        }
    }

    /// Refers to an input type, which `make` describes if it was not referred to before.
    fn input(&mut self, name: String, make: impl FnOnce(&mut Self) -> Body + 'a) -> TypeRef {
        if self.seen.insert(name.clone()) {
            self.waiting_inputs.push_back((name.clone(), Box::new(make)));
        }
        TypeRef::api(name, "inputObjectTypes")
    }

    /// Refers to an output type, which `make` describes if it was not referred to before.
    fn output(&mut self, name: String, owner: Owner, make: impl FnOnce(&mut Self) -> Vec<OutputField> + 'a) -> TypeRef {
        if self.seen.insert(name.clone()) {
            self.waiting_outputs.push_back((name.clone(), owner, Box::new(make)));
        }
        let namespace = Some(match owner {
            Owner::Api => "prisma",
            Owner::Schema => "model",
        });
        TypeRef { name, namespace, location: "outputObjectTypes", is_list: false }
    }

    /// Refers to an enum of the API.
    fn api_enum(&mut self, name: &str, values: impl FnOnce() -> Vec<String>) -> TypeRef {
        if self.seen.insert(name.to_owned()) {
            self.enums.prisma.push(EnumType { name: name.to_owned(), values: values() });
        }
        TypeRef::api(name.to_owned(), "enumTypes")
    }

    fn fixed_enum(&mut self, name: &str, values: &[&str]) -> TypeRef {
        self.api_enum(name, || values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn sort_order(&mut self) -> TypeRef {
        self.fixed_enum("SortOrder", &["asc", "desc"])
    }

    /// Refers to an enum of the schema.
    fn schema_enum(&mut self, id: EnumId) -> TypeRef {
        let schema = self.schema;
        let found = schema.enumeration(id);
        if self.seen.insert(format!("enum {}", found.name)) {
            let values = found.values.iter().map(|value| value.name.clone()).collect();
            self.enums.model.push(EnumType { name: found.name.clone(), values });
        }
        TypeRef { name: found.name.clone(), namespace: Some("model"), location: "enumTypes", is_list: false }
    }

    /// Refers to the type of a column's values.
    fn value(&mut self, kind: ScalarKind) -> TypeRef {
        match kind {
            ScalarKind::Enum(id) => self.schema_enum(id),
            ScalarKind::Scalar(_) | ScalarKind::Uuid => TypeRef::scalar(self.type_name(kind)),
        }
    }

    /// The name of the type of a column's values.
    fn type_name(&self, kind: ScalarKind) -> &'a str {
        match kind {
            ScalarKind::Enum(id) => &self.schema.enumeration(id).name,
            ScalarKind::Uuid => "String",
            ScalarKind::Scalar(scalar) => scalar.name(),
        }
    }

    /// Describes what was referred to, and what that refers to.
    fn drain(&mut self) {
        while let Some((name, owner, make)) = self.waiting_outputs.pop_front() {
            let fields = make(self);
            match owner {
                Owner::Api => self.outputs.prisma.push(OutputType { name, fields }),
                Owner::Schema => self.outputs.model.push(OutputType { name, fields }),
            }
        }
        while let Some((name, make)) = self.waiting_inputs.pop_front() {
            let Body { meta, constraints, fields } = make(self);
            self.inputs.push(InputType { name, meta, constraints, fields });
        }
    }

    fn finish(mut self) -> QueryApi {
        self.drain();
        QueryApi {
            inputs: InputTypes { prisma: self.inputs },
            outputs: self.outputs,
            enums: self.enums,
            field_refs: FieldRefTypes { prisma: self.field_refs },
        }
    }
}

impl Body {
    fn new(fields: Vec<InputField>) -> Self {
        Self { meta: None, constraints: Constraints::default(), fields }
    }

    fn grouped(model: &str, fields: Vec<InputField>) -> Self {
        Self { meta: Some(Meta { source: None, grouping: Some(model.to_owned()) }), ..Self::new(fields) }
    }

    /// A filter on the columns of a model.
    fn about(model: &str, fields: Vec<InputField>) -> Self {
        let model = Some(model.to_owned());
        Self { meta: Some(Meta { source: model.clone(), grouping: model }), ..Self::new(fields) }
    }

    fn exactly_one(self) -> Self {
        Self { constraints: Constraints { max_num_fields: Some(1), min_num_fields: Some(1), fields: None }, ..self }
    }

    fn at_most_one(self) -> Self {
        Self { constraints: Constraints { max_num_fields: Some(1), min_num_fields: Some(0), fields: None }, ..self }
    }

    fn at_least_one_of(self, fields: Vec<String>) -> Self {
        Self {
            constraints: Constraints { max_num_fields: None, min_num_fields: Some(1), fields: Some(fields) },
            ..self
        }
    }
}

/// The name with its first letter in upper case.
fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
