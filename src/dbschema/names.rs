//! Names that nobody wrote: of constraints, indexes, join tables and sequences.
//!
//! Lengths count bytes, cuts are at character boundaries, and the suffix is never cut. A name that equals its
//! default needs no `map:` in a schema file.

use std::borrow::Cow;
use std::collections::HashSet;

/// Longest identifier of PostgreSQL, in bytes (`NAMEDATALEN` - 1; PostgreSQL documentation, section 4.1.1).
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// The first `bytes` bytes of `text`, fewer if that would split a character.
///
/// ```
/// use evt::dbschema::names::cut;
/// assert_eq!(cut("größe", 4), "grö");
/// assert_eq!(cut("größe", 3), "gr");
/// ```
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The default name of a table's primary key.
pub fn primary_key(table: &str) -> String {
    suffixed(table, "_pkey")
}

/// The default name of a unique index.
pub fn unique<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    suffixed(&joined(table, columns), "_key")
}

/// The default name of an index that is not unique.
pub fn index<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    suffixed(&joined(table, columns), "_idx")
}

/// The default name of a foreign key; `columns` are the referencing ones.
pub fn foreign_key<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    suffixed(&joined(table, columns), "_fkey")
}

/// The names that belong to the join table of an implicit many-to-many relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinTableNames {
    /// The table.
    pub table: String,
    /// Its primary key.
    pub primary_key: String,
    /// The index on column `B`.
    pub index: String,
    /// The foreign key of column `A`.
    pub foreign_key_a: String,
    /// The foreign key of column `B`.
    pub foreign_key_b: String,
}

/// The names of the join table of a relation.
pub fn join_table(relation: &str) -> JoinTableNames {
    let full = format!("_{relation}");
    let table = cut(&full, MAX_IDENTIFIER_BYTES);
    JoinTableNames {
        primary_key: suffixed(table, "_AB_pkey"),
        // One byte shorter than it need be: the cut is the primary key's.
        index: format!("{}_B_index", cut(table, MAX_IDENTIFIER_BYTES - "_AB_pkey".len())),
        foreign_key_a: suffixed(table, "_A_fkey"),
        foreign_key_b: suffixed(table, "_B_fkey"),
        table: table.to_owned(),
    }
}

/// The name that PostgreSQL gives to the sequence of a `serial` column: `{table}_{column}_seq`, where the longer of
/// the two parts is shortened until it fits (`makeObjectName` in PostgreSQL's `indexcmds.c`).
pub fn serial_sequence(table: &str, column: &str) -> String {
    let available = MAX_IDENTIFIER_BYTES - "__seq".len();
    let (mut first, mut second) = (table.len(), column.len());
    if first + second > available {
        let shorter = first.min(second).min(available / 2);
        let longer = available - shorter;
        // Both are cut when both are long; the halving takes the odd byte from the first part.
        (first, second) = match (first > available / 2, second > available / 2) {
            (true, true) => (available / 2, available - available / 2),
            (true, false) => (longer, second),
            (false, _) => (first, longer),
        };
    }
    format!("{}_{}_seq", cut(table, first), cut(column, second))
}

/// `name`, or if it is taken a shortened form with a number that is not; what is returned becomes taken.
pub(crate) fn distinct(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = Cow::Borrowed(name);
    let mut number = 1u32;
    while taken.contains(candidate.as_ref()) {
        number += 1;
        let suffix = format!("_{number}");
        candidate = Cow::Owned(format!("{}{suffix}", cut(name, MAX_IDENTIFIER_BYTES - suffix.len())));
    }
    let chosen = candidate.into_owned();
    taken.insert(chosen.clone());
    chosen
}

fn joined<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut body = table.to_owned();
    for column in columns {
        body.push('_');
        body.push_str(column);
    }
    body
}

fn suffixed(body: &str, suffix: &str) -> String {
    format!("{}{suffix}", cut(body, MAX_IDENTIFIER_BYTES - suffix.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names() {
        let long = "t".repeat(70);
        for (name, expected) in [
            (primary_key("User"), "User_pkey".to_owned()),
            (primary_key(&long), format!("{}_pkey", "t".repeat(58))),
            (unique("T", ["a", "b"]), "T_a_b_key".to_owned()),
            (unique(&"t".repeat(58), ["b"]), format!("{}__key", "t".repeat(58))),
            (index("T", ["a"]), "T_a_idx".to_owned()),
            (index(&long, ["a"]), format!("{}_idx", "t".repeat(59))),
            (foreign_key("T", ["a"]), "T_a_fkey".to_owned()),
            (foreign_key(&long, ["a"]), format!("{}_fkey", "t".repeat(58))),
            (primary_key(&"ü".repeat(40)), format!("{}_pkey", "ü".repeat(29))),
        ] {
            assert_eq!(name, expected);
            assert!(name.len() <= MAX_IDENTIFIER_BYTES, "{name}");
        }
    }

    #[test]
    fn join_tables() {
        let names = join_table("PostToTag");
        assert_eq!(names.table, "_PostToTag");
        assert_eq!(names.primary_key, "_PostToTag_AB_pkey");
        assert_eq!(names.index, "_PostToTag_B_index");
        assert_eq!(names.foreign_key_b, "_PostToTag_B_fkey");

        let long = join_table(&"ä".repeat(60));
        for name in [long.table, long.primary_key, long.index, long.foreign_key_a, long.foreign_key_b] {
            assert!(name.len() <= MAX_IDENTIFIER_BYTES, "{name}");
        }
    }

    #[test]
    fn sequences() {
        for (table, column, expected) in [
            ("T", "id", "T_id_seq".to_owned()),
            (&*"t".repeat(63), "id", format!("{}_id_seq", "t".repeat(56))),
            (&*"t".repeat(63), &*"c".repeat(63), format!("{}_{}_seq", "t".repeat(29), "c".repeat(29))),
        ] {
            assert_eq!(serial_sequence(table, column), expected);
        }
    }

    #[test]
    fn taken_names_get_a_number() {
        let mut taken = HashSet::new();
        let full = "x".repeat(MAX_IDENTIFIER_BYTES);
        assert_eq!(distinct(&full, &mut taken), full);
        assert_eq!(distinct(&full, &mut taken), format!("{}_2", "x".repeat(61)));
    }
}
