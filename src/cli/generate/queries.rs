//! Queries that clients are to be typed by: `--sql`.

use std::ffi::OsStr;

use serde_json::{Value, json};

use crate::cli::block_on;
use crate::cli::session::connect;
use crate::config::environment::PATH;
use crate::config::{Project, relative};
use crate::db::local::Reached;
use crate::error::Error;
use crate::output::Output;
use crate::typed_sql::files::{self, QueryFile};
use crate::typed_sql::{QueryProblem, TypedQuery, describe};

/// The preview feature of Prisma Client.
const FEATURE: &str = "typedSql";

/// Asks the database of a project about its queries. All mistakes in them are told.
///
/// # Errors
/// The feature is not switched on, there is no folder, the database cannot be reached, or a query is wrong.
pub(super) fn described(project: &Project, out: &mut Output) -> Result<Value, Error> {
    if !project.schema.has_preview_feature(FEATURE) {
        return Err(Error::refused(
            format!("`--sql` needs the preview feature `{FEATURE}`, which no generator of the schema has"),
            format!("write `previewFeatures = [\"{FEATURE}\"]` into the generator block of the client"),
        ));
    }
    let queries = files::read(&relative(&project.typed_sql(), &project.settings.cwd))?;
    let search_path = project.settings.environment.get(PATH).map(OsStr::new);
    let reached = Reached::new(&project.url()?, search_path)?;
    let outcomes = block_on(async {
        let mut db = connect(&reached, out).await?;
        let outcomes = describe(&mut db, queries.iter().map(|query| (&*query.name, &*query.source))).await;
        db.close().await;
        Ok(outcomes?)
    })?;
    let (mut described, mut errors): (Vec<TypedQuery>, Vec<Error>) = (Vec::new(), Vec::new());
    for (query, outcome) in queries.iter().zip(outcomes) {
        match outcome {
            Ok(typed) => described.push(typed),
            Err(problem) => errors.push(named(query, problem)),
        }
    }
    let Some(last) = errors.pop() else { return Ok(json!(described)) };
    for error in &errors {
        out.error(error);
    }
    Err(last)
}

fn named(query: &QueryFile, problem: QueryProblem) -> Error {
    Error::of_query(&format!("`{}`", query.path.display()), &query.source, problem)
}
