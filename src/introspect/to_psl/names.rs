//! Names of the database turned into names of the schema language.

use std::collections::HashSet;

use crate::dbschema::types::ScalarType;
use crate::psl::reserved::RESERVED_NAMES;

/// The name as the schema language can write it: what stands before the first letter is cut, every other character
/// that is not allowed becomes `_`. Empty if there is no letter.
pub(super) fn sanitized(name: &str) -> String {
    name.trim_start_matches(|first: char| !first.is_ascii_alphabetic())
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '_' { character } else { '_' })
        .collect()
}

/// Whether a model, view or enum cannot have that name. Names of built-in types would hide those.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED_NAMES.contains(&name) || ScalarType::from_name(name).is_some()
}

/// The name of a model, view or enum if nothing else has it.
pub(super) fn type_name(name: &str) -> String {
    let clean = sanitized(name);
    if clean.is_empty() {
        return spelled_out("Renamed", name);
    }
    if is_reserved(name) || is_reserved(&clean) { format!("Renamed{clean}") } else { clean }
}

/// The name of a field or enum value if nothing else has it. One without a letter gets a name all the same: what is only
/// in a comment would be dropped from the database by the next push or migration.
pub(super) fn member_name(kind: &str, name: &str) -> String {
    let clean = sanitized(name);
    if clean.is_empty() { spelled_out(kind, name) } else { clean }
}

/// A name for what has no letter: its digits as they are, its other characters by number.
fn spelled_out(prefix: &str, name: &str) -> String {
    use std::fmt::Write as _;

    let mut out = prefix.to_owned();
    let mut in_digits = false;
    for character in name.chars() {
        if !(in_digits && character.is_ascii_digit()) {
            out.push('_');
        }
        in_digits = character.is_ascii_digit();
        if in_digits {
            out.push(character);
        } else {
            let _ = write!(out, "u{:x}", u32::from(character));
        }
    }
    out
}

/// `name`, or with the first of the suffixes `_2`, `_3`, … that is free; taken from then on.
pub(super) fn free(name: String, taken: &mut HashSet<String>) -> String {
    if taken.insert(name.clone()) {
        return name;
    }
    let mut number = 2_u32;
    loop {
        let candidate = format!("{name}_{number}");
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// Text as a string of the schema language.
pub(super) fn string(text: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_ascii_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database() {
        for (name, expected) in [
            ("1abc", "abc"),
            ("_u", "u"),
            ("__1_x", "x"),
            ("a-b", "a_b"),
            ("a b", "a_b"),
            ("naïve", "na_ve"),
            ("c\"d", "c_d"),
            ("a_", "a_"),
            ("é", ""),
            ("123", ""),
            ("$$", ""),
        ] {
            assert_eq!(sanitized(name), expected, "{name:?}");
        }
        for (name, expected) in [
            ("class", "Renamedclass"),
            ("_class", "Renamedclass"),
            ("String", "RenamedString"),
            ("with", "Renamedwith"),
            ("model", "model"),
            ("日本", "Renamed_u65e5_u672c"),
            ("12-3", "Renamed_12_u2d_3"),
        ] {
            assert_eq!(type_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn strings() {
        assert_eq!(string("a\"b\\c\n\u{1}é"), "\"a\\\"b\\\\c\\n\\u0001é\"");
    }

    #[test]
    fn taken_names_get_a_number() {
        let mut taken = HashSet::new();
        let names: Vec<String> = (0..3).map(|_| free("a".to_owned(), &mut taken)).collect();
        assert_eq!(names, ["a", "a_2", "a_3"]);
    }
}
