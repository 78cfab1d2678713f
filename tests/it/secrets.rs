//! No command says a password, whatever is wrong with the URL, the server or the files around it, and however talkative
//! evt is asked to be.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::guarded::{AWKWARD, guarded};
use crate::server::of_programs;

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        Trial::test("secrets: no command says a password", closed_port),
        Trial::test("secrets: nor one that is written where it cannot be read", unreadable),
        Trial::test("secrets: nor one that stands in a file", in_files),
        of_programs(Trial::test("long secrets: nor with a server", with_a_server)),
    ]
}

/// Longest run of one command; none of these waits for anything.
const PATIENCE: Duration = Duration::from_mins(1);

const SCHEMA: &str = "generator client {\n  provider = \"prisma-client-js\"\n}\n\ndatasource db {\n  provider = \"postgresql\"\n  \
    url = env(\"DATABASE_URL\")\n}\n\nmodel A {\n  id Int @id\n}\n";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What may be in no output: the password as it is and as it is written, and pieces of both that nothing else contains.
fn forbidden() -> Vec<String> {
    let mut forbidden = vec![AWKWARD.to_owned(), encoded(AWKWARD), "hunter2".to_owned()];
    for piece in ["w/rd?x", "x#y[z]", "p@ss:w", "$&'()*", "ss:w"] {
        forbidden.push(piece.to_owned());
        forbidden.push(encoded(piece));
    }
    forbidden
}

/// Every command that people see, with arguments that make it do something. New ones are here by themselves.
fn command_lines(url: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for (command, _) in evt::cli::commands() {
        let words: Vec<String> = command.split(' ').skip(1).map(str::to_owned).collect();
        let more: &[&[&str]] = match command.as_str() {
            "evt init" => &[&["--url", url]],
            "evt completions" => &[&["bash"]],
            "evt migrate resolve" => &[&["--applied", "1_a"], &["--rolled-back", "1_a"]],
            "evt migrate reset" => &[&["--force"]],
            "evt migrate dev" => &[&["--name", "x"], &["--url", url, "--name", "y"]],
            "evt migrate diff" => &[
                &["--from-empty", "--to-schema-datasource", "schema.prisma"],
                &["--from-url", url, "--to-schema", "schema.prisma"],
                &["--from-migrations", "migrations", "--to-empty", "--shadow-database-url", url],
            ],
            "evt db execute" => &[&["--stdin"], &["--stdin", "--url", url]],
            "evt dev" => &[&["--detach"]],
            "evt db push" => &[&[], &["--url", url, "--force-reset"]],
            "evt doctor" => &[&[], &["--url", url]],
            _ => &[&[]],
        };
        for arguments in more {
            let line = words.iter().cloned().chain(arguments.iter().map(|&word| word.to_owned()));
            let line: Vec<String> = line.collect();
            if evt::cli::has_flag(&words, "json") {
                lines.push(line.iter().cloned().chain(["--json".to_owned()]).collect());
            }
            lines.push(line);
        }
    }
    // What clap itself says about a URL in the wrong place.
    lines.push(vec!["migrate".to_owned(), "deploy".to_owned(), format!("--uri={url}")]);
    lines.push(vec!["migrate".to_owned(), "deploy".to_owned(), url.to_owned()]);
    lines.push(vec![url.to_owned()]);
    lines
}

/// Runs a command line as talkatively as it can be, and looks for the password.
fn listen(line: &[String], folder: &Path, env: &[(&str, &str)]) -> Result<(), Failed> {
    let loud = [
        ("DEBUG", "*"),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("FORCE_COLOR", "1"),
        ("GITHUB_ACTIONS", "true"),
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(line)
        .current_dir(folder)
        .env_clear()
        .envs(loud)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > PATIENCE {
            child.kill()?;
            return Err(format!("`evt {}` does not end", line.join(" ")).into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output()?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match forbidden().iter().find(|secret| said.contains(*secret)) {
        None => Ok(()),
        Some(secret) => Err(format!("`evt {}` says `{secret}`:\n{said}", line.join(" ")).into()),
    }
}

fn project() -> Result<tempfile::TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("schema.prisma"), SCHEMA)?;
    fs::create_dir_all(folder.path().join("migrations/1_a"))?;
    fs::write(folder.path().join("migrations/1_a/migration.sql"), "CREATE TABLE \"A\" (id integer PRIMARY KEY);\n")?;
    fs::write(folder.path().join("migrations/migration_lock.toml"), "provider = \"postgresql\"\n")?;
    Ok(folder)
}

fn listen_to_all(url: &str) -> Result<(), Failed> {
    let shadow = url.replace("/db", "/shadow");
    for line in command_lines(url) {
        let folder = project()?;
        // `init` wants an empty folder.
        let empty = tempfile::tempdir()?;
        let folder = if line[0] == "init" { empty.path() } else { folder.path() };
        let environment = [("DATABASE_URL", url), ("EVT_SHADOW_DATABASE_URL", &shadow)];
        let outcome = listen(&line, folder, &environment);
        if line[0] == "dev" {
            // What it started does not outlive its folder.
            listen(&["dev", "reset", "--force"].map(str::to_owned), folder, &environment)?;
        }
        outcome?;
    }
    Ok(())
}

fn closed_port() -> Result<(), Failed> {
    listen_to_all(&format!("postgresql://u:{}@127.0.0.1:1/db?sslpassword=hunter2", encoded(AWKWARD)))
}

fn unreadable() -> Result<(), Failed> {
    for url in [
        format!("postgresql://u:{AWKWARD}@127.0.0.1:1/db"),
        format!("mysql://u:{AWKWARD}@127.0.0.1/db"),
        "postgresql://u:hunter2@127.0.0.1:hunter2/db".to_owned(),
        "u:hunter2@127.0.0.1/db".to_owned(),
        "postgresql://u:hunter2@[::1/db".to_owned(),
    ] {
        // Where it stands matters here, not which command reads it.
        let folder = project()?;
        for line in [
            vec!["migrate", "deploy"],
            vec!["migrate", "deploy", &url],
            vec!["db", "execute", "--stdin", "--url", &url],
            vec!["migrate", "diff", "--from-url", &url, "--to-empty"],
            vec!["debug"],
            vec!["doctor", "--json"],
        ] {
            let line: Vec<String> = line.into_iter().map(str::to_owned).collect();
            listen(&line, folder.path(), &[("DATABASE_URL", &url), ("EVT_SHADOW_DATABASE_URL", &url)])?;
        }
    }
    Ok(())
}

fn in_files() -> Result<(), Failed> {
    let url = format!("postgresql://u:{}@127.0.0.1:1/db", encoded(AWKWARD));
    let literal = SCHEMA.replace("env(\"DATABASE_URL\")", &format!("\"{url}\""));
    for (path, text) in [
        ("schema.prisma", literal.clone()),
        ("schema.prisma", literal.replace("Int @id", "Strng @id")),
        ("schema.prisma", literal.replace("provider = \"postgresql\"", &format!("provider = \"{url}\""))),
        ("prisma.config.ts", format!("export default {{ datasource: {{ url: '{url}' }} }}")),
        ("prisma.config.ts", format!("export default {{ datasource: {{ url: '{url}', }}, migrations: '{url}' }}")),
        ("prisma.config.ts", format!("export default {{ datasource: {{ url: make('{url}') }} }}")),
        ("prisma.config.ts", format!("export default {{ datasource: {{ url: '{url}' ")),
        ("evt.toml", format!("[database]\nurl = '{url}'")),
        ("evt.toml", format!("[database]\nurl = '{url}' x")),
        ("evt.toml", format!("database = '{url}'")),
        (".env", format!("DATABASE_URL='{url}'\nOTHER='{url}'")),
        ("package.json", format!("{{ \"prisma\": {{ \"schema\": \"{url}\" }} }}")),
    ] {
        let folder = project()?;
        fs::write(folder.path().join(path), text)?;
        for line in [["migrate", "status"].as_slice(), &["debug"]] {
            let line: Vec<String> = line.iter().map(|&word| word.to_owned()).collect();
            listen(&line, folder.path(), &[("PATH", "/nowhere")])?;
        }
    }
    Ok(())
}

fn with_a_server() -> Result<(), Failed> {
    let port = guarded().port;
    let user = encoded("we:ird @user/");
    let who = |password: &str| format!("postgresql://{user}:{}@localhost:{port}/db", encoded(password));
    listen_to_all(&format!("{}?sslmode=require", who(AWKWARD)))?;
    for line in [&["migrate", "deploy"][..], &["doctor"], &["migrate", "dev"]] {
        let line: Vec<String> = line.iter().map(|&word| word.to_owned()).collect();
        let folder = project()?;
        listen(&line, folder.path(), &[("DATABASE_URL", &format!("{}?sslmode=verify-full", who(AWKWARD)))])?;
        listen(&line, folder.path(), &[("DATABASE_URL", &who("hunter2"))])?;
    }
    Ok(())
}
