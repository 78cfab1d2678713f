//! What will be written and what it is called, before anything is.

use std::collections::{HashMap, HashSet};

use super::commented::{self, CommentedModel};
use super::many_to_many::{self, JoinTable};
use super::names::{free, is_reserved, member_name, sanitized, string, type_name};
use super::relations::RelationField;
use super::warnings::{Warning, Warnings};
use super::{Previous, PullOptions, keys};
use crate::dbschema::helpers::is_helper;
use crate::dbschema::{Column, ColumnArity, ColumnType, DbSchema, Enum, Index, QualifiedName, Table, View};
use crate::psl::Span;
use crate::psl::schema::{self as psl, PslSchema, RelationMode, Rules};

/// Everything that will be written.
pub(super) struct Plan<'a> {
    pub(super) database: &'a DbSchema,
    pub(super) previous: Option<&'a PslSchema>,
    pub(super) settings: Settings<'a>,
    /// By (namespace, name) of the tables.
    pub(super) models: Vec<ModelPlan<'a>>,
    pub(super) by_table: HashMap<&'a QualifiedName, usize>,
    pub(super) join_tables: Vec<JoinTable<'a>>,
    pub(super) enums: Vec<EnumPlan<'a>>,
    pub(super) by_enum: HashMap<&'a QualifiedName, usize>,
    pub(super) views: Vec<ViewPlan<'a>>,
    /// Blocks of before whose tables and views are still there.
    pub(super) previous_models: HashSet<Span>,
    pub(super) previous_views: HashSet<Span>,
    pub(super) warnings: Warnings,
}

/// What the configuration says about how to write.
pub(super) struct Settings<'a> {
    /// Native types are written `@<datasource>.<Type>`.
    pub(super) datasource: &'a str,
    pub(super) rules: Rules,
    pub(super) relation_mode: RelationMode,
    /// Whether everything says its namespace.
    pub(super) multi_schema: bool,
    pub(super) has_generators: bool,
    /// Whether new relations are named after models and fields instead of tables and columns.
    schema_names: bool,
    pub(super) views: bool,
    pub(super) extensions: &'a [psl::Extension],
}

/// A table that becomes a model.
pub(super) struct ModelPlan<'a> {
    pub(super) table: &'a Table,
    pub(super) previous: Option<&'a psl::Model>,
    /// Where it was commented out before.
    pub(super) commented: Option<Span>,
    pub(super) name: String,
    /// Whether it was called so before.
    keeps_name: bool,
    /// The name without regard to others and to the schema of before.
    type_name: String,
    pub(super) fields: Vec<FieldPlan<'a>>,
    pub(super) by_column: HashMap<&'a str, usize>,
    /// Those that can be written.
    pub(super) indexes: Vec<&'a Index>,
    /// Marked `@@ignore`.
    pub(super) ignored: bool,
    /// Whether the client can tell its rows apart.
    pub(super) has_identifier: bool,
    pub(super) relations: Vec<RelationField>,
    /// Names of fields in use.
    pub(super) taken: HashSet<String>,
}

/// A column that becomes a field.
pub(super) struct FieldPlan<'a> {
    pub(super) column: &'a Column,
    pub(super) previous: Option<&'a psl::Field>,
    pub(super) name: String,
}

/// An enum.
pub(super) struct EnumPlan<'a> {
    pub(super) item: &'a Enum,
    pub(super) previous: Option<&'a psl::Enum>,
    pub(super) name: String,
    pub(super) values: Vec<ValuePlan<'a>>,
}

/// A value of an enum.
pub(super) struct ValuePlan<'a> {
    pub(super) label: &'a str,
    pub(super) previous: Option<&'a psl::EnumValue>,
    pub(super) name: String,
}

/// A view.
pub(super) struct ViewPlan<'a> {
    pub(super) view: &'a View,
    pub(super) previous: Option<&'a psl::Model>,
    pub(super) name: String,
    pub(super) fields: Vec<FieldPlan<'a>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(database: &'a DbSchema, previous: &Previous<'a>, options: &PullOptions) -> Self {
        let mut join_tables = many_to_many::find(database);
        loop {
            let plan = Self::with_join_tables(database, previous, options, join_tables);
            let well_sided = plan.well_sided();
            if well_sided.len() == plan.join_tables.len() {
                return plan;
            }
            // The others become models, which may change names.
            join_tables = well_sided;
        }
    }

    /// The join tables whose column `A` refers to the model that comes first by name, as the schema language has it. With
    /// the names of models the sides would be exchanged.
    fn well_sided(&self) -> Vec<JoinTable<'a>> {
        let name = |table: &QualifiedName| self.by_table.get(table).map(|at| &self.models[*at].name);
        self.join_tables.iter().filter(|join| name(join.a) <= name(join.b)).copied().collect()
    }

    fn with_join_tables(
        database: &'a DbSchema,
        previous: &Previous<'a>,
        options: &PullOptions,
        join_tables: Vec<JoinTable<'a>>,
    ) -> Self {
        let settings = Settings::new(previous.schema, options);
        let kept = (!options.force).then_some(previous.schema);
        let index = PreviousIndex::new(kept, &database.default_namespace);
        let commented = if options.force { Vec::new() } else { commented::find(previous.files) };
        let commented = commented::by_table(&commented, &database.default_namespace);
        let hidden: HashSet<&QualifiedName> = join_tables.iter().map(|join| &join.table.name).collect();
        let tables = database.tables.iter().filter(|table| !hidden.contains(&table.name) && !is_helper(table));

        let mut plan = Self {
            database,
            previous: kept,
            models: tables
                .map(|table| {
                    let key = key(&table.name);
                    ModelPlan::new(table, &settings, index.models.get(&key).copied(), commented.get(&key).copied())
                })
                .collect(),
            by_table: HashMap::new(),
            join_tables,
            enums: database
                .enums
                .iter()
                .map(|item| EnumPlan::new(item, index.enums.get(&key(&item.name)).copied()))
                .collect(),
            by_enum: HashMap::new(),
            views: Vec::new(),
            previous_models: HashSet::new(),
            previous_views: HashSet::new(),
            warnings: Warnings::default(),
            settings,
        };
        if plan.settings.views {
            plan.views = database
                .views
                .iter()
                .filter(|view| !view.columns.is_empty())
                .map(|view| ViewPlan::new(view, index.views.get(&key(&view.name)).copied()))
                .collect();
        }
        plan.previous_models = plan.models.iter().filter_map(|model| Some(model.previous?.span)).collect();
        plan.previous_views = plan.views.iter().filter_map(|view| Some(view.previous?.span)).collect();
        plan.separate_names();
        plan.gone();
        plan.by_table = plan.models.iter().enumerate().map(|(at, model)| (&model.table.name, at)).collect();
        plan.by_enum = plan.enums.iter().enumerate().map(|(at, item)| (&item.item.name, at)).collect();
        plan
    }

    /// Says what was in the schema and is not in the database.
    fn gone(&mut self) {
        let Some(previous) = self.previous else { return };
        let enums: HashSet<Span> = self.enums.iter().filter_map(|item| Some(item.previous?.span)).collect();
        for model in &previous.models {
            let (kind, known) = match model.kind {
                psl::ModelKind::Model => ("model", &self.previous_models),
                psl::ModelKind::View => ("view", &self.previous_views),
            };
            if !known.contains(&model.span) {
                self.warnings.add(Warning::Gone, format!("Type: \"{kind}\", name: {}", string(&model.name)));
            }
        }
        for item in previous.enums.iter().filter(|item| !enums.contains(&item.span)) {
            self.warnings.add(Warning::Gone, format!("Type: \"enum\", name: {}", string(&item.name)));
        }
        let views = self.views.iter().filter_map(|view| Some((view.previous?, &view.fields)));
        let models = self.models.iter().filter_map(|model| Some((model.previous?, &model.fields)));
        for (model, fields) in models.chain(views) {
            let there: HashSet<&str> = fields.iter().filter_map(|field| Some(field.previous?.name.as_str())).collect();
            for (_, field, _) in model.scalar_fields().filter(|(_, field, _)| !there.contains(field.name.as_str())) {
                let name = string(&format!("{}.{}", model.name, field.name));
                self.warnings.add(Warning::Gone, format!("Type: \"field\", name: {name}"));
            }
        }
    }

    /// Gives another name to what is new and called like something else.
    fn separate_names(&mut self) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let models = self.models.iter().map(|model| &model.name);
        let all =
            models.chain(self.enums.iter().map(|item| &item.name)).chain(self.views.iter().map(|view| &view.name));
        for name in all {
            *counts.entry(name.clone()).or_default() += 1;
        }
        // What was there before keeps its name.
        let mut taken: HashSet<String> = HashSet::new();
        taken.extend(self.models.iter().filter(|model| model.keeps_name).map(|model| model.name.clone()));
        taken.extend(self.enums.iter().filter(|item| item.previous.is_some()).map(|item| item.name.clone()));
        taken.extend(self.views.iter().filter(|view| view.previous.is_some()).map(|view| view.name.clone()));
        // So does what was commented out, unless somebody took its name.
        for model in self.models.iter_mut().filter(|model| model.commented.is_some()) {
            model.keeps_name = taken.insert(model.name.clone());
        }
        let mut separate = |name: &mut String, qualified: &QualifiedName, kind: &str, warnings: &mut Warnings| {
            if counts.get(name).is_some_and(|count| *count > 1) {
                let prefixed = sanitized(&format!("{}_{}", qualified.namespace, qualified.name));
                *name = free(prefixed, &mut taken);
                warnings.add(Warning::Renamed, format!("Type: \"{kind}\", name: \"{name}\""));
            } else {
                *name = free(std::mem::take(name), &mut taken);
            }
        };
        for model in self.models.iter_mut().filter(|model| !model.keeps_name) {
            separate(&mut model.name, &model.table.name, "model", &mut self.warnings);
        }
        for item in self.enums.iter_mut().filter(|item| item.previous.is_none()) {
            separate(&mut item.name, &item.item.name, "enum", &mut self.warnings);
        }
        for view in self.views.iter_mut().filter(|view| view.previous.is_none()) {
            separate(&mut view.name, &view.view.name, "view", &mut self.warnings);
        }
    }
}

impl<'a> Settings<'a> {
    fn new(schema: &'a PslSchema, options: &PullOptions) -> Self {
        let datasource = schema.datasource.as_ref();
        Self {
            datasource: datasource.map_or("db", |datasource| &datasource.name),
            rules: schema.rules,
            relation_mode: datasource.map(|datasource| datasource.relation_mode).unwrap_or_default(),
            multi_schema: options.namespaces.is_some()
                || datasource.is_some_and(|datasource| !datasource.namespaces.is_empty()),
            has_generators: !schema.generators.is_empty(),
            schema_names: options.schema_names,
            views: schema.has_preview_feature("views"),
            extensions: datasource.map(|datasource| datasource.extensions.as_slice()).unwrap_or_default(),
        }
    }
}

impl Settings<'_> {
    /// What a model is called in the names of new relations.
    pub(super) fn model_in_names<'m>(&self, model: &'m ModelPlan<'_>) -> &'m str {
        if self.schema_names { &model.name } else { &model.type_name }
    }

    /// What a column is called in the names of new relations.
    pub(super) fn column_in_names(&self, model: &ModelPlan<'_>, column: &str) -> String {
        match model.field(column) {
            Some(field) if self.schema_names => field.name.clone(),
            _ => sanitized(column),
        }
    }
}

pub(super) type Key<'a> = (&'a str, &'a str);

fn key(name: &QualifiedName) -> Key<'_> {
    (&name.namespace, &name.name)
}

/// What was there before, by its name in the database.
#[derive(Default)]
struct PreviousIndex<'a> {
    models: HashMap<Key<'a>, &'a psl::Model>,
    views: HashMap<Key<'a>, &'a psl::Model>,
    enums: HashMap<Key<'a>, &'a psl::Enum>,
}

impl<'a> PreviousIndex<'a> {
    fn new(previous: Option<&'a PslSchema>, default_namespace: &'a str) -> Self {
        let mut index = Self::default();
        let Some(previous) = previous else { return index };
        for model in &previous.models {
            let key = (model.namespace.as_deref().unwrap_or(default_namespace), model.database_name());
            match model.kind {
                psl::ModelKind::Model => index.models.insert(key, model),
                psl::ModelKind::View => index.views.insert(key, model),
            };
        }
        for item in &previous.enums {
            let key = (item.namespace.as_deref().unwrap_or(default_namespace), item.database_name());
            index.enums.insert(key, item);
        }
        index
    }
}

impl<'a> ModelPlan<'a> {
    fn new(
        table: &'a Table,
        settings: &Settings<'_>,
        previous: Option<&'a psl::Model>,
        commented: Option<&CommentedModel>,
    ) -> Self {
        let commented = commented.filter(|_| previous.is_none());
        let name = previous.map(|previous| &previous.name).or(commented.map(|commented| &commented.name));
        let type_name = type_name(&table.name.name);
        let (fields, taken) = fields(&table.columns, previous);
        let by_column =
            fields.iter().enumerate().map(|(position, field)| (field.column.name.as_str(), position)).collect();
        let mut model = Self {
            table,
            previous,
            commented: commented.map(|commented| commented.span),
            keeps_name: previous.is_some(),
            name: name.unwrap_or(&type_name).clone(),
            type_name,
            fields,
            by_column,
            indexes: keys::writable(settings, table),
            ignored: false,
            has_identifier: false,
            relations: Vec::new(),
            taken,
        };
        model.has_identifier = keys::has_identifier(&model);
        model.ignored = !model.has_identifier || previous.is_some_and(|previous| previous.ignored);
        model
    }

    /// The field of a column.
    pub(super) fn field(&self, column: &str) -> Option<&FieldPlan<'a>> {
        self.fields.get(*self.by_column.get(column)?)
    }

    /// Whether the name was changed although there was nothing else of that name.
    pub(super) fn is_renamed(&self) -> bool {
        self.previous.is_none() && is_reserved(&self.table.name.name)
    }

    /// Whether there is nothing in it, so that it has to be commented out.
    pub(super) fn is_empty(&self) -> bool {
        self.table.columns.is_empty()
    }
}

fn fields<'a>(columns: &'a [Column], previous: Option<&'a psl::Model>) -> (Vec<FieldPlan<'a>>, HashSet<String>) {
    let by_column: HashMap<&str, &psl::Field> = previous
        .into_iter()
        .flat_map(|model| model.scalar_fields().map(move |(id, field, _)| (model.column_name(id), field)))
        .collect();
    let mut taken: HashSet<String> = columns
        .iter()
        .filter_map(|column| by_column.get(column.name.as_str()))
        .map(|field| field.name.clone())
        .collect();
    taken.extend(previous.into_iter().flat_map(psl::Model::relation_fields).map(|(_, field, _)| field.name.clone()));
    let fields = columns
        .iter()
        .map(|column| {
            let previous = by_column.get(column.name.as_str()).copied();
            let name = previous
                .map_or_else(|| free(member_name("field", &column.name), &mut taken), |field| field.name.clone());
            FieldPlan { column, previous, name }
        })
        .collect();
    (fields, taken)
}

impl FieldPlan<'_> {
    pub(super) fn is_nullable(&self) -> bool {
        self.column.arity == ColumnArity::Nullable
    }

    pub(super) fn is_unsupported(&self) -> bool {
        matches!(self.column.ty, ColumnType::Unsupported(_))
    }
}

impl<'a> EnumPlan<'a> {
    fn new(item: &'a Enum, previous: Option<&'a psl::Enum>) -> Self {
        let by_label: HashMap<&str, &psl::EnumValue> = previous
            .into_iter()
            .flat_map(|item| item.values.iter().map(|value| (value.database_name(), value)))
            .collect();
        let mut taken: HashSet<String> = item
            .values
            .iter()
            .filter_map(|label| by_label.get(label.as_str()))
            .map(|value| value.name.clone())
            .collect();
        let values: Vec<ValuePlan<'_>> = item
            .values
            .iter()
            .map(|label| match by_label.get(label.as_str()) {
                Some(value) => ValuePlan { label, previous: Some(*value), name: value.name.clone() },
                None => ValuePlan { label, previous: None, name: free(value_name(label), &mut taken) },
            })
            .collect();
        let name = previous.map_or_else(|| type_name(&item.name.name), |previous| previous.name.clone());
        Self { item, previous, name, values }
    }

    /// The name of the value with that label.
    pub(super) fn value(&self, label: &str) -> Option<&str> {
        self.values.iter().find(|value| value.label == label).map(|value| value.name.as_str())
    }
}

fn value_name(label: &str) -> String {
    if label.is_empty() { "EMPTY_ENUM_VALUE".to_owned() } else { member_name("Value", label) }
}

impl<'a> ViewPlan<'a> {
    fn new(view: &'a View, previous: Option<&'a psl::Model>) -> Self {
        let name = previous.map_or_else(|| type_name(&view.name.name), |previous| previous.name.clone());
        Self { view, previous, name, fields: fields(&view.columns, previous).0 }
    }
}
