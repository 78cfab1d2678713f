//! `evt init`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{answered, block_on, may_ask};
use crate::config::environment::PATH;
use crate::config::{ConfigError, Context, Origin};
use crate::db::local::{Reached, ServerProgram};
use crate::db::{Connection, DatabaseUrl, DbError};
use crate::error::{Error, Exit};
use crate::output::Output;

/// The URL in a new `.env` file if none is given: a shape to fill in.
const EXAMPLE_URL: &str = "postgresql://user:password@localhost:5432/mydb?schema=public";

/// The URL of a database that evt runs itself.
const LOCAL_URL: &str = "local:.evt/db";

/// Where generated code goes unless somebody says otherwise; relative to the schema.
const OUTPUT: &str = "../generated/prisma";

const MODEL: &str = "
model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
}
";

const CONFIG: &str = r#"// Where schema, migrations and database are. evt reads this file without Node.js.
import "dotenv/config";
import { defineConfig, env } from "prisma/config";

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: {
    path: "prisma/migrations",
  },
  datasource: {
    url: env("DATABASE_URL"),
  },
});
"#;

/// Start a project: schema, configuration, `.env` and `.gitignore`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt init
  evt init --with-model
  evt init --url local:.evt/db
  evt init --url postgresql://app@localhost:5432/app")]
pub(crate) struct InitArgs {
    /// The kind of database; evt works with PostgreSQL
    #[arg(long, value_name = "NAME", default_value = "postgresql")]
    datasource_provider: String,
    /// URL of the database, which is tried
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The provider of the generator block
    #[arg(long, value_name = "NAME", default_value = "prisma-client")]
    generator_provider: String,
    /// Preview feature for the generator block; may be repeated
    #[arg(long, value_name = "NAME")]
    preview_feature: Vec<String>,
    /// Where generated code goes, relative to the schema
    #[arg(long, value_name = "PATH", default_value = OUTPUT)]
    output: String,
    /// Begin with an example model
    #[arg(long)]
    with_model: bool,
    /// Prisma configuration file
    #[arg(long, value_name = "FILE", hide = true)]
    config: Option<PathBuf>,
    #[arg(long, hide = true, value_name = "TEXT")]
    telemetry_information: Option<String>,
}

pub(crate) fn run(args: &InitArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.check(context)?;
    let url = match &args.url {
        Some(url) => Some(url.clone()),
        None => asked(context)?,
    };
    let mut made = Vec::new();
    let mut create = |path: &str, text: &str| -> Result<(), Error> {
        write(&context.cwd.join(path), Path::new(path), text)?;
        made.push(path.to_owned());
        Ok(())
    };
    create("prisma/schema.prisma", &args.schema())?;
    if context.cwd.join("prisma.config.ts").exists() {
        out.warning("`prisma.config.ts` exists already and is left as it is");
    } else {
        create("prisma.config.ts", CONFIG)?;
    }
    match dotenv(&context.cwd.join(".env"), url.as_deref().unwrap_or(EXAMPLE_URL))? {
        Some(text) => create(".env", &text)?,
        None => out.warning("`.env` has a `DATABASE_URL` already and is left as it is"),
    }
    create(".gitignore", &ignored(&context.cwd.join(".gitignore"), &args.output)?)?;
    out.good("The project is set up.");
    out.line("");
    for path in &made {
        out.line(format!("  {path}"));
    }
    out.line("");
    if url.is_none() {
        out.hint("write the URL of your database into `.env`");
    }
    out.hint("describe your tables in `prisma/schema.prisma`, then run `evt migrate dev`");
    if url.as_deref() == Some(LOCAL_URL) {
        out.hint("`evt dev` keeps the database running for your application");
    } else {
        out.hint("or, if the database has tables already, let `evt db pull` describe them");
    }
    Ok(Exit::Success)
}

/// Asks where the database is, if there is somebody to ask; a URL is tried. Nothing if it is to be written down later.
fn asked(context: &Context) -> Result<Option<String>, Error> {
    const LOCAL: &str = "In a PostgreSQL that evt runs itself, with the data in .evt/db";
    const URL: &str = "In a PostgreSQL whose URL I have";
    const LATER: &str = "I write the URL into .env later";
    const OTHERWISE: &str = "say it with `--url`";
    if !may_ask(context).can_prompt {
        return Ok(None);
    }
    let local = ServerProgram::find(context.environment.get(PATH).map(std::ffi::OsStr::new)).is_ok();
    let places = [LOCAL, URL, LATER].into_iter().filter(|place| local || *place != LOCAL).collect();
    let place = inquire::Select::new("Where is the database?", places).without_filtering();
    let place = place.with_help_message("arrows to move, Enter to choose");
    match answered(place.prompt(), OTHERWISE)? {
        LOCAL => Ok(Some(LOCAL_URL.to_owned())),
        URL => {
            let url = answered(inquire::Text::new("URL:").with_help_message(EXAMPLE_URL).prompt(), OTHERWISE)?;
            try_url(url.trim(), context)?;
            Ok(Some(url.trim().to_owned()))
        }
        _ => Ok(None),
    }
}

impl InitArgs {
    /// Refuses before anything is written.
    fn check(&self, context: &Context) -> Result<(), Error> {
        if !matches!(self.datasource_provider.as_str(), "postgresql" | "postgres") {
            return Err(Error::usage(
                format!("evt works with PostgreSQL only, not with `{}`", self.datasource_provider),
                "leave `--datasource-provider` out",
            ));
        }
        for path in ["schema.prisma", "prisma"] {
            if context.cwd.join(path).exists() {
                let message = format!("`{path}` exists already: this folder is a project, or part of one");
                return Err(Error::refused(message, "run `evt init` in an empty folder, or remove it"));
            }
        }
        self.url.as_ref().map_or(Ok(()), |url| try_url(url, context))
    }

    fn schema(&self) -> String {
        let mut generator = vec![("provider", quoted(&self.generator_provider))];
        if !self.preview_feature.is_empty() {
            let features: Vec<String> = self.preview_feature.iter().map(|name| quoted(name)).collect();
            generator.push(("previewFeatures", format!("[{}]", features.join(", "))));
        }
        generator.push(("output", quoted(&self.output)));
        let mut text =
            "// The schema of the database; `evt migrate dev` turns its changes into migrations.\n\n".to_owned();
        text.push_str(&block("generator client", &generator));
        text.push('\n');
        text.push_str(&block("datasource db", &[("provider", quoted("postgresql"))]));
        text.push_str(if self.with_model { MODEL } else { "" });
        text
    }
}

/// A database that does not exist yet is fine; everything else that is wrong is better known now.
fn try_url(url: &str, context: &Context) -> Result<(), Error> {
    let problem = |source| ConfigError::Url { origin: Origin::Flag("--url"), source };
    let url: DatabaseUrl = url.parse().map_err(problem)?;
    let url = url.resolved(&context.cwd, &context.cwd);
    let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
    block_on(async {
        match Connection::open(&reached.url).await {
            Ok(_) | Err(DbError::DatabaseMissing { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    })
}

/// A block whose properties stand in one column, as the formatter writes them.
fn block(head: &str, properties: &[(&str, String)]) -> String {
    let width = properties.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = format!("{head} {{\n");
    for (name, value) in properties {
        let _ = writeln!(text, "  {name:width$} = {value}");
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The text of `.env` with a `DATABASE_URL`; `None` if the file has one.
fn dotenv(path: &Path, url: &str) -> Result<Option<String>, Error> {
    let before = existing(path)?;
    if defines(&before, "DATABASE_URL") {
        return Ok(None);
    }
    let gap = if before.is_empty() { "" } else { "\n" };
    let url = url.replace('"', "%22"); // the one character that would end the value
    Ok(Some(format!(
        "{before}{gap}# Where the database is. Keep this file out of version control.\n\
         # `local:.evt/db` instead of a URL lets evt run a PostgreSQL of its own in that folder.\n\
         DATABASE_URL=\"{url}\"\n"
    )))
}

fn defines(text: &str, name: &str) -> bool {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("export ").trim_start());
    lines.into_iter().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')))
}

/// The text of `.gitignore` with what has to stay out of version control and is not in it yet.
fn ignored(path: &Path, output: &str) -> Result<String, Error> {
    let mut text = existing(path)?;
    let generated = format!("/{}", output.trim_start_matches("../").trim_start_matches("./"));
    for line in ["node_modules", ".env", "/.evt", &generated] {
        if !text.lines().any(|known| known.trim() == line) {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    Ok(text)
}

fn existing(path: &Path) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }.into()),
    }
}

fn write(path: &Path, shown: &Path, text: &str) -> Result<(), Error> {
    let problem = |source| ConfigError::Write { path: shown.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(problem)?;
    }
    Ok(fs::write(path, text).map_err(problem)?)
}
