//! Ctrl-C: a script that runs on the server is stopped there, and what became of it is noted, before evt ends.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::db::Canceller;
use crate::error::Error;

/// Between two requests to stop: one that arrives between two statements stops nothing.
const AGAIN: Duration = Duration::from_millis(200);

/// Whether the command does itself what is to be done.
static ELSEWHERE: AtomicBool = AtomicBool::new(false);

static RUNNING: Mutex<Option<Canceller>> = Mutex::new(None);

/// Says what has to be stopped on the server if somebody presses Ctrl-C; `None` if nothing has to be.
pub(crate) fn on_interrupt(canceller: Option<Canceller>) {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = canceller;
}

/// Ends when a person or the system asks this process to stop, for a command that sees to it itself.
pub(super) async fn handled_by_the_command() {
    ELSEWHERE.store(true, Ordering::Relaxed);
    interrupted().await;
}

/// Works until the end or until somebody presses Ctrl-C. A second Ctrl-C ends at once.
pub(super) async fn interruptible<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut work = pin!(work);
    tokio::select! {
        outcome = &mut work => return outcome,
        () = interrupted() => {}
    }
    let mut again = pin!(interrupted());
    if ELSEWHERE.load(Ordering::Relaxed) {
        tokio::select! {
            outcome = &mut work => return outcome,
            () = &mut again => return Err(Error::Cancelled),
        }
    }
    loop {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(running) = running else { return Err(Error::Cancelled) };
        tokio::select! {
            outcome = &mut work => return outcome.map_err(|error| Error::Interrupted(Box::new(error))),
            () = &mut again => return Err(Error::Cancelled),
            () = async { let _ = running.cancel().await; tokio::time::sleep(AGAIN).await } => {}
        }
    }
}

/// Waits for a request to end.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
