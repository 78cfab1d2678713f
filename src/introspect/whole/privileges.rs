//! Access control lists in words (PostgreSQL documentation, section 5.8, "ACL Privilege Abbreviations").

use std::collections::BTreeMap;

const WORDS: [(char, &str); 16] = [
    ('r', "SELECT"),
    ('a', "INSERT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('c', "CONNECT"),
    ('T', "TEMPORARY"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
    ('m', "MAINTAIN"),
    ('o', "OTHER"),
];

/// Who may do what, a line for each role, in the order of names; `None` if it is what everybody expects of such an
/// object. The owner is called so, and all that can be granted is `ALL`: versions know different numbers of rights.
pub(super) fn privileges(acl: &str, default: &str, owner: Option<&str>) -> Option<String> {
    let usual = entries(default);
    // Of columns nobody has rights by default, and all that there are is what a table's owner has.
    let all = owner.and_then(|owner| usual.get(owner)).cloned().unwrap_or_else(|| "arwx".to_owned());
    let words = |acl: &BTreeMap<String, String>| {
        let line = |(grantee, letters): (&String, &String)| {
            let name = match grantee.as_str() {
                "" => "PUBLIC",
                name if Some(name) == owner => "owner",
                name => name,
            };
            format!("{name}: {}", in_words(letters, &all))
        };
        let mut lines: Vec<String> = acl.iter().map(line).collect();
        lines.sort();
        lines.join("\n")
    };
    let granted = words(&entries(acl));
    (granted != words(&usual)).then_some(if granted.is_empty() { "nobody".to_owned() } else { granted })
}

/// Letters by grantee, from lines such as `alice=arw*/bob`.
fn entries(acl: &str) -> BTreeMap<String, String> {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for line in acl.lines() {
        let mut name = String::new();
        let mut quoted = false;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    name.push('"');
                }
                '"' => quoted = !quoted,
                '=' if !quoted => break,
                c => name.push(c),
            }
        }
        let letters: String = chars.take_while(|c| *c != '/').collect();
        let known = entries.entry(name).or_default();
        // The same right from two grantors is one right.
        for right in rights(&letters) {
            if !rights(known).contains(&right) {
                known.push_str(&right);
            }
        }
    }
    entries
}

/// Each letter with the star behind it.
fn rights(letters: &str) -> Vec<String> {
    let mut rights: Vec<String> = Vec::new();
    for c in letters.chars() {
        match rights.last_mut() {
            Some(last) if c == '*' => last.push('*'),
            _ => rights.push(c.to_string()),
        }
    }
    rights
}

fn in_words(letters: &str, all: &str) -> String {
    let rights = rights(letters);
    let has = |letter: char| rights.iter().any(|right| right.starts_with(letter));
    if !all.is_empty() && all.chars().all(has) {
        let with_option = rights.iter().all(|right| right.ends_with('*'));
        if with_option || rights.iter().all(|right| !right.ends_with('*')) {
            return if with_option { "ALL WITH GRANT OPTION".to_owned() } else { "ALL".to_owned() };
        }
    }
    let word = |right: &String| {
        let letter = right.chars().next()?;
        let (_, word) = WORDS.iter().find(|(other, _)| *other == letter)?;
        Some(format!("{word}{}", if right.ends_with('*') { " WITH GRANT OPTION" } else { "" }))
    };
    let mut words: Vec<String> = rights.iter().filter_map(word).collect();
    words.sort();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_words() {
        let default = "o=arwdDxt/o";
        for (acl, expected) in [
            ("o=arwdDxt/o", None),
            ("o=arwdDxt/o\nbob=r/o", Some("bob: SELECT\nowner: ALL")),
            ("o=arwdDxt/o\n=r*w/o", Some("PUBLIC: SELECT WITH GRANT OPTION, UPDATE\nowner: ALL")),
            ("o=arwdDxt/o\n\"a=b\"=arwdDxt/o", Some("a=b: ALL\nowner: ALL")),
            ("o=ar/o", Some("owner: INSERT, SELECT")),
            ("", Some("nobody")),
        ] {
            assert_eq!(privileges(acl, default, Some("o")).as_deref(), expected, "{acl}");
        }
    }

    #[test]
    fn versions_know_different_numbers_of_rights() {
        let old = privileges("o=arwdDxt/o\nbob=arwdDxt/o", "o=arwdDxt/o", Some("o"));
        let new = privileges("o=arwdDxtm/o\nbob=arwdDxtm/o", "o=arwdDxtm/o", Some("o"));
        assert_eq!(old, new);
    }
}
