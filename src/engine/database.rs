//! `cli can-connect-to-database`, `cli create-database`, `cli drop-database`: what Prisma's command line asks before it
//! starts the server, each in a process of its own. What became of it is the last line of the log.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::args::{DatabaseCommand, DatabaseCommandLine, EngineArgs};
use super::errors;
use super::log::Log;
use super::methods::make;
use super::session::{Session, Urls, settings};
use crate::config::{Context, Origin, SchemaFiles};
use crate::db::{Connection, DatabaseUrl, drop_database};
use crate::error::{Code, Error, Exit};
use crate::output::Output;

pub(super) async fn run(command: &DatabaseCommandLine, args: &EngineArgs, context: &Context, out: &mut Output) -> Exit {
    Log::started_command(out);
    match act(command, args, context).await {
        Ok(message) => {
            Log::done(out, &message);
            Exit::Success
        }
        Err(error) => {
            let code = error.code().map(Code::as_str).unwrap_or_default();
            Log::refused(out, code, &errors::message(&error));
            Exit::Failure
        }
    }
}

/// Does it, and returns the words for success, which the caller looks for.
async fn act(command: &DatabaseCommandLine, args: &EngineArgs, context: &Context) -> Result<String, Error> {
    let url = url(command, args, context)?;
    match command.command {
        DatabaseCommand::CanConnect => {
            Connection::open(&url).await?.close().await;
            Ok("Connection successful".to_owned())
        }
        DatabaseCommand::Create => {
            make(&url).await?;
            Ok(format!("Database '{}' was successfully created.", url.database()))
        }
        DatabaseCommand::Drop => {
            // Whoever may not connect to it may not drop it either, and one that is not there is an error.
            Connection::open(&url).await?.close().await;
            drop_database(url.database(), &url.with_database("postgres")).await?;
            Ok("The database was successfully dropped.".to_owned())
        }
    }
}

/// The URL: as a text or in Base64 behind `cli` (Prisma 6), as JSON before it (Prisma 7).
fn url(command: &DatabaseCommandLine, args: &EngineArgs, context: &Context) -> Result<DatabaseUrl, Error> {
    let given = command.datasource.as_deref().or(args.datasource.as_deref()).map(decoded).unwrap_or_default();
    let urls =
        if given.trim_start().starts_with('{') { Urls::of_argument(Some(&given))? } else { Urls::of_text(given) };
    let text = urls
        .url()
        .ok_or_else(|| Error::usage("no database is named", "name it with `--datasource <url>` behind `cli`"))?;
    let session = Session::new(settings(context, &urls)?, SchemaFiles::given([], Origin::Default, &context.cwd));
    let url = session.url(text)?;
    session.reach(&url)
}

fn decoded(text: &str) -> String {
    let is_plain = text.trim_start().starts_with('{') || text.contains(':');
    let bytes = if is_plain { None } else { BASE64_STANDARD.decode(text).ok() };
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
