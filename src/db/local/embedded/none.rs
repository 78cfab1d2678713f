//! An evt without a PostgreSQL inside.

use std::path::Path;

use super::super::LocalError;

/// Whether there is a PostgreSQL inside this evt.
pub const AVAILABLE: bool = false;

pub(in super::super) fn initialise(_data: &Path) -> Result<(), LocalError> {
    Err(LocalError::NotEmbedded)
}

/// Refuses to serve.
pub fn serve(_data: &Path, _socket: &Path, _say: &mut dyn FnMut(&str)) -> Result<(), LocalError> {
    Err(LocalError::NotEmbedded)
}
