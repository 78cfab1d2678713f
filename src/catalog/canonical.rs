//! Whether two texts that a server printed from a tree say the same.

use squawk_lexer::{TokenKind, tokenize};

/// Whether two texts printed by servers of the same major version say the same.
///
/// The server prints what it understood in a form that it would have understood a little differently: a list of texts
/// for a `varchar` is cast as a whole the first time and element by element after a dump and restore.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || distributed(&tokens(a)) == distributed(&tokens(b))
}

/// The same for servers of different major versions, which spell the same tree with other parentheses, casts and
/// qualified names.
pub(super) fn same_across_versions(a: &str, b: &str) -> bool {
    same(a, b) || plain(&distributed(&tokens(a))) == plain(&distributed(&tokens(b)))
}

/// The words of a text.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut words = Vec::new();
    for token in tokenize(text) {
        let Some((word, behind)) = rest.split_at_checked(token.len as usize) else { break };
        let blank = matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof
        );
        if !blank {
            words.push(word);
        }
        rest = behind;
    }
    words
}

/// `(ARRAY[a, b])::t[]` as `ARRAY[(a)::t, (b)::t]`.
fn distributed<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        let Some(Cast { elements, ty, behind: end }) = cast_array(rest) else {
            out.push(*first);
            rest = behind;
            continue;
        };
        out.extend(["ARRAY", "["]);
        for (index, element) in elements.into_iter().enumerate() {
            if index > 0 {
                out.push(",");
            }
            out.push("(");
            out.extend(distributed(element));
            out.extend([")", ":", ":"]);
            out.extend(ty);
        }
        out.push("]");
        rest = end;
    }
    out
}

/// An array that is cast as a whole.
struct Cast<'a, 'b> {
    elements: Vec<&'a [&'b str]>,
    /// The type of an element.
    ty: &'a [&'b str],
    /// What follows.
    behind: &'a [&'b str],
}

/// The array that is cast as a whole at the beginning of `words`.
fn cast_array<'a, 'b>(words: &'a [&'b str]) -> Option<Cast<'a, 'b>> {
    let ["(", "ARRAY", "[", inner @ ..] = words else { return None };
    let mut depth = 0_u32;
    let mut elements = Vec::new();
    let mut start = 0;
    let mut end = None;
    for (at, word) in inner.iter().enumerate() {
        match *word {
            "]" if depth == 0 => {
                elements.push(inner.get(start..at)?);
                end = Some(at);
                break;
            }
            "," if depth == 0 => {
                elements.push(inner.get(start..at)?);
                start = at + 1;
            }
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    let behind = inner.get(end? + 1..)?;
    let [")", ":", ":", behind @ ..] = behind else { return None };
    let length = type_length(behind);
    let (ty, behind) = behind.split_at(length);
    let ["[", "]", behind @ ..] = behind else { return None };
    (length > 0).then_some(Cast { elements, ty, behind })
}

/// How many words the type at the beginning has, without the brackets of an array.
fn type_length(words: &[&str]) -> usize {
    let is_name = |at: usize| {
        words.get(at).and_then(|word| word.chars().next()).is_some_and(|c| c.is_alphabetic() || c == '_' || c == '"')
    };
    if !is_name(0) {
        return 0;
    }
    let mut length = 1;
    while words.get(length) == Some(&".") && is_name(length + 1) {
        length += 2;
    }
    if matches!(words.get(length), Some(&("varying" | "precision"))) {
        length += 1;
    }
    if words.get(length) == Some(&"(") {
        while words.get(length).is_some_and(|word| *word != ")") {
            length += 1;
        }
        length = (length + 1).min(words.len());
    }
    if let Some(["with" | "without", "time", "zone"]) = words.get(length..length + 3) {
        length += 3;
    }
    length
}

/// The words without parentheses, casts and qualifiers.
fn plain(words: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match *first {
            "(" | ")" | ";" => {}
            ":" if behind.first() == Some(&":") => {
                rest = behind.get(1 + type_length(behind.get(1..).unwrap_or_default())..).unwrap_or_default();
                while let ["[", "]", more @ ..] = rest {
                    rest = more;
                }
            }
            // What stood before the dot is a qualifier.
            "." => {
                out.pop();
            }
            word if word.starts_with(['\'', '"', 'E', 'e']) => out.push(word.to_owned()),
            word => out.push(word.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restore_prints_otherwise_is_the_same() {
        for (first, restored) in [
            (
                "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
                "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
            ),
            ("(ARRAY[f(1, 2)])::public.\"T\"[]", "ARRAY[(f(1, 2))::public.\"T\"]"),
            ("a  =\n1", "a = 1"),
        ] {
            assert!(same(first, restored), "{first}\n{restored}");
        }
    }

    #[test]
    fn other_trees_are_not() {
        for (a, b) in [
            ("CHECK ((a > 0))", "CHECK ((a >= 0))"),
            ("((a OR b) AND c)", "(a OR (b AND c))"),
            ("'a'::text", "'A'::text"),
            ("public.f()", "other.f()"),
            ("(ARRAY['a'])::text[]", "(ARRAY['b'])::text[]"),
        ] {
            assert!(!same(a, b), "{a}\n{b}");
        }
    }

    #[test]
    fn versions_spell_the_same_tree_in_other_words() {
        for (old, new) in [
            (
                " SELECT t.id,\n    t.name\n   FROM public.t\n  WHERE (t.id > 1);",
                " SELECT id,\n    name\n   FROM public.t\n  WHERE (id > 1);",
            ),
            ("'2020-01-01'::timestamp(3) without time zone + x", "'2020-01-01' + x"),
        ] {
            assert!(same_across_versions(old, new), "{old}\n{new}");
            assert!(!same(old, new), "{old}\n{new}");
        }
        assert!(!same_across_versions("SELECT t.a FROM t", "SELECT b FROM t"));
    }

    #[test]
    fn any_text_can_be_compared() {
        for text in
            ["", "(", "(ARRAY[", "(ARRAY[a", "(ARRAY[a])", "(ARRAY[a])::", "(ARRAY[a])::t[", "::", ".", "x::timestamp("]
        {
            assert!(same_across_versions(text, text), "{text}");
            assert!(!same_across_versions(text, "zzz"), "{text}");
        }
    }
}
