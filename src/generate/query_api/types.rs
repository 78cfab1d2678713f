//! The shapes of the query API description, as generators get it (spec/psl.md section 10.2).

use serde::Serialize;

/// All types of the query API.
#[derive(Debug, Serialize)]
pub struct QueryApi {
    /// Types of arguments.
    #[serde(rename = "inputObjectTypes")]
    pub(super) inputs: InputTypes,
    /// Types of answers.
    #[serde(rename = "outputObjectTypes")]
    pub(super) outputs: Namespaced<OutputType>,
    /// Enums of the API and of the schema.
    #[serde(rename = "enumTypes")]
    pub(super) enums: Namespaced<EnumType>,
    /// References to fields in filters.
    #[serde(rename = "fieldRefTypes")]
    pub(super) field_refs: FieldRefTypes,
}

/// Types of arguments; all belong to the API.
#[derive(Debug, Serialize)]
pub(super) struct InputTypes {
    /// In the order in which they are first referred to; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) prisma: Vec<InputType>,
}

/// Types that belong to the API, and types that the schema names.
#[derive(Debug, Serialize)]
pub(super) struct Namespaced<T> {
    /// Of the API.
    pub(super) prisma: Vec<T>,
    /// Of the schema; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) model: Vec<T>,
}

/// References to fields.
#[derive(Debug, Serialize)]
pub(super) struct FieldRefTypes {
    /// All of them; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) prisma: Vec<FieldRefType>,
}

/// A type of arguments.
#[derive(Debug, Serialize)]
pub(super) struct InputType {
    /// Its name.
    pub(super) name: String,
    /// Which model it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meta: Option<Meta>,
    /// How many fields a value must have.
    pub(super) constraints: Constraints,
    /// Its fields.
    pub(super) fields: Vec<InputField>,
}

/// Which model a type is about.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Meta {
    /// The model whose columns are filtered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// The model with which generators group it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grouping: Option<String>,
}

/// How many fields a value must have.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Constraints {
    /// At most.
    pub(super) max_num_fields: Option<u32>,
    /// At least.
    pub(super) min_num_fields: Option<u32>,
    /// Of these; left out if it is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fields: Option<Vec<String>>,
}

/// A field of an input type, or an argument.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InputField {
    /// Its name.
    pub(super) name: String,
    /// Whether it must be given.
    pub(super) is_required: bool,
    /// Whether it may be null.
    pub(super) is_nullable: bool,
    /// What it may be.
    pub(super) input_types: Vec<TypeRef>,
    /// Whether a plan with a placeholder here can be used again; Prisma 7 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_parameterizable: Option<bool>,
    /// Fields without which it means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requires_other_fields: Option<[&'static str; 1]>,
}

/// A type of answers.
#[derive(Debug, Serialize)]
pub(super) struct OutputType {
    /// Its name.
    pub(super) name: String,
    /// Its fields.
    pub(super) fields: Vec<OutputField>,
}

/// A field of an output type, or an operation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutputField {
    /// Its name.
    pub(super) name: String,
    /// Its arguments.
    pub(super) args: Vec<InputField>,
    /// Whether it may be null.
    pub(super) is_nullable: bool,
    /// What it is.
    pub(super) output_type: TypeRef,
}

/// An enum.
#[derive(Debug, Serialize)]
pub(super) struct EnumType {
    /// Its name.
    pub(super) name: String,
    /// Its values.
    pub(super) values: Vec<String>,
}

/// A reference to a field of the same model, as the value of a filter.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldRefType {
    /// Its name.
    pub(super) name: String,
    /// Types that the field may have.
    pub(super) allow_types: Vec<TypeRef>,
    /// How it is written.
    pub(super) fields: Vec<InputField>,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeRef {
    /// Its name.
    #[serde(rename = "type")]
    pub(super) name: String,
    /// Whose it is; none for scalars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<&'static str>,
    /// Which list describes it.
    pub(super) location: &'static str,
    /// Whether it is a list of them.
    pub(super) is_list: bool,
}

impl TypeRef {
    pub(super) fn scalar(name: &str) -> Self {
        Self { name: name.to_owned(), namespace: None, location: "scalar", is_list: false }
    }

    pub(super) fn null() -> Self {
        Self::scalar("Null")
    }

    pub(super) fn api(name: String, location: &'static str) -> Self {
        Self { name, namespace: Some("prisma"), location, is_list: false }
    }

    pub(super) fn list(&self) -> Self {
        Self { is_list: true, ..self.clone() }
    }

    pub(super) fn list_if(self, is_list: bool) -> Self {
        Self { is_list, ..self }
    }
}

impl InputField {
    pub(super) fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub(super) fn required_if(mut self, required: bool) -> Self {
        self.is_required = required;
        self
    }

    /// Null is one more thing that it may be.
    pub(super) fn nullable_if(mut self, nullable: bool) -> Self {
        if nullable {
            self.is_nullable = true;
            self.input_types.push(TypeRef::null());
        }
        self
    }

    pub(super) fn parameterizable(mut self) -> Self {
        self.is_parameterizable = self.is_parameterizable.map(|_| true);
        self
    }
}
