//! Every error code over the protocol: those that need other users or servers are produced here, the others in the
//! cases.

use std::fs;
use std::path::Path;

use evt::error::Code;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::process::Engine;
use crate::codes::Role;
use crate::guarded::guarded;
use crate::server::{TestDatabase, live_blocking, of_programs};

pub(super) fn tests() -> Vec<Trial> {
    let credentials = || {
        credentials();
        Ok(())
    };
    vec![
        live_blocking("engine: codes of missing rights", |database| missing_rights(&database)),
        of_programs(Trial::test("live engine: codes of credentials", credentials)),
        Trial::test("engine: every code is produced by a test", all_are_produced),
    ]
}

/// The error of one request, on a schema with this URL.
#[track_caller]
fn fails(url: &str, method: &str, params: &Value, code: Code, facts: &Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("datasource db {{\n  provider = \"postgresql\"\n  url = \"{url}\"\n}}\n");
    fs::write(folder.path().join("schema.prisma"), &text).expect("a schema");
    let arguments = ["--datamodels".to_owned(), "schema.prisma".to_owned()];
    let mut engine = Engine::start(&arguments, folder.path(), &[]);
    let (_, answer) = engine.ask(method, Some(params));
    let error = &answer["error"];
    assert_eq!((&error["code"], &error["data"]["error_code"]), (&json!(4466), &json!(code.as_str())), "{answer}");
    assert_eq!(error["data"]["is_panic"], json!(false), "{answer}");
    for (name, value) in facts.as_object().into_iter().flatten() {
        let fact = error["data"]["meta"].pointer(name).unwrap_or(&Value::Null);
        assert_eq!(fact, value, "{name}: {answer}");
    }
    let (status, log) = engine.end();
    assert_eq!(status, Some(0));
    assert!(!format!("{answer}{log}").contains("secret-of"), "a password is told: {answer}{log}");
}

fn list() -> Value {
    json!({ "migrationsList": super::process::list(&[]), "filters": { "externalTables": [], "externalEnums": [] } })
}

fn missing_rights(database: &TestDatabase) {
    let role = Role::new(database, "");
    database.ask(&format!("CREATE TABLE theirs (id int); GRANT ALL ON SCHEMA public TO {}", role.name));
    let missing = database.missing().replacen(
        &format!("://{}", database.url.user().unwrap_or("postgres")),
        &format!("://{}", role.name),
        1,
    );
    let inner = json!({ "/inner_error/is_panic": false });
    fails(&role.url(), "devDiagnostic", &list(), Code::P3014, &inner);
    fails(&role.url(), "reset", &json!({}), Code::P3016, &inner);
    let there = json!({ "datasource": { "tag": "ConnectionString", "url": missing } });
    fails(&role.url(), "createDatabase", &there, Code::P3000, &json!({}));
    assert_eq!(database.ask("SELECT to_regclass('theirs') IS NULL"), "f\n", "nothing is lost");
}

fn credentials() {
    let port = guarded().port;
    let at = |who: &str, parameters: &str| format!("postgresql://{who}@localhost:{port}/postgres{parameters}");
    let here = json!({ "migrationsList": super::process::list(&[]), "optInToShadowDatabase": false });
    let diagnose = "diagnoseMigrationHistory";
    let user = json!({ "/database_user": "plain", "/database_host": "localhost" });
    fails(&at("plain:wrong-secret-of-plain", ""), diagnose, &here, Code::P1000, &user);
    let barred = json!({ "/database_user": "barred", "/database_name": "postgres" });
    fails(&at("barred:secret-of-barred", ""), diagnose, &here, Code::P1010, &barred);
    let strict = at("plain:secret-of-plain", "?sslmode=verify-full");
    fails(&strict, diagnose, &here, Code::P1011, &json!({}));
}

/// A case or a test here shows each code.
fn all_are_produced() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut shown = fs::read_to_string(root.join("it/engine/codes.rs"))?;
    shown.push_str(&fs::read_to_string(root.join("it/engine/process.rs"))?);
    for entry in fs::read_dir(root.join("fixtures/engine"))?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "case") {
            shown.push_str(&fs::read_to_string(entry.path())?);
        }
    }
    let is_shown = |code: Code| {
        shown.contains(&format!("\"error_code\": \"{code}\""))
            || shown.contains(&format!("[\"error_code\"], \"{code}\""))
            || shown.contains(&format!(", Code::{code}, "))
    };
    let missing: Vec<&str> =
        Code::ALL.iter().filter(|(code, _)| !is_shown(*code)).map(|(code, _)| code.as_str()).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("nobody shows {}", missing.join(", ")).into()) }
}
