//! Names of the schema as Rust writes them, each only once.

use std::collections::BTreeSet;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// Words that cannot be names, in any edition; with `r#` before them most can (Rust reference, "Keywords").
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that not even `r#` makes a name.
const NEVER_NAMES: [&str; 4] = ["crate", "self", "super", "Self"];

/// Names of structs, enums and values: `UpperCamelCase`. What has that form already keeps its name where two would get
/// the same; the others get a number.
pub(super) fn types<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    unique(&names.into_iter().map(|name| (name, upper_camel(name))).collect::<Vec<_>>(), "")
}

/// Names of fields: `snake_case`, without the `r#` of keywords.
pub(super) fn fields<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    unique(&names.into_iter().map(|name| (name, snake(name))).collect::<Vec<_>>(), "_")
}

/// A field's name as it stands in source text.
pub(super) fn written(field: &str) -> String {
    if KEYWORDS.contains(&field) { format!("r#{field}") } else { field.to_owned() }
}

fn upper_camel(name: &str) -> String {
    usable(name.to_upper_camel_case())
}

fn snake(name: &str) -> String {
    usable(name.to_snake_case())
}

fn usable(name: String) -> String {
    match name.chars().next() {
        None => "_0".to_owned(),
        Some(first) if first.is_numeric() => format!("_{name}"),
        Some(_) if NEVER_NAMES.contains(&name.as_str()) => format!("{name}_"),
        Some(_) => name,
    }
}

fn unique(names: &[(&str, String)], before_number: &str) -> Vec<String> {
    let mut kept: BTreeSet<&str> =
        names.iter().filter(|(name, wanted)| name == wanted).map(|(name, _)| *name).collect();
    let mut taken: BTreeSet<String> = kept.iter().map(|name| (*name).to_owned()).collect();
    let mut free = |name: &str, wanted: &str| {
        if name == wanted && kept.remove(name) || taken.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        // No two underscores in a row, which rustc would not take for snake case.
        let stem = wanted.trim_end_matches('_');
        let numbered = (2..).map(|number| format!("{stem}{before_number}{number}"));
        numbered.into_iter().find(|name| taken.insert(name.clone())).unwrap_or_default()
    };
    names.iter().map(|(name, wanted)| free(name, wanted)).collect()
}

/// What serde makes of Rust's names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Renaming {
    /// Nothing.
    None,
    /// `rename_all` with this name; how it changes a name.
    All(&'static str, fn(&str) -> String),
}

/// A value of `rename_all`, and what it does.
type Rule = (&'static str, fn(&str) -> String);

/// What `rename_all` does with fields that matters here.
const OF_FIELDS: [Rule; 2] = [("camelCase", |name| lower_first(&camel_of_snake(name))), ("PascalCase", camel_of_snake)];

/// What `rename_all` does with values of enums that matters here.
const OF_VALUES: [Rule; 5] = [
    ("SCREAMING_SNAKE_CASE", |name| snake_of_camel(name).to_ascii_uppercase()),
    ("snake_case", snake_of_camel),
    ("UPPERCASE", str::to_ascii_uppercase),
    ("lowercase", str::to_ascii_lowercase),
    ("camelCase", lower_first),
];

impl Renaming {
    /// The rule that gives most fields the names of the schema. Pairs: the schema's name, Rust's.
    pub(super) fn of_fields(pairs: &[(&str, &str)]) -> Self {
        Self::best(pairs, &OF_FIELDS)
    }

    /// The same for values of enums.
    pub(super) fn of_values(pairs: &[(&str, &str)]) -> Self {
        Self::best(pairs, &OF_VALUES)
    }

    fn best(pairs: &[(&str, &str)], rules: &[Rule]) -> Self {
        let mut best = (Self::None, fitting(pairs, Self::None));
        for (name, rule) in rules {
            let rule = Self::All(name, *rule);
            let fits = fitting(pairs, rule);
            if fits > best.1 {
                best = (rule, fits);
            }
        }
        best.0
    }

    /// The name that serde uses.
    pub(super) fn apply(self, name: &str) -> String {
        match self {
            Self::None => name.to_owned(),
            Self::All(_, rule) => rule(name),
        }
    }
}

fn fitting(pairs: &[(&str, &str)], rule: Renaming) -> usize {
    pairs.iter().filter(|(wanted, name)| rule.apply(name) == *wanted).count()
}

/// As serde does it: each character after an underscore, and the first, becomes a capital.
fn camel_of_snake(name: &str) -> String {
    let mut capital = true;
    let mut out = String::new();
    for c in name.chars() {
        if c == '_' {
            capital = true;
        } else {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        }
    }
    out
}

/// As serde does it: an underscore before each capital but the first.
fn snake_of_camel(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_once() {
        for (given, expected) in [
            (&["User", "user_post", "userPost", "UserPost"][..], &["User", "UserPost2", "UserPost3", "UserPost"][..]),
            (&["self", "Self", "Type"], &["Self_", "Self2", "Type"]),
            (&["Money", "Money"], &["Money", "Money2"]),
            (&["A-B", "a_b2", "a-b"], &["AB", "AB2", "AB3"]),
        ] {
            assert_eq!(types(given.iter().copied()), expected, "types {given:?}");
        }
        for (given, expected) in [
            (
                &["userId", "user_id", "user_id_2", "UserId"][..],
                &["user_id_3", "user_id", "user_id_2", "user_id_4"][..],
            ),
            (&["type", "self", "self_"], &["type", "self_2", "self_"]),
            (&["ID", "größe", "HTTPServer"], &["id", "größe", "http_server"]),
        ] {
            assert_eq!(fields(given.iter().copied()), expected, "fields {given:?}");
        }
        assert_eq!([written("type"), written("self_"), written("id")], ["r#type", "self_", "id"]);
    }

    #[test]
    fn the_rule_that_fits_most() {
        for (pairs, expected) in [
            (&[("id", "id"), ("userId", "user_id")][..], "camelCase"),
            (&[("id", "id"), ("user_id", "user_id")], ""),
            (&[("Id", "id"), ("UserId", "user_id"), ("x_y", "x_y")], "PascalCase"),
        ] {
            assert_eq!(name_of(Renaming::of_fields(pairs)), expected, "{pairs:?}");
        }
        for (pairs, expected) in [
            (&[("DRAFT", "Draft"), ("IN_WORK", "InWork")][..], "SCREAMING_SNAKE_CASE"),
            (&[("draft", "Draft"), ("in_work", "InWork")], "snake_case"),
            (&[("Draft", "Draft")], ""),
            (&[("draft", "Draft"), ("inWork", "InWork"), ("atHome", "AtHome")], "camelCase"),
        ] {
            assert_eq!(name_of(Renaming::of_values(pairs)), expected, "{pairs:?}");
        }
    }

    fn name_of(rule: Renaming) -> &'static str {
        match rule {
            Renaming::None => "",
            Renaming::All(name, _) => name,
        }
    }
}
