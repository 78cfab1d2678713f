//! What a terminal shows, for tests.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use super::Output;
use crate::config::Environment;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What stands on stdout in a terminal of that width, without colours.
pub(crate) fn screen(width: usize, show: impl FnOnce(&mut Output)) -> String {
    let buffer = Buffer::default();
    let nobody = Box::new(std::io::sink());
    show(&mut Output::new(Box::new(buffer.clone()), nobody, &Environment::default()).with_width(width));
    let bytes = buffer.0.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("text")
}
