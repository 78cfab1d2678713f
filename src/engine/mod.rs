//! evt in the place of Prisma's schema engine: the process that `npx prisma` starts for everything that has to do with a
//! database.
//!
//! `args` are its command line, `protocol` is how messages travel, `params` what they carry, `session` what the process
//! keeps between them, `methods` what each does, `errors` how failures are told. Here the pieces meet: one request after
//! the other until the other side goes.
//!
//! In this mode the history is Prisma's to the letter, evt's own tables and caches are not used, and no settings but
//! those of the arguments count: whoever uses `npx prisma` gets what Prisma would do.

mod args;
mod database;
mod errors;
mod log;
mod methods;
mod params;
mod protocol;
mod session;

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::time::Duration;

use crate::config::environment::SHUTDOWN_TIMEOUT;
use crate::config::{Context, Environment, Origin, SchemaFiles};
use crate::db::Canceller;
use crate::error::{Error, Exit};
use crate::output::Output;

pub(crate) use args::{EngineArgs, is_called_as_engine};
use log::Log;
use methods::Failure;
use protocol::Peer;
use session::{Session, Urls};

/// How long the work on a request may go on after this process was asked to end, unless a variable says otherwise.
const SHUTDOWN_MS: u64 = 4000;

/// Between two requests to the server to stop a statement: one that arrives between two statements stops nothing.
const AGAIN: Duration = Duration::from_millis(200);

/// Prints the version in the form that Prisma's command line shows: a name and what identifies the build.
fn version(out: &mut Output) -> Exit {
    out.raw(&format!("schema-engine-cli {}\n", log::BUILD));
    Exit::Success
}

/// Does what the arguments say until the end. `interrupted` is the wish that this process ends.
pub(crate) async fn run(
    args: &EngineArgs,
    context: &Context,
    out: &mut Output,
    interrupted: impl Future<Output = ()>,
) -> Result<Exit, Error> {
    if args.version {
        return Ok(version(out));
    }
    let usage = |error: clap::Error| Error::usage(error.to_string().trim().to_owned(), "see `evt engine --help`");
    let log = Log::of(&context.environment);
    Log::catch_panics(&context.environment);
    if let Some(command) = args.database_command().map_err(usage)? {
        return Ok(database::run(&command, args, context, out).await);
    }
    log.started(out, "Starting schema engine RPC server");
    let session = match session_of(args, context) {
        Ok(session) => session,
        Err(error) => {
            log.crashed(out, &errors::message(&error));
            return Ok(Exit::Crashed);
        }
    };
    Ok(serve(session, Peer::of_process(out), &context.environment, &log, interrupted).await)
}

fn session_of(args: &EngineArgs, context: &Context) -> Result<Session, Error> {
    let urls = Urls::of_argument(args.datasource.as_deref())?;
    let paths = args.datamodels.iter().map(|path| context.cwd.join(path)).collect();
    let files = SchemaFiles::of_files(paths, Origin::Flag("--datamodels"), &context.cwd)?;
    Ok(Session::new(session::settings(context, &urls)?, files))
}

/// Answers requests one after the other until the other side has none any more, or this process is asked to end.
async fn serve(
    mut session: Session,
    mut peer: Peer<'_>,
    environment: &Environment,
    log: &Log,
    interrupted: impl Future<Output = ()>,
) -> Exit {
    let mut interrupted = pin!(interrupted);
    let ended = peer.ended();
    loop {
        let request = tokio::select! {
            biased;
            () = &mut interrupted => break,
            request = peer.next() => request,
        };
        let Some(request) = request else { break };
        let running = session.running();
        let outcome = {
            let mut work = pin!(methods::call(&mut session, &request, &mut peer));
            tokio::select! {
                biased;
                () = ended.notified() => break,
                () = &mut interrupted => {
                    if wound_up(work, &running, environment).await {
                        break;
                    }
                    return Exit::Failure;
                }
                outcome = &mut work => outcome,
            }
        };
        session.make_way().await;
        match outcome {
            Ok(result) => peer.answer(&request.id, &result),
            Err(Failure::Protocol { code, message }) => peer.refuse(&request.id, code, &message),
            Err(Failure::Work(error)) => {
                if error.is_lost() {
                    session.forget_connection();
                }
                log.failed(peer.out, &request.method, &errors::message(&error));
                peer.fail(&request.id, &errors::object(&error));
            }
        }
    }
    session.close().await;
    Exit::Success
}

/// Stops the statement that runs and waits for the end of the work, so that what it has made for itself on the server
/// goes with it; not longer than the environment allows. Returns whether the end came.
async fn wound_up(
    mut work: Pin<&mut impl Future>,
    running: &RefCell<Option<Canceller>>,
    environment: &Environment,
) -> bool {
    let limit = environment.filled(SHUTDOWN_TIMEOUT).and_then(|text| text.parse().ok());
    let ended = tokio::time::timeout(Duration::from_millis(limit.unwrap_or(SHUTDOWN_MS)), async {
        loop {
            let canceller = running.borrow().clone();
            let stop = async {
                if let Some(canceller) = canceller {
                    let _ = canceller.cancel().await;
                }
                tokio::time::sleep(AGAIN).await;
            };
            tokio::select! {
                _ = &mut work => return,
                () = stop => {}
            }
        }
    });
    ended.await.is_ok()
}
