//! Runs the generator blocks of a schema.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::builtin::{Builtin, FileProblem, Plan, SettingProblem};
use super::process::{Process, ProcessError};
use super::{Dmmf, client, configuration, dmmf};
use crate::config::clean;
use crate::psl::PslSchema;
use crate::psl::schema::{ConfigValue, Generator, StringOrEnv};

/// What is to be generated from.
pub struct Job<'a> {
    /// The schema.
    pub schema: &'a PslSchema,
    /// Its files: absolute path and text. [`crate::psl::FileId`] is the position.
    pub files: &'a [(PathBuf, String)],
    /// The file or folder of the schema, absolute.
    pub schema_path: &'a Path,
    /// The folder of the project, where generators run.
    pub folder: &'a Path,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Variables that generators get in addition to those of this process.
    pub variables: &'a [(String, String)],
    /// Names of the generators to run; empty means all.
    pub only: &'a [String],
    /// Whether a schema without models is an error.
    pub require_models: bool,
    /// Whether generators keep their hints to themselves.
    pub no_hints: bool,
    /// Queries that clients are to be typed by, as JSON; `None` if that is not asked for.
    pub typed_sql: Option<&'a Value>,
    /// Whether the others run though one is not installed; that error comes last then.
    pub even_if_missing: bool,
}

/// A generator that did its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// What it calls itself, or else the name of its block.
    pub name: String,
    /// Its version, if it says one.
    pub version: Option<String>,
    /// Where it wrote.
    pub output: PathBuf,
    /// How long it took.
    pub took: Duration,
}

/// Why generators did not run, or one failed.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A name was given that no block has.
    #[error("the schema has no generator {}", quoted(missing))]
    Unknown {
        /// The names without a block.
        missing: Vec<String>,
        /// The names of all blocks.
        known: Vec<String>,
    },
    /// There is no datasource to tell generators about.
    #[error("generators need a `datasource` block, and the schema has none")]
    NoDatasource,
    /// Models were demanded.
    #[error("the schema has no models")]
    NoModels,
    /// A property names a variable that is not set.
    #[error("generator `{generator}`: `{property}` wants the variable `{variable}`, which is not set")]
    VariableMissing {
        /// The block.
        generator: String,
        /// The property.
        property: String,
        /// The variable.
        variable: String,
    },
    /// The generator of Prisma Client is not installed.
    #[error("generator `{generator}`: the generator `{provider}` is not installed in this project")]
    NotInstalled {
        /// The block.
        generator: String,
        /// Its provider.
        provider: String,
        /// The package that has it.
        package: &'static str,
    },
    /// Neither the block nor the generator says where to write.
    #[error("generator `{generator}` has no `output`, and its program names no default")]
    NoOutput {
        /// The block.
        generator: String,
    },
    /// A generator wants another one that the schema does not have.
    #[error("generator `{generator}` needs a generator whose provider is `{required}`, and the schema has none")]
    Requires {
        /// The block.
        generator: String,
        /// The provider.
        required: String,
    },
    /// A built-in generator does not understand its block.
    #[error("generator `{generator}`: {problem}")]
    Setting {
        /// The block.
        generator: String,
        /// What it does not understand.
        problem: SettingProblem,
    },
    /// A built-in generator cannot write its file.
    #[error("generator `{generator}`: `{}` {problem}", path.display())]
    File {
        /// The block.
        generator: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        problem: FileProblem,
    },
    /// The program of a generator failed.
    #[error("generator `{generator}` (`{provider}`) failed: {source}")]
    Process {
        /// The block.
        generator: String,
        /// Its provider.
        provider: String,
        /// What went wrong.
        #[source]
        source: ProcessError,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Runs the generators of a schema in the order of their blocks; `done` hears of each that did its work.
///
/// # Errors
/// The first thing that goes wrong; generators before it have done their work.
pub fn generate(job: &Job<'_>, mut done: impl FnMut(&Generated)) -> Result<(), GenerateError> {
    let chosen = chosen(job)?;
    if chosen.is_empty() {
        return Ok(());
    }
    let Some(datasource) = &job.schema.datasource else { return Err(GenerateError::NoDatasource) };
    if job.require_models && job.schema.models.is_empty() {
        return Err(GenerateError::NoModels);
    }
    let datamodel = job.files.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let path = |position: u32| job.files[position as usize].0.display().to_string();
    let datasources = [configuration::datasource(job.schema, datasource, &path(datasource.span.file.0))];
    // Everything is checked before the first generator writes something.
    let (mut ready, mut missing) = (Vec::new(), None);
    for generator in &chosen {
        match Ready::new(job, generator, &path(generator.span.file.0)) {
            Err(error @ GenerateError::NotInstalled { .. }) if job.even_if_missing => missing = missing.or(Some(error)),
            outcome => ready.push(outcome?),
        }
    }
    for one in &ready {
        one.check_requirements(job)?;
    }
    let entries: Vec<Value> = ready.iter().map(|one| one.entry.clone()).collect();
    // Only programs get the document.
    let document = ready.iter().any(|one| matches!(one.worker, Worker::Program(..))).then(|| dmmf(job.schema));
    for (position, one) in ready.iter_mut().enumerate() {
        let began = Instant::now();
        match (&mut one.worker, &document) {
            (Worker::Builtin(plan), _) => {
                let written = plan.run(job.schema, &one.output);
                written.map_err(|problem| one.not_written(problem))?;
            }
            (Worker::Program(process), Some(document)) => {
                let others = entries.iter().enumerate().filter(|(other, _)| *other != position);
                let options = Options {
                    generator: &one.entry,
                    other_generators: others.map(|(_, entry)| entry).collect(),
                    schema_path: job.schema_path,
                    dmmf: document,
                    datasources: &datasources,
                    datamodel: &datamodel,
                    version: env!("CARGO_PKG_VERSION"),
                    allow_no_models: !job.require_models,
                    no_hints: job.no_hints,
                    binary_paths: Map::new(),
                    typed_sql: job.typed_sql,
                };
                process.generate(&options).map_err(|source| one.failed(source))?;
            }
            (Worker::Program(_), None) => {}
        }
        let generated = Generated {
            name: one.said("prettyName").unwrap_or_else(|| one.name.clone()),
            version: one.said("version"),
            output: one.output.clone(),
            took: began.elapsed(),
        };
        done(&generated);
    }
    missing.map_or(Ok(()), Err)
}

fn chosen<'a>(job: &Job<'a>) -> Result<Vec<&'a Generator>, GenerateError> {
    let all = &job.schema.generators;
    let missing: Vec<String> =
        job.only.iter().filter(|name| all.iter().all(|generator| generator.name != **name)).cloned().collect();
    if !missing.is_empty() {
        let known = all.iter().map(|generator| generator.name.clone()).collect();
        return Err(GenerateError::Unknown { missing, known });
    }
    Ok(all.iter().filter(|generator| job.only.is_empty() || job.only.contains(&generator.name)).collect())
}

/// What a generator is asked to work on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    generator: &'a Value,
    other_generators: Vec<&'a Value>,
    schema_path: &'a Path,
    dmmf: &'a Dmmf,
    datasources: &'a [Value],
    datamodel: &'a str,
    version: &'static str,
    allow_no_models: bool,
    no_hints: bool,
    /// Engines that a client would load; evt downloads none.
    binary_paths: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typed_sql: Option<&'a Value>,
}

/// Who does the work.
enum Worker {
    /// A program that runs and has said what it is.
    Program(Process),
    /// evt itself.
    Builtin(Plan),
}

/// A generator that can begin.
struct Ready {
    name: String,
    provider: String,
    worker: Worker,
    manifest: Value,
    /// The block, with its output resolved.
    entry: Value,
    output: PathBuf,
}

impl Ready {
    fn new(job: &Job<'_>, generator: &Generator, path: &str) -> Result<Self, GenerateError> {
        let provider = resolve(job, generator, "provider", &generator.provider)?;
        let mut entry = configuration::generator(generator, path);
        let (worker, manifest, output) = if let Some(builtin) = Builtin::of(&provider) {
            let manifest = builtin.manifest();
            let output = output(job, generator, path, &manifest)?;
            let plan = plan(job, generator, builtin, &output)?;
            (Worker::Builtin(plan), manifest, output)
        } else {
            let (process, manifest) = start(job, generator, &provider, &entry)?;
            let output = output(job, generator, path, &manifest)?;
            (Worker::Program(process), manifest, output)
        };
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("provider".to_owned(), json!({ "fromEnvVar": null, "value": provider }));
            entry.insert("output".to_owned(), json!({ "fromEnvVar": null, "value": output }));
            entry.insert("isCustomOutput".to_owned(), json!(generator.output.is_some()));
            *entry = in_order(std::mem::take(entry));
        }
        Ok(Self { name: generator.name.clone(), provider, worker, manifest, entry, output })
    }

    fn check_requirements(&self, job: &Job<'_>) -> Result<(), GenerateError> {
        let required = self.manifest.get("requiresGenerators").and_then(Value::as_array);
        for required in required.into_iter().flatten().filter_map(Value::as_str) {
            let provides =
                |other: &Generator| resolve(job, other, "provider", &other.provider).is_ok_and(|p| p == required);
            if !job.schema.generators.iter().any(provides) {
                return Err(GenerateError::Requires { generator: self.name.clone(), required: required.to_owned() });
            }
        }
        Ok(())
    }

    fn said(&self, key: &str) -> Option<String> {
        self.manifest.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    fn not_written(&self, problem: FileProblem) -> GenerateError {
        GenerateError::File { generator: self.name.clone(), path: self.output.clone(), problem }
    }

    fn failed(&self, source: ProcessError) -> GenerateError {
        GenerateError::Process { generator: self.name.clone(), provider: self.provider.clone(), source }
    }
}

/// Starts the program of a generator, which says what it is.
fn start(
    job: &Job<'_>,
    generator: &Generator,
    provider: &str,
    entry: &Value,
) -> Result<(Process, Value), GenerateError> {
    let start = client::start(provider, job.folder).map_err(|package| GenerateError::NotInstalled {
        generator: generator.name.clone(),
        provider: provider.to_owned(),
        package,
    })?;
    let failed =
        |source| GenerateError::Process { generator: generator.name.clone(), provider: provider.to_owned(), source };
    let search_path = client::search_path(job.folder, (job.variable)("PATH").as_deref());
    let mut process = Process::start(&start, job.folder, job.variables, search_path.as_ref()).map_err(failed)?;
    let manifest = process.manifest(entry).map_err(failed)?;
    Ok((process, manifest))
}

/// What a built-in generator is to do.
fn plan(job: &Job<'_>, generator: &Generator, builtin: Builtin, output: &Path) -> Result<Plan, GenerateError> {
    let mut settings = Vec::new();
    for (name, value) in &generator.config {
        let value = match value {
            ConfigValue::Text(text) => Some(text.clone()),
            ConfigValue::Env(variable) => Some(variable_of(job, generator, name, variable)?),
            ConfigValue::List(_) => None,
        };
        settings.push((name.as_str(), value));
    }
    let wrong = |problem| GenerateError::Setting { generator: generator.name.clone(), problem };
    let plan = builtin.plan(&settings, output).map_err(wrong)?;
    plan.check(output).map_err(|problem| GenerateError::File {
        generator: generator.name.clone(),
        path: output.to_owned(),
        problem,
    })?;
    Ok(plan)
}

/// The flag stands behind the output, as Prisma has it.
fn in_order(entry: Map<String, Value>) -> Map<String, Value> {
    let flag = entry.get("isCustomOutput").cloned();
    let mut ordered = Map::new();
    for (key, value) in entry {
        let is_output = key == "output";
        if key != "isCustomOutput" {
            ordered.insert(key, value);
        }
        if let (true, Some(flag)) = (is_output, &flag) {
            ordered.insert("isCustomOutput".to_owned(), flag.clone());
        }
    }
    ordered
}

fn resolve(job: &Job<'_>, generator: &Generator, property: &str, text: &StringOrEnv) -> Result<String, GenerateError> {
    match text {
        StringOrEnv::Text(text, _) => Ok(text.clone()),
        StringOrEnv::Env(name, _) => variable_of(job, generator, property, name),
    }
}

fn variable_of(job: &Job<'_>, generator: &Generator, property: &str, name: &str) -> Result<String, GenerateError> {
    (job.variable)(name).ok_or_else(|| GenerateError::VariableMissing {
        generator: generator.name.clone(),
        property: property.to_owned(),
        variable: name.to_owned(),
    })
}

/// Where a generator writes: as the block says, relative to its file, or as the generator says.
fn output(job: &Job<'_>, generator: &Generator, path: &str, manifest: &Value) -> Result<PathBuf, GenerateError> {
    let written = generator.output.as_ref().map(|text| resolve(job, generator, "output", text)).transpose()?;
    let default = || manifest.get("defaultOutput").and_then(Value::as_str).map(str::to_owned);
    let Some(output) = written.or_else(default) else {
        return Err(GenerateError::NoOutput { generator: generator.name.clone() });
    };
    let base = Path::new(path).parent().unwrap_or(job.folder);
    Ok(clean(&base.join(output)))
}
