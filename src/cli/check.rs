//! `evt validate`.

use serde_json::json;

use super::Tolerated;
use crate::config::{Context, Dotenv, Project, ProjectArgs, SchemaFiles, Settings};
use crate::error::{Error, Exit};
use crate::output::{Output, diagnostics_json, plural};

/// Check that the schema is valid
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt validate
  evt validate --schema prisma/schema --json")]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn validate(args: &ValidateArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    let settings = Settings::load(&args.project, context, Dotenv::Read)?;
    if !args.json {
        out.notes(&settings.notes);
    }
    let files = SchemaFiles::load(&settings)?;
    let project = Project::of(settings, files)?;
    // The schema is right or wrong wherever it is looked at: whoever connects cannot do without the variable.
    for missing in project.check_urls()? {
        out.warning(missing.to_string());
    }
    out.diagnostics(&project.warnings, &project.trees);
    if args.json {
        let names: Vec<&str> = project.files.sources.iter().map(|source| source.path.as_str()).collect();
        let diagnostics = diagnostics_json(&project.warnings, &project.trees);
        out.json(&json!({ "version": 1, "valid": true, "files": names, "diagnostics": diagnostics }));
        return Ok(Exit::Success);
    }
    let path = project.files.shown(&context.cwd);
    out.good(match project.files.sources.len() {
        1 => format!("The schema at {} is valid", path.display()),
        count => format!("The schema at {} ({}) is valid", path.display(), plural(count, "file")),
    });
    Ok(Exit::Success)
}
