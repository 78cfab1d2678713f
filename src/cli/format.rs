//! `evt format`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Flags, read_stdin};
use crate::config::{ConfigError, Context, Dotenv, Origin, Project, ProjectArgs, SchemaFiles, Settings};
use crate::error::{Error, Exit};
use crate::output::Output;
use crate::psl::{self, FileId, Source};

/// Put the schema into the one layout, with what relations lack
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt format
  evt format --check")]
pub(crate) struct FormatArgs {
    /// Files or folders to format, instead of the whole schema; `-` is standard input, printed to standard output
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    project: ProjectArgs,
    /// Only show what would change; exit with 1 if something would
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    tolerated: Flags,
}

pub(crate) fn run(args: &FormatArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.files.iter().any(|file| file == Path::new("-")) {
        return match args.files.as_slice() {
            [_] => standard_input(args.check, out),
            _ => Err(Error::usage("`-` does not go together with files", "format files and standard input one by one")),
        };
    }
    let settings = Settings::load(&args.project, context, Dotenv::Skip)?;
    out.notes(&settings.notes);
    let (mut files, chosen) = chosen(args, &settings)?;
    let (count, original) = (chosen.len(), files.clone());
    let mut changed = Vec::new();
    for (position, text) in psl::format_until_settled(&files.parsed().0).into_iter().enumerate() {
        if chosen.contains(&position) && files.sources[position].text != text {
            changed.push((position, files.replace_text(position, text)));
        }
    }
    // What is written is valid, or nothing is written; then the places are those in the files as they are.
    let project = match Project::of(settings.clone(), files) {
        Err(error @ ConfigError::Invalid { .. }) => {
            Project::of(settings, original)?;
            return Err(error.into());
        }
        other => other?,
    };
    if !args.check {
        let positions: Vec<usize> = changed.iter().map(|(position, _)| *position).collect();
        project.files.write(&positions)?;
    }
    for (position, before) in &changed {
        let source = &project.files.sources[*position];
        if args.check {
            out.difference(&source.path, before, &source.text);
        } else {
            out.line(format!("{} is formatted now", source.path));
        }
    }
    if changed.is_empty() {
        out.good(if count == 1 { "The file is formatted" } else { "All files are formatted" });
    } else if args.check {
        out.hint("run `evt format`");
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}

/// The files of the schema, and which of them to format: those that were named, else all. Files that do not belong to the
/// schema of the project are one of their own.
fn chosen(args: &FormatArgs, settings: &Settings) -> Result<(SchemaFiles, BTreeSet<usize>), ConfigError> {
    if args.files.is_empty() {
        let files = SchemaFiles::load(settings)?;
        let all = (0..files.sources.len()).collect();
        return Ok((files, all));
    }
    let named = SchemaFiles::named(&args.files, &settings.cwd)?;
    if let Ok(files) = SchemaFiles::load(settings)
        && let Some(positions) = files.positions(&named)
    {
        return Ok((files, positions));
    }
    let files = SchemaFiles::of_files(named, Origin::Flag("FILE"), &settings.cwd)?;
    let all = (0..files.sources.len()).collect();
    Ok((files, all))
}

/// Only the syntax has to be right: what is piped through may be one file of several.
fn standard_input(check: bool, out: &mut Output) -> Result<Exit, Error> {
    let source = Source { id: FileId(0), path: "standard input".to_owned(), text: read_stdin()? };
    let (tree, diagnostics) = psl::parse(source);
    let files = vec![tree];
    if diagnostics.has_errors() {
        return Err(ConfigError::Invalid { files, diagnostics, way_out: None }.into());
    }
    let printed = psl::format_until_settled(&files).concat();
    let Source { path, text, .. } = &files[0].source;
    if !check {
        out.raw(&printed);
    } else if *text == printed {
        out.good("The text is formatted");
    } else {
        out.difference(path, text, &printed);
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}
