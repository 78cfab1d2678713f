//! Reading the catalog as it was at one moment, by many questions.

use super::DbError;

/// Begins the transaction: it reads only, and sees one moment.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Ends it.
pub(crate) const COMMIT: &str = "COMMIT";

/// How often everything is asked while somebody changes what is being read.
const TRIES: u32 = 5;

/// Reads, and reads again while what went wrong is that somebody changed the database meanwhile.
///
/// # Errors
/// Whatever else goes wrong, or the change that came in between each time.
pub(crate) async fn undisturbed<T, E>(
    is_change: impl Fn(&E) -> bool,
    mut read: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 1;
    loop {
        match read().await {
            Err(error) if is_change(&error) && tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

impl DbError {
    /// Whether something went away between the server's list of objects and its look at them, so that another try is
    /// worth it. Functions such as `pg_get_expr` do not keep to the snapshot, and report it as an internal error (XX000).
    pub(crate) fn is_change(&self) -> bool {
        self.server().is_some_and(|report| report.sqlstate == "XX000")
    }
}
