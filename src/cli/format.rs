//! `evt format`.

use super::Tolerated;
use crate::config::{Context, Dotenv, Project, ProjectArgs, SchemaFiles, Settings};
use crate::error::{Error, Exit};
use crate::output::Output;
use crate::psl::{self, Source};

/// Put the schema into the one layout, with what relations lack
#[derive(Debug, clap::Args)]
pub(crate) struct FormatArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Only show what would change; exit with 1 if something would
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &FormatArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    let settings = Settings::load(&args.project, context, Dotenv::Skip)?;
    out.notes(&settings.notes);
    let mut files = SchemaFiles::load(&settings)?;
    let formatted = psl::format(&files.parsed().0);
    let before = files.replace_texts(formatted);
    let project = Project::of(settings, files)?; // what is written is valid, or nothing is written
    let texts = before.iter().zip(&project.files.sources).enumerate();
    let changed: Vec<(usize, &String, &Source)> = texts
        .filter(|(_, (before, source))| **before != source.text)
        .map(|(position, (before, source))| (position, before, source))
        .collect();
    for &(position, before, source) in &changed {
        if args.check {
            out.difference(&source.path, before, &source.text);
        } else {
            project.files.write(position)?;
            out.line(format!("{} is formatted now", source.path));
        }
    }
    if changed.is_empty() {
        out.good(if before.len() == 1 { "The file is formatted" } else { "All files are formatted" });
    } else if args.check {
        out.hint("run `evt format`");
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}
