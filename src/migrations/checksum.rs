//! Fingerprints of migration scripts, as `_prisma_migrations.checksum` holds them.

use sha2::{Digest as _, Sha256};

/// Lower-case hexadecimal SHA-256 of the exact text.
pub fn checksum(script: &str) -> String {
    hex(&digest(script), true)
}

/// Whether a stored checksum is that of `script`. Tolerates a change of line endings, which version control makes
/// without asking, and the unpadded hexadecimal that early versions of Prisma stored.
pub fn matches(stored: &str, script: &str) -> bool {
    let unix = script.replace("\r\n", "\n");
    let windows = script.replace('\n', "\r\n");
    let padded = stored.is_empty() || stored.len() == 64;
    [script, &unix, &windows].iter().any(|text| hex(&digest(text), padded) == stored)
}

fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn hex(bytes: &[u8], padded: bool) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = if padded { write!(text, "{byte:02x}") } else { write!(text, "{byte:x}") };
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digest() {
        assert_eq!(checksum(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn line_endings_do_not_matter_but_text_does() {
        let unix = "SELECT 1;\nSELECT 2;\n";
        let windows = "SELECT 1;\r\nSELECT 2;\r\n";
        for (name, stored, script, expected) in [
            ("same", checksum(unix), unix, true),
            ("became windows", checksum(unix), windows, true),
            ("became unix", checksum(windows), unix, true),
            ("edited", checksum(unix), "SELECT 1;\n", false),
            ("empty checksum", String::new(), unix, false),
        ] {
            assert_eq!(matches(&stored, script), expected, "{name}");
        }
    }

    #[test]
    fn unpadded_hexadecimal_of_early_versions() {
        let script = "x";
        let unpadded = hex(&digest(script), false);
        assert!(unpadded.len() < 64, "the example must have a byte below 16");
        assert!(matches(&unpadded, script));
    }
}
