//! `evt migrate diff`.

use std::path::{Path, PathBuf};

use crate::cli::Tolerated;
use crate::cli::operands::{Comparison, Operand};
use crate::config::{Context, ProjectArgs};
use crate::diff::{External, summary};
use crate::error::{Error, Exit};
use crate::migrations::Steps;
use crate::output::{Output, changes_json};

/// Show what turns one database into another, as a summary or as SQL
///
/// Each side is nothing, a schema, a live database, or what migrations make. Reads only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate diff --from-empty --to-schema schema.prisma --script
  evt migrate diff --from-config-datasource --to-schema schema.prisma --exit-code
  evt migrate diff --from-migrations migrations --to-schema schema.prisma --shadow-database-url \"$SHADOW_URL\"")]
pub(crate) struct DiffArgs {
    /// From nothing
    #[arg(long, help_heading = "From")]
    from_empty: bool,
    /// From a schema file or folder
    #[arg(long, visible_alias = "from-schema-datamodel", value_name = "PATH", help_heading = "From")]
    from_schema: Option<PathBuf>,
    /// From the live database that a schema names
    #[arg(long, value_name = "PATH", help_heading = "From")]
    from_schema_datasource: Option<PathBuf>,
    /// From the live database of the configuration
    #[arg(long, help_heading = "From")]
    from_config_datasource: bool,
    /// From a live database
    #[arg(long, value_name = "URL", help_heading = "From")]
    from_url: Option<String>,
    /// From what migrations make
    #[arg(long, value_name = "FOLDER", help_heading = "From")]
    from_migrations: Option<PathBuf>,
    /// To nothing
    #[arg(long, help_heading = "To")]
    to_empty: bool,
    /// To a schema file or folder
    #[arg(long, visible_alias = "to-schema-datamodel", value_name = "PATH", help_heading = "To")]
    to_schema: Option<PathBuf>,
    /// To the live database that a schema names
    #[arg(long, value_name = "PATH", help_heading = "To")]
    to_schema_datasource: Option<PathBuf>,
    /// To the live database of the configuration
    #[arg(long, help_heading = "To")]
    to_config_datasource: bool,
    /// To a live database
    #[arg(long, value_name = "URL", help_heading = "To")]
    to_url: Option<String>,
    /// To what migrations make
    #[arg(long, value_name = "FOLDER", help_heading = "To")]
    to_migrations: Option<PathBuf>,
    /// Database in which migrations are replayed; what is in it is lost
    #[arg(long, value_name = "URL")]
    shadow_database_url: Option<String>,
    /// Print SQL
    #[arg(long)]
    script: bool,
    /// Write to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 2 if there is a difference
    #[arg(long)]
    exit_code: bool,
    /// Print the changes as data: JSON with summary and SQL
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &DiffArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    let project = ProjectArgs { shadow_database_url: args.shadow_database_url.clone(), ..args.project.clone() };
    let (from, to) = args.operands()?;
    let comparison = Comparison::prepare(from, to, &project, context)?;
    let external = External::named(&comparison.settings.external_tables, &comparison.settings.external_enums)?;
    let Steps { changes, script, .. } = comparison.steps(&external, out)?;
    let exit = if args.exit_code && !changes.is_empty() { Exit::Difference } else { Exit::Success };
    if args.json {
        let value = changes_json(&changes, &script);
        match &args.output {
            Some(path) => out.write_file(path, &context.cwd, &format!("{value}\n"))?,
            None => out.json(&value),
        }
        return Ok(exit);
    }
    let text = if args.script { script.to_string() } else { summary(&changes) };
    match &args.output {
        Some(path) => out.write_file(path, &context.cwd, &format!("{text}\n"))?,
        None => out.raw(&format!("{text}\n")),
    }
    if exit == Exit::Success && args.output.is_none() {
        out.raw("\n"); // as Prisma ends
    }
    Ok(exit)
}

impl DiffArgs {
    fn operands(&self) -> Result<(Operand, Operand), Error> {
        let from = given(
            self.from_empty,
            self.from_schema.as_deref(),
            self.from_schema_datasource.as_deref(),
            self.from_config_datasource,
            self.from_url.as_deref(),
            self.from_migrations.as_deref(),
        );
        let to = given(
            self.to_empty,
            self.to_schema.as_deref(),
            self.to_schema_datasource.as_deref(),
            self.to_config_datasource,
            self.to_url.as_deref(),
            self.to_migrations.as_deref(),
        );
        let (froms, tos) = (from.len(), to.len());
        match (from.into_iter().next(), to.into_iter().next()) {
            (Some(from), Some(to)) if (froms, tos) == (1, 1) => match (&from, &to) {
                (Operand::Empty, Operand::Empty) => {
                    Err(Error::usage("both sides are empty", "compare with a schema, a database or migrations"))
                }
                _ => Ok((from, to)),
            },
            _ => Err(Error::usage(
                format!("one `--from-…` and one `--to-…` are needed; there are {froms} and {tos}"),
                "`evt migrate diff --help` lists them",
            )),
        }
    }
}

fn given(
    empty: bool,
    schema: Option<&Path>,
    schema_datasource: Option<&Path>,
    config_datasource: bool,
    url: Option<&str>,
    migrations: Option<&Path>,
) -> Vec<Operand> {
    let operands = [
        empty.then_some(Operand::Empty),
        schema.map(|path| Operand::Schema(path.to_owned())),
        schema_datasource.map(|path| Operand::SchemaDatasource(path.to_owned())),
        config_datasource.then_some(Operand::ConfigDatasource),
        url.map(|url| Operand::Url(url.to_owned())),
        migrations.map(|path| Operand::Migrations(path.to_owned())),
    ];
    operands.into_iter().flatten().collect()
}
