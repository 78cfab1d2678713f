//! Schema files against databases: compare, push, pull.

use serde_json::{Value, json};

use super::Failure;
use crate::config::Project;
use crate::db::{Connection, DatabaseUrl};
use crate::diff::summary;
use crate::engine::params::{Diff, DiffTarget, Introspect, SchemaPush};
use crate::engine::protocol::Peer;
use crate::engine::session::{Session, external};
use crate::error::Error;
use crate::introspect::to_psl::{Previous, PullOptions, to_psl};
use crate::introspect::{Scope, introspect as introspected};
use crate::lower::lower;
use crate::migrations::push::{compare, execute};
use crate::migrations::sides::{Side, Sides};
use crate::safety::{Consequence, Consequences};

/// What the sides of a comparison have in common.
#[derive(Default)]
struct Common {
    projects: Vec<Project>,
    init: Option<String>,
}

pub(super) async fn diff(session: &mut Session, params: Diff, peer: &mut Peer<'_>) -> Result<Value, Failure> {
    if matches!((&params.from, &params.to), (DiffTarget::Empty, DiffTarget::Empty)) {
        return Err(Error::refused("both sides are empty", "compare with a schema, a database or migrations").into());
    }
    let mut common = Common::default();
    let from = side(session, params.from, &mut common)?;
    let to = side(session, params.to, &mut common)?;
    let replays = [&from, &to].into_iter().any(|side| matches!(side, Side::Migrations(_)));
    let shadow = if replays { Some(shadow(session, params.shadow_database_url.as_deref(), &common)?) } else { None };
    let schemas: Vec<_> = common.projects.iter().map(|project| (&project.schema, project.url().ok())).collect();
    let scope = Sides::scope([&from, &to], shadow.as_ref(), &schemas);
    let sides = Sides { from, to, shadow, init: common.init, scope };
    let steps = Box::pin(sides.steps(&external(&params.filters)?)).await?;
    let text = if params.script { steps.script.to_string() } else { summary(&steps.changes) };
    peer.print(&text).await;
    let exit_code = if params.exit_code == Some(true) && !steps.is_empty() { 2 } else { 0 };
    Ok(json!({ "exitCode": exit_code }))
}

fn side(session: &Session, target: DiffTarget, common: &mut Common) -> Result<Side, Failure> {
    Ok(match target {
        DiffTarget::Empty => Side::Empty,
        DiffTarget::SchemaDatamodel(schemas) => {
            let project = session.project(&schemas)?;
            common.projects.push(project.clone());
            Side::Schema(Box::new(project.schema))
        }
        DiffTarget::SchemaDatasource(schemas) => {
            let project = session.configuration(&schemas)?;
            let url = session.reach(&project.url()?)?;
            common.projects.push(project);
            Side::Live(Box::new(url))
        }
        DiffTarget::Url { url } => Side::Live(Box::new(session.reach(&session.url(&url)?)?)),
        DiffTarget::Migrations(migrations) => {
            let folder = migrations.folder()?;
            common.init = common.init.take().or(folder.init);
            Side::Migrations(folder.directory)
        }
    })
}

/// Where migrations are replayed. Nothing is made on a server that nobody named for it.
fn shadow(session: &Session, named: Option<&str>, common: &Common) -> Result<DatabaseUrl, Failure> {
    let url = match named.filter(|url| !url.is_empty()) {
        Some(url) => Some(session.url(url)?),
        None => session.shadow_url()?,
    };
    let of_schemas = || common.projects.iter().find_map(|project| project.shadow_url().transpose()).transpose();
    let url = match url {
        Some(url) => Some(url),
        None => of_schemas()?,
    };
    let Some(url) = url else {
        return Err(Error::refused(
            "migrations are compared by replaying them in a database, and none is named for that",
            "name an empty one with `--shadow-database-url`, or as `datasource.shadowDatabaseUrl` in `prisma.config.ts`",
        )
        .into());
    };
    Ok(session.reach(&url)?)
}

pub(super) async fn push(session: &mut Session, params: SchemaPush) -> Result<Value, Failure> {
    let project = session.project(&params.schema)?;
    let scope = session.scope_of(&project)?;
    let external = external(&params.filters)?;
    let target = lower(&project.schema, &scope.default_namespace);
    let db = session.db().await?;
    let push = Box::pin(compare(db, &target, &scope, &external)).await?;
    let Consequences { warnings, unexecutable } = &push.consequences;
    let runs = unexecutable.is_empty() && (warnings.is_empty() || params.force);
    if runs && !push.steps.is_empty() {
        execute(db, &push.steps.script).await?;
    }
    let messages = |list: &[Consequence]| list.iter().map(|one| one.message.clone()).collect::<Vec<_>>();
    Ok(json!({
        "executedSteps": if runs { push.steps.changes.len() } else { 0 },
        "warnings": messages(warnings),
        "unexecutable": messages(unexecutable),
    }))
}

pub(super) async fn introspect(session: &mut Session, params: Introspect) -> Result<Value, Failure> {
    let project =
        if params.force { session.configuration(&params.schema)? } else { session.project(&params.schema)? };
    let url = project.url()?;
    let scope = Scope {
        namespaces: params.namespaces.clone().unwrap_or_else(|| project.namespaces(&url)),
        default_namespace: url.namespace().to_owned(),
    };
    let mut db = Connection::open(&session.reach(&url)?).await?;
    let database = Box::pin(introspected(&mut db, &scope)).await;
    db.close().await;
    let options = PullOptions {
        force: params.force,
        namespaces: params.namespaces,
        new_file: params.base_directory_path.join("introspected.prisma").display().to_string(),
        schema_names: false,
    };
    let pulled = to_psl(&database?, &Previous { files: &project.trees, schema: &project.schema }, &options)?;
    let files: Vec<Value> =
        pulled.files.iter().map(|file| json!({ "path": file.path, "content": file.text })).collect();
    let views = project.schema.has_preview_feature("views").then(|| {
        let view = |view: &crate::introspect::to_psl::ViewDefinition| {
            json!({ "schema": view.namespace, "name": view.name, "definition": view.sql.trim() })
        };
        pulled.views.iter().map(view).collect::<Vec<_>>()
    });
    Ok(json!({
        "schema": { "files": files },
        "warnings": (!pulled.warnings.is_empty()).then(|| pulled.warnings.to_string()),
        "views": views,
    }))
}
