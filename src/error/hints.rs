//! What to do next about an error, in one sentence: an order, or a question whose answer is one.

use crate::config::ConfigError;
use crate::db::lock::LockError;
use crate::db::url::FORM;
use crate::db::{DbError, UrlError};
use crate::generate::builtin::{FileProblem, SettingProblem};
use crate::generate::run::GenerateError;
use crate::introspect::IntrospectError;
use crate::introspect::to_psl::PullError;
use crate::maintenance::MaintenanceError;
use crate::migrations::bridge::BridgeError;
use crate::migrations::script::Left;
use crate::migrations::{DirectoryError, MigrateError, ScriptError};
use crate::typed_sql::QueryProblem;
use crate::typed_sql::files::FolderProblem;

pub(super) fn of_config(error: &ConfigError) -> Option<String> {
    let text = match error {
        ConfigError::Invalid { way_out, .. } => return way_out.map(str::to_owned),
        ConfigError::SchemaMissing { .. } => {
            "name it with `--schema <path>`, or in `evt.toml`, `prisma.config.ts` or `package.json`"
        }
        ConfigError::UrlMissing { config: Some(path) } => {
            return Some(format!("set `datasource.url` in `{}`, or the variable `EVT_DATABASE_URL`", path.display()));
        }
        ConfigError::UrlMissing { config: None } => {
            "set the variable `DATABASE_URL`, here or in a `.env` file, `datasource.url` in `prisma.config.ts`, or \
             `url` in the datasource block"
        }
        ConfigError::VariableMissing { name, .. } => {
            return Some(format!("set it in the environment or write `{name}=…` into a `.env` file"));
        }
        ConfigError::Url { source, .. } => return of_url(source),
        _ => return None,
    };
    Some(text.to_owned())
}

fn of_url(error: &UrlError) -> Option<String> {
    match error {
        UrlError::Parameter { name, .. } => Some(format!("change `{name}`, or leave it out")),
        UrlError::Empty
        | UrlError::Scheme { .. }
        | UrlError::Port
        | UrlError::Ipv6
        | UrlError::PortCount { .. }
        | UrlError::StrayAt
        | UrlError::Character { .. } => Some(format!("write it as `{FORM}`")),
        // The message says it.
        UrlError::Accelerate { .. } | UrlError::LocalFolder => None,
    }
}

pub(super) fn of_query(problem: &QueryProblem) -> Option<String> {
    match problem {
        QueryProblem::Unnamed { .. } => Some("name it: `SELECT … AS name`".to_owned()),
        QueryProblem::Db(error) => of_db(error),
        // The message says it.
        QueryProblem::Comment { .. } => None,
    }
}

pub(super) fn of_queries(problem: &FolderProblem) -> String {
    match problem {
        FolderProblem::Unreadable { .. } => {
            "put each query into a file `<name>.sql` of that folder, or name another one by `typedSql.path` in \
             `prisma.config.ts`"
        }
        FolderProblem::Name { .. } => {
            "rename the file: letters, digits, `_` and `$`, no digit in front, and no word of JavaScript"
        }
    }
    .to_owned()
}

/// The text of some object is none in UTF-8: only a database without an encoding can hold that (SQLSTATE 22021).
const NOT_TEXT: &str = "22021";

pub(super) fn of_db(error: &DbError) -> Option<String> {
    if error.server().is_some_and(|report| report.sqlstate == NOT_TEXT) {
        return Some(
            "the database has no encoding (SQL_ASCII) and holds a name or text that is not UTF-8: rename that object"
                .to_owned(),
        );
    }
    let text = match error {
        DbError::Unreachable { .. } => "is the server running, and are host and port of the URL right?",
        DbError::ConnectTimeout { .. } => "raise `connect_timeout` in the URL, or look for a firewall in between",
        DbError::Authentication { .. } => {
            "check user and password in the URL; characters such as `@ : / ? #` have to be percent-encoded"
        }
        DbError::DatabaseMissing { .. } => {
            "is its name in the URL right? `evt migrate dev` and `evt migrate deploy` create it"
        }
        DbError::Tls { .. } => "see `sslmode`, `sslrootcert` and `sslaccept` in the URL",
        DbError::Server(report) if report.sqlstate == "57014" => {
            "raise `socket_timeout` in the URL or `statement_timeout` in the server, or take it away"
        }
        DbError::Server(report) if report.sqlstate.starts_with("57P0") => ENDED,
        DbError::Closed => ENDED,
        DbError::Server(report) => return of_sqlstate(&report.sqlstate).map(str::to_owned),
        DbError::AccessDenied { .. } => {
            "does the user exist and may it log in, and does the server's `pg_hba.conf` let it into this database from \
             this machine, encrypted as it is or not?"
        }
        DbError::DatabaseExists { .. } => "use it as it is, or let the URL name another database",
        DbError::Protocol(_) => return None,
    };
    Some(text.to_owned())
}

const ENDED: &str = "somebody ended the session or stopped the server: run the command again when it is there";

/// What helps against a complaint of the server about a statement.
fn of_sqlstate(state: &str) -> Option<&'static str> {
    let text = match state {
        "42P01" => {
            "create the table first, or write its schema in front of its name: without one only the `schema` of the URL \
             is looked at"
        }
        "22001" => "shorten the value, or make the column wider",
        "23505" => {
            "change one of the two rows, or let the statement say what becomes of the second: `ON CONFLICT DO NOTHING`, \
             `ON CONFLICT … DO UPDATE`"
        }
        _ => return None,
    };
    Some(text)
}

pub(super) fn of_generate(error: &GenerateError) -> Option<String> {
    match error {
        GenerateError::Unknown { known, .. } => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("it has {}", names.join(", ")))
        }
        GenerateError::NotInstalled { package, .. } => Some(format!(
            "install it with `npm install --save-dev {package}`, or let Prisma's own CLI generate: `npx prisma generate`"
        )),
        GenerateError::NoOutput { generator } => Some(format!("add `output = \"…\"` to the block `{generator}`")),
        GenerateError::VariableMissing { variable, .. } => {
            Some(format!("set it in the environment or write `{variable}=…` into a `.env` file"))
        }
        GenerateError::Setting { problem, .. } => Some(of_setting(problem)),
        GenerateError::File { problem: FileProblem::Foreign, .. } => {
            Some("remove it, or let `output` name another file".to_owned())
        }
        GenerateError::NoDatasource
        | GenerateError::NoModels
        | GenerateError::Requires { .. }
        | GenerateError::File { problem: FileProblem::System(_), .. }
        | GenerateError::Process { .. } => None,
    }
}

fn of_setting(problem: &SettingProblem) -> String {
    let listed = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match problem {
        SettingProblem::Unknown { known, .. } => format!("it has `output`, {}", listed(known)),
        SettingProblem::Value { allowed, .. } => format!("it can be {}", listed(allowed)),
        SettingProblem::Ending { setting: Some(setting), .. } => {
            format!("name such a file, or say by `{setting}` what is to be written")
        }
        SettingProblem::Ending { setting: None, .. } => {
            "name the file itself, such as `output = \"../src/db.rs\"`".to_owned()
        }
    }
}

pub(super) fn of_maintenance(error: &MaintenanceError) -> Option<String> {
    match error {
        // 55P03: the wait for a lock took too long.
        MaintenanceError::Query { source, .. } if source.server().is_some_and(|report| report.sqlstate == "55P03") => {
            Some("somebody locked a table exclusively at this very moment; try again".to_owned())
        }
        MaintenanceError::Query { source, .. } => of_db(source),
        MaintenanceError::AmbiguousTable { .. } => Some("give the schema too".to_owned()),
        MaintenanceError::Name { .. } => {
            Some("write it as in SQL: `orders`, `sales.orders`, `\"Order Items\"`".to_owned())
        }
        MaintenanceError::UnknownTable { .. } | MaintenanceError::NotATable { .. } => {
            Some("`evt db stats --all` lists the tables".to_owned())
        }
        MaintenanceError::UnknownNamespace { .. } => None,
    }
}

pub(super) fn of_pull(error: &PullError) -> String {
    match error {
        PullError::Empty => "create a table, or check that the URL names the right database and schema".to_owned(),
        PullError::ForeignNamespace { referenced, .. } => {
            format!("add `{}` to `schemas` in the datasource, or name all with `--schemas`", referenced.namespace)
        }
        PullError::NoNamespaces => "name at least one, or leave `--schemas` out".to_owned(),
    }
}

pub(super) fn of_migrate(error: &MigrateError) -> Option<String> {
    let text = match error {
        MigrateError::Db(error)
        | MigrateError::Lock(LockError::Db(error))
        | MigrateError::Introspect(IntrospectError::Query { source: error, .. }) => return of_db(error),
        MigrateError::ShadowServer { .. } => "name an empty database in `shadowDatabaseUrl`",
        MigrateError::ShadowCreation { .. } => {
            "give the user the right CREATEDB, or name an empty database in `shadowDatabaseUrl`"
        }
        MigrateError::Reset { .. } => {
            "let the owner of the objects in the way drop them or give them to this user, or connect as the owner"
        }
        MigrateError::Lock(LockError::Timeout { .. }) => {
            "wait for the other run, or raise the limit with `EVT_LOCK_TIMEOUT=<seconds>` (0 waits for ever)"
        }
        MigrateError::Lock(LockError::Shared) => {
            "let evt connect to the server itself: set `directUrl` in the datasource block, or `EVT_DATABASE_URL`; a \
             pooler in session mode works too"
        }
        MigrateError::Interrupted { name, left, .. } => return Some(of_interruption(name, *left)),
        MigrateError::NotEmpty { .. } => {
            "record the migrations whose tables are there already with `evt migrate resolve --applied <name>`, one by \
             one; `evt migrate diff --from-empty --to-schema <path> --script` writes one that describes them all"
        }
        MigrateError::FailedMigrations { records } => {
            let name = records.first().map_or("<name>", |record| &record.migration_name);
            return Some(format!(
                "if the database is as it was before, `evt migrate resolve --rolled-back {name}` makes it pending again; \
                 if you finished it by hand, `evt migrate resolve --applied {name}`"
            ));
        }
        MigrateError::ShadowIsMain => "let `shadowDatabaseUrl` name another database, or remove it",
        MigrateError::Unknown { .. } => "give the full name of the folder, with its time stamp",
        MigrateError::NoHistory => {
            "nothing was ever applied to it by migrations; `evt migrate deploy` begins a history"
        }
        MigrateError::Bridge(error) => return of_bridge(error).map(str::to_owned),
        MigrateError::Directory(DirectoryError::ScriptMissing { .. }) => "restore the script, or remove the folder",
        MigrateError::Directory(DirectoryError::OtherProvider { .. }) => {
            "SQL for one kind of database is none for another: begin a new folder with `evt migrate dev`, or, if only the \
             lock file is wrong, correct its `provider`"
        }
        MigrateError::AlreadyApplied { .. } => {
            "nothing is to be done about it; `evt migrate status` shows how things stand"
        }
        MigrateError::NeverApplied { .. } => {
            "is this its full name, with the time stamp? `evt migrate status` lists what is pending and what failed"
        }
        MigrateError::NotFailed { name } => {
            return Some(format!(
                "`{name}` is applied and needs no repair; what it did is undone by a new migration that does the opposite"
            ));
        }
        MigrateError::Script(error) => return Some(of_script(error)),
        MigrateError::Step { done: 0, .. } => "everything was rolled back: the database is as it was before",
        MigrateError::Step { done, of, .. } => {
            return Some(format!(
                "the last of these transactions was rolled back; {done} of {of} had ended before and stay, because a new \
                 value of an enum can only be used after the transaction that adds it"
            ));
        }
        MigrateError::ShadowScript(_) => {
            "every migration has to work on an empty database after those before it: mend the script, or put back what \
             it needs"
        }
        MigrateError::Directory(_)
        | MigrateError::Instruction(_)
        | MigrateError::Introspect(_)
        | MigrateError::ShadowInit { .. } => return None,
    };
    Some(text.to_owned())
}

fn of_bridge(error: &BridgeError) -> Option<&'static str> {
    match error {
        BridgeError::NoFiles { .. } => {
            Some("name their folder with `--folder`; their names are `V<version>__<name>.sql`, as refinery wants them")
        }
        BridgeError::NoTable { .. } => Some(
            "is it the right database? If the program sets another name with `set_migration_table_name`, give it with \
             `--table`",
        ),
        BridgeError::OddTable { .. } => Some("is it refinery's? If another table is, name it with `--table`"),
        BridgeError::Unfit { .. } => None,
    }
}

/// What to do after a script failed depends on what it left.
fn of_script(error: &ScriptError) -> String {
    let name = &error.migration;
    match error.left {
        Left::Nothing | Left::AllOrNothing => {
            "nothing of this migration is in the database: correct its script and run the command again".to_owned()
        }
        Left::Segments { done, of } => format!(
            "{done} of {of} segments are in the database: remove the cause and run the command again, it goes on behind \
             them; if the script itself has to change, finish by hand and then `evt migrate resolve --applied {name}`"
        ),
        Left::Unknown => format!(
            "look at what the script left; then either undo it, `evt migrate resolve --rolled-back {name}` and run the \
             command again, or finish it by hand and `evt migrate resolve --applied {name}`"
        ),
    }
}

/// What to do after the connection ended in a script.
fn of_interruption(name: &str, left: Left) -> String {
    match left {
        Left::Nothing | Left::AllOrNothing => {
            "it is in the database completely or not at all, and the history knows: run the command again".to_owned()
        }
        Left::Segments { .. } => {
            "what it finished is counted, and the history knows: run the command again, it goes on behind that"
                .to_owned()
        }
        Left::Unknown => format!(
            "look at what the script did; if all of it, `evt migrate resolve --applied {name}`; if nothing, \
             `evt migrate resolve --rolled-back {name}` and run the command again"
        ),
    }
}
