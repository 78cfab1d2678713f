//! What an open connection shows.

use tokio_postgres::error::SqlState;

use super::Checks;
use crate::config::environment::{DISABLE_ADVISORY_LOCK, PATH};
use crate::config::{Context, Project};
use crate::db::local::Reached;
use crate::db::{Connection, DatabaseUrl, DbError, lock};
use crate::error::{Code, Error};
use crate::migrations::health::{self, ExtensionState, NamespaceRights, OLDEST, Session, TESTED};
use crate::migrations::status::{Reading, Stop};
use crate::migrations::{Directory, History, MigrateError, Shadow, Status};
use crate::output::{backticked, list, plural};
use crate::sql::extensions::created_extensions;
use crate::sql::quote::Ident;

/// A question that the server refuses ends that check, and those that need its answer.
pub(super) async fn examine(
    db: &mut Connection,
    url: &DatabaseUrl,
    project: Option<&Project>,
    context: &Context,
    checks: &mut Checks,
) {
    let session = match health::session(db).await {
        Ok(session) => session,
        Err(error) => return checks.failed("version", &error.into()),
    };
    check_version(&session, checks);
    check_session(db, &session, checks).await;
    let namespaces = project.map_or_else(|| vec![url.namespace().to_owned()], |project| project.namespaces(url));
    let readable = match rights(db, url, &namespaces).await {
        Ok((rights, history)) => {
            check_rights(&session, &rights, history, checks);
            history
        }
        Err(error) => {
            checks.failed("rights", &error.into());
            None
        }
    };
    match project.map(|project| (project, Directory::read(&project.shown_migrations()))) {
        Some((project, Ok(directory))) => {
            check_extensions(db, &session, &needed_extensions(project, &directory), checks).await;
            check_history(db, &directory, readable, checks).await;
        }
        Some((_, Err(error))) => {
            checks.skipped("extensions", "not checked: the migrations cannot be read");
            checks.failed("history", &error.into());
        }
        None => {
            checks.skipped("extensions", "not checked: no valid schema");
            checks.skipped("history", "not checked: no valid schema");
        }
    }
    check_lock(db, context, checks).await;
    check_shadow(db, url, project, &session, context, checks).await;
}

async fn rights(
    db: &mut Connection,
    url: &DatabaseUrl,
    namespaces: &[String],
) -> Result<(Vec<NamespaceRights>, Option<bool>), DbError> {
    Ok((health::namespaces(db, namespaces).await?, health::may_write_history(db, url.namespace()).await?))
}

fn check_version(session: &Session, checks: &mut Checks) {
    let Session { version, major, .. } = session;
    let tested = format!("{} to {} are tested", TESTED.start(), TESTED.end());
    if session.foreign {
        checks.wrong(
            "version",
            "the server is no PostgreSQL, it only speaks its protocol",
            "evt works with PostgreSQL only",
        );
    } else if TESTED.contains(major) {
        checks.fine("version", format!("PostgreSQL {version}"));
    } else if *major >= OLDEST {
        checks.doubtful("version", format!("PostgreSQL {version}"), format!("it should work; {tested}"));
    } else {
        checks.wrong("version", format!("PostgreSQL {version}"), format!("update the server; {tested}"));
    }
}

/// Whether the session is one's own, and writes.
async fn check_session(db: &mut Connection, session: &Session, checks: &mut Checks) {
    if session.standby {
        return checks.wrong(
            "session",
            "the server is a standby: nothing can be written",
            "connect to the primary; with several hosts in the URL, `target_session_attrs=read-write` finds it",
        );
    }
    if session.read_only {
        return checks.wrong(
            "session",
            "transactions are read-only",
            "look for `default_transaction_read_only` in the server, the database, the role or `options` in the URL",
        );
    }
    match db.is_shared().await {
        Ok(false) => checks.fine("session", "a session of its own that may write"),
        Ok(true) => checks.wrong(
            "session",
            "a pooler gives each transaction another session, in which the migration lock and settings get lost",
            "connect past the pooler: `directUrl` (Prisma 6) or `datasource.url` (Prisma 7) should name the server itself; \
             for PgBouncer, `pool_mode = session` works too",
        ),
        Err(error) => checks.failed("session", &error.into()),
    }
}

fn check_rights(session: &Session, namespaces: &[NamespaceRights], history: Option<bool>, checks: &mut Checks) {
    let user = &session.user;
    let mut found = Vec::new();
    let mut todo = Vec::new();
    let mut foreign: Vec<String> = Vec::new();
    for NamespaceRights { name, exists, may_create, tables_of_others } in namespaces {
        let quoted = Ident(name);
        match (exists, may_create) {
            (true, true) => found.push(format!("`{user}` may create tables in schema `{name}`")),
            (true, false) => {
                found.push(format!("`{user}` may not create tables in schema `{name}`"));
                todo.push(format!("GRANT USAGE, CREATE ON SCHEMA {quoted} TO {}", Ident(user)));
            }
            (false, _) if session.may_create_namespaces => {
                found.push(format!("schema `{name}` does not exist, and `{user}` may create it"));
            }
            (false, _) => {
                found.push(format!("schema `{name}` does not exist, and `{user}` may not create it"));
                todo.push(format!("CREATE SCHEMA {quoted} AUTHORIZATION {}", Ident(user)));
            }
        }
        foreign.extend(tables_of_others.iter().map(|table| format!("{name}.{table}")));
    }
    if history == Some(false) {
        found.push(format!("`{user}` may not read and write the history `_prisma_migrations`"));
        todo.push(format!("GRANT SELECT, INSERT, UPDATE ON _prisma_migrations TO {}", Ident(user)));
    }
    let found = found.join("; ");
    if !todo.is_empty() {
        let statements = list(&todo.iter().map(|sql| format!("`{sql}`")).collect::<Vec<_>>());
        return checks.wrong("rights", found, format!("let the owner run {statements}"));
    }
    if !foreign.is_empty() {
        let shown = backticked(foreign.iter().take(5).map(String::as_str));
        let belong = if foreign.len() == 1 { "table belongs" } else { "tables belong" };
        return checks.doubtful(
            "rights",
            format!("{found}; {} {belong} to other roles: {shown}", foreign.len()),
            format!(
                "only the owner can alter a table: connect as the owner, or run `GRANT <owner> TO {}`",
                Ident(user)
            ),
        );
    }
    checks.fine("rights", found);
}

/// Those of the schema, and those that the migrations create.
fn needed_extensions(project: &Project, directory: &Directory) -> Vec<String> {
    let datasource = project.schema.datasource.iter().flat_map(|datasource| &datasource.extensions);
    let mut names: Vec<String> =
        datasource.map(|extension| extension.mapped_name.clone().unwrap_or_else(|| extension.name.clone())).collect();
    let scripts = directory.migrations.iter().filter_map(|migration| migration.script().ok());
    names.extend(scripts.flat_map(|script| created_extensions(&script)));
    names.sort();
    names.dedup();
    names
}

async fn check_extensions(db: &mut Connection, session: &Session, needed: &[String], checks: &mut Checks) {
    if needed.is_empty() {
        return checks.skipped("extensions", "none is needed");
    }
    let states = match health::extensions(db, needed).await {
        Ok(states) => states,
        Err(error) => return checks.failed("extensions", &error.into()),
    };
    let missing: Vec<&ExtensionState> = states.iter().filter(|state| !state.installed && !state.available).collect();
    let forbidden: Vec<&ExtensionState> = states
        .iter()
        .filter(|state| {
            let may = session.superuser || (!state.needs_superuser && session.may_create_namespaces);
            !state.installed && state.available && !may
        })
        .collect();
    let names = |states: &[&ExtensionState]| backticked(states.iter().map(|state| state.name.as_str()));
    if !missing.is_empty() {
        let way_out = if db.serves_one() {
            "nothing can be added to the PostgreSQL inside evt: let an installed one serve new data, by \
             `server=installed` in the URL, or name a server elsewhere"
        } else {
            "install the package with it on the server's machine (on Debian often `postgresql-contrib` or \
             `postgresql-<version>-<name>`), or ask the provider of the database for it"
        };
        return checks.wrong("extensions", format!("the server does not have {}", names(&missing)), way_out);
    }
    if !forbidden.is_empty() {
        let statements: Vec<String> =
            forbidden.iter().map(|state| format!("`CREATE EXTENSION {}`", Ident(&state.name))).collect();
        return checks.wrong(
            "extensions",
            format!("`{}` may not add {}", session.user, names(&forbidden)),
            format!("let a superuser run {} in this database once", list(&statements)),
        );
    }
    let all: Vec<String> = states
        .iter()
        .map(|state| format!("`{}` {}", state.name, if state.installed { "is there" } else { "can be added" }))
        .collect();
    checks.fine("extensions", list(&all));
}

async fn check_history(db: &mut Connection, directory: &Directory, readable: Option<bool>, checks: &mut Checks) {
    if readable == Some(false) {
        return checks.skipped("history", "not checked: the rights are missing");
    }
    match status_of(db, directory).await {
        Err(MigrateError::Db(error)) if error.has_state(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            checks.skipped("history", "not checked: the rights are missing");
        }
        Err(error) => checks.failed("history", &error.into()),
        // Deploying is not refused then: it goes on.
        Ok(status) if !status.failed.is_empty() && goes_on(&status) => checks.doubtful(
            "history",
            format!("{} stopped half-way", backticked(status.failed.iter().map(String::as_str))),
            "`evt migrate status` says why; once the cause is removed, `evt migrate deploy` goes on where it stopped",
        ),
        Ok(status) if !status.failed.is_empty() => {
            checks.wrong(
                "history",
                format!(
                    "{} failed and {} resolved",
                    backticked(status.failed.iter().map(String::as_str)),
                    if status.failed.len() == 1 { "is not" } else { "are not" }
                ),
                "`evt migrate status` says what to do",
            );
            if let Some(last) = checks.0.last_mut() {
                last.code = Some(Code::P3009);
            }
        }
        Ok(status) => {
            let counts = [
                (status.pending.len(), "pending"),
                (status.edited.len(), "edited after being applied"),
                (status.missing.len(), "applied but not in the folder"),
            ];
            let details: Vec<String> =
                counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
            let found = format!("{} in the folder", plural(status.found.len(), "migration"));
            if details.is_empty() {
                checks.fine("history", if status.has_history { found + ", all applied" } else { found });
            } else if status.edited.is_empty() && status.missing.is_empty() {
                checks.fine("history", format!("{found}, {}", details.join(", ")));
            } else {
                checks.doubtful(
                    "history",
                    format!("{found}, {}", details.join(", ")),
                    "`evt migrate status` lists them and says what to do",
                );
            }
        }
    }
}

/// Whether every migration that failed can go on behind what it did.
fn goes_on(status: &Status) -> bool {
    let can = |name: &String| {
        let found = status.unfinished.iter().find(|unfinished| unfinished.name == *name);
        found.is_some_and(|unfinished| matches!(unfinished.stop, Stop::GoesOn { .. }))
    };
    status.failed.iter().all(can)
}

async fn status_of(db: &mut Connection, directory: &Directory) -> Result<Status, MigrateError> {
    directory.check_provider()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    Status::of(directory, &history, Reading::Honest)
}

async fn check_lock(db: &mut Connection, context: &Context, checks: &mut Checks) {
    if context.environment.on(DISABLE_ADVISORY_LOCK) {
        return checks.doubtful(
            "lock",
            format!("turned off by `{DISABLE_ADVISORY_LOCK}`: two runs at once are not kept apart"),
            "unset the variable, unless a pooler makes it necessary",
        );
    }
    match lock::holder(db).await {
        None => checks.fine("lock", "nobody holds it"),
        Some(holder) => {
            checks.wrong(
                "lock",
                format!("held by {holder}"),
                format!(
                    "wait for that run; if it is not one any more, `SELECT pg_terminate_backend({})` ends its session",
                    holder.pid
                ),
            );
            if let Some(last) = checks.0.last_mut() {
                last.code = Some(Code::P1002);
            }
        }
    }
}

/// Only `migrate dev` and `migrate diff` need one, so that not having one is in nobody else's way.
async fn check_shadow(
    db: &Connection,
    url: &DatabaseUrl,
    project: Option<&Project>,
    session: &Session,
    context: &Context,
    checks: &mut Checks,
) {
    const ONLY: &str = "only `evt migrate dev` needs one";
    let given = match project.map(Project::shadow_url) {
        Some(Err(error)) => return checks.failed("shadow", &error.into()),
        Some(Ok(given)) => given,
        None => None,
    };
    let Some(given) = given else {
        if db.serves_one() {
            return checks.fine("shadow", "in a second server of evt's own");
        }
        return if session.may_create_databases {
            checks.fine("shadow", format!("`{}` may create one", session.user));
        } else {
            checks.doubtful(
                "shadow",
                format!("`{}` may not create databases, and no shadow database is named; {ONLY}", session.user),
                format!(
                    "`ALTER ROLE {} CREATEDB`, or name an empty database in `shadowDatabaseUrl`; without, migrations are \
                     replayed in a PostgreSQL of this machine if it has one",
                    Ident(&session.user)
                ),
            );
        };
    };
    if let Err(error) = Shadow::new(url, Some(&given)) {
        return checks.failed("shadow", &error.into());
    }
    let opened = match Reached::new(&given, context.environment.get(PATH).map(std::ffi::OsStr::new)) {
        Ok(reached) => Connection::open(&reached.url).await.map(drop).map_err(Error::from),
        Err(error) => Err(error.into()),
    };
    match opened {
        Ok(()) => checks.fine("shadow", format!("{given} can be reached")),
        Err(error) => {
            let hint = error.hint().unwrap_or_else(|| "mend `shadowDatabaseUrl`".to_owned());
            checks.doubtful("shadow", format!("{given} cannot be reached ({ONLY}): {}", error.full_message()), hint);
        }
    }
}
