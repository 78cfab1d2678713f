//! What may be meant by a line that fits no rule.

use crate::psl::ast::BlockKind;
use crate::psl::resolve::did_you_mean;

/// For a line outside of blocks.
pub(super) fn outside(line: &str) -> String {
    if line.starts_with('\u{feff}') {
        return "a byte order mark stands before it: save the file as UTF-8 without one".to_owned();
    }
    let word: String = line.trim_start().chars().take_while(|char| char.is_alphanumeric()).collect();
    let keywords = BlockKind::ALL.map(BlockKind::keyword);
    if keywords.contains(&word.as_str()) {
        return if line.contains('{') {
            "is a closing brace missing? it stands on a line of its own".to_owned()
        } else {
            "the opening brace stands on the line of the keyword and the name".to_owned()
        };
    }
    let is_head = line.contains('{');
    is_head.then(|| did_you_mean(&word, keywords)).flatten().unwrap_or_else(|| {
        "outside of blocks only comments may stand, and blocks that begin with model, view, enum, type, datasource or \
         generator"
            .to_owned()
    })
}

/// For a line in a block.
pub(super) fn inside(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let count = |chars: [char; 3]| line.matches(chars).count();
    let first = line.split_whitespace().next().unwrap_or_default();
    let is_head = line.ends_with('{') && BlockKind::from_keyword(first).is_some();
    Some(match line {
        _ if is_head => "is the closing brace of the block above missing? it stands on a line of its own",
        _ if line.starts_with(['#', '-']) => "a comment begins with `//`",
        _ if line.contains('\'') => "a string stands in double quotes",
        _ if line.ends_with([',', ';']) => "nothing separates lines: remove what stands at the end",
        _ if count(['(', '[', '{']) != count([')', ']', '}']) => "a declaration ends on the line on which it begins",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{inside, outside};

    #[test]
    fn common_mistakes_are_recognised() {
        for (line, expected) in [
            ("  id Int @id,\n", Some("at the end")),
            ("  id Int @id;", Some("at the end")),
            ("  a String @default('x')", Some("double quotes")),
            ("  @@index([\n", Some("ends on the line")),
            ("  ])\n", Some("ends on the line")),
            ("  # remark", Some("`//`")),
            ("  -- remark", Some("`//`")),
            ("model B {\n", Some("closing brace")),
            ("  what is this?\n", None),
        ] {
            let found = inside(line);
            assert_eq!(found.is_some(), expected.is_some(), "{line:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{line:?}: {found:?}");
        }
        for (line, expected) in [
            ("mdoel A {\n", "`model`"),
            ("Enum A {\n", "`enum`"),
            ("model A\n", "opening brace"),
            ("model A {\n", "closing brace"),
            ("  id Int @id\n", "outside of blocks"),
            ("", "outside of blocks"),
            ("\u{feff}model A {\n", "byte order mark"),
        ] {
            let found = outside(line);
            assert!(found.contains(expected), "{line:?}: {found:?}");
        }
    }
}
