//! `evt man`.

use std::path::PathBuf;

use clap_mangen::Man;

use crate::config::{Context, relative};
use crate::error::{Error, Exit};
use crate::output::Output;

/// Print the manual page, or write the pages of all commands into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt man
  evt man --output /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Folder for one page per command
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(crate) fn run(
    args: &ManArgs,
    mut command: clap::Command,
    context: &Context,
    out: &mut Output,
) -> Result<Exit, Error> {
    command.build();
    let Some(folder) = &args.output else {
        out.raw(&page(&command)?);
        return Ok(Exit::Success);
    };
    let folder = context.cwd.join(folder);
    let mut pages = Vec::new();
    collect(&command, "evt", &mut pages);
    for (name, command) in &pages {
        let path = folder.join(format!("{name}.1"));
        let shown = relative(&path, &context.cwd);
        out.write_file(&path, &context.cwd, &page(command)?)?;
        out.line(shown.display().to_string());
    }
    Ok(Exit::Success)
}

/// The commands that people see, each with the name of its page: `evt-migrate-dev`.
fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, clap::Command)>) {
    pages.push((name.to_owned(), command.clone()));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        collect(below, &format!("{name}-{}", below.get_name()), pages);
    }
}

fn page(command: &clap::Command) -> Result<String, Error> {
    let mut page = Vec::new();
    let problem = |source| Error::System { what: "cannot make the manual page", source };
    Man::new(command.clone()).render(&mut page).map_err(problem)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
