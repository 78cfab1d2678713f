//! Whether two SQL expressions mean the same, as far as their texts tell.
//!
//! PostgreSQL keeps expressions as trees and prints them its own way: with types where nobody wrote any, other
//! parentheses, `= ANY (ARRAY[…])` for `IN (…)`. Both texts are read into a small tree, what carries no meaning is
//! dropped, and the results are compared. What cannot be read is compared word by word.

mod fold;
mod read;
mod words;

use read::Reader;
use words::{Word, words};

/// An expression without what carries no meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expression {
    /// `NULL`
    Null,
    /// A truth value.
    Boolean(bool),
    /// A number, in its shortest form.
    Number(String),
    /// A constant of any other type, as text.
    Text(String),
    /// A column, or a keyword that stands for a value.
    Name(String),
    /// `ARRAY[…]`
    Array(Vec<Expression>),
    /// A function, or an operator with its operands.
    Call(String, Vec<Expression>),
}

/// Whether two expressions are the same but for spelling.
pub(super) fn same(a: &str, b: &str) -> bool {
    if a.trim() == b.trim() {
        return true;
    }
    let (Some(a), Some(b)) = (words(a), words(b)) else { return a.trim().eq_ignore_ascii_case(b.trim()) };
    match (Reader::read(&a), Reader::read(&b)) {
        (Some(a), Some(b)) => a == b,
        _ => without_parentheses(&a) == without_parentheses(&b),
    }
}

/// The expression, if it can be read.
pub(super) fn read(text: &str) -> Option<Expression> {
    Reader::read(&words(text)?)
}

/// Whether a name occurs in an expression, in any case and also where it is no column.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    text.match_indices(&name).any(|(start, found)| {
        let neighbours = [text[..start].chars().next_back(), text[start + found.len()..].chars().next()];
        !neighbours.into_iter().flatten().any(|c| c.is_alphanumeric() || c == '_')
    })
}

fn without_parentheses(mut words: &[Word]) -> &[Word] {
    while let [Word::Symbol(open), inner @ .., Word::Symbol(close)] = words
        && open == "("
        && close == ")"
    {
        words = inner;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{mentions, same};

    #[test]
    fn spelling_does_not_count() {
        for (written, printed) in [
            ("c = true", "(c = true)"),
            ("c = true", "c"),
            ("\"s\" = 'x'", "s = 'x'::text"),
            ("e = 'A'", "(e = 'A'::\"E\")"),
            ("f = 1.5", "f = (1.5)::double precision"),
            ("b > 3 AND b < 5", "((b > 3) AND (b < 5))"),
            ("v = 'a'", "((v)::text = 'a'::text)"),
            ("b IN (1,2)", "(b = ANY (ARRAY[1, 2]))"),
            ("b IN (1)", "(b = 1)"),
            ("b NOT IN (1,2)", "(b <> ALL (ARRAY[1, 2]))"),
            ("dt > '2020-01-01'", "(dt > '2020-01-01 00:00:00'::timestamp without time zone)"),
            ("B > 3", "(b > 3)"),
            ("b BETWEEN 1 AND 5", "((b >= 1) AND (b <= 5))"),
            ("s LIKE 'a%'", "(s ~~ 'a%'::text)"),
            ("s != 'q'", "(s <> 'q'::text)"),
            ("deleted_at IS NULL and not c", "((deleted_at IS NULL) AND (NOT c))"),
            ("1 + 1", "(1 + 1)"),
            ("now() + interval '1 day'", "(now() + '1 day'::interval)"),
            ("upper('x')", "upper('x'::text)"),
            ("timezone('utc', now())", "timezone('utc'::text, now())"),
            ("now() AT TIME ZONE 'utc'", "(now() AT TIME ZONE 'utc'::text)"),
            ("timezone('utc', now())", "(now() AT TIME ZONE 'utc'::text)"),
            ("point(1,2)", "point((1)::double precision, (2)::double precision)"),
            ("array[1,2]", "ARRAY[1, 2]"),
            ("public.f()", "f()"),
            ("CURRENT_TIMESTAMP", "now()"),
            ("'abc'", "'abc'::character varying"),
            ("-1", "'-1'::integer"),
            ("- 1.50", "(- (1.5)::double precision)"),
            ("'{}'", "'{}'"),
            ("ARRAY[1, 2]::BIGINT[]", "ARRAY[(1)::bigint, (2)::bigint]"),
            ("ARRAY[]::TEXT[]", "'{}'::text[]"),
            ("ARRAY['a', 'b c']::TEXT[]", "'{a,\"b c\"}'::text[]"),
            ("CAST(5 AS bigint)", "5::int8"),
            ("E'a\\nb'", "'a\nb'::text"),
            ("coalesce(a, 0) > 1", "(COALESCE(a, 0) > 1)"),
            ("gen_random_uuid()", "gen_random_uuid()"),
            ("(a->>'x') = 'y'", "((a ->> 'x'::text) = 'y'::text)"),
            ("case when a then 1 else 2 end", "CASE WHEN a THEN 1 ELSE 2 END"),
            ("a AND b AND c", "((a AND b) AND c)"),
            ("lower(s) = 'x' OR b", "((lower(s) = 'x'::text) OR b)"),
            ("a = ANY('{1,2}'::int[])", "(a = ANY (ARRAY[1, 2]))"),
        ] {
            assert!(same(written, printed), "{written} and {printed}");
        }
    }

    #[test]
    fn meaning_counts() {
        for (a, b) in [
            ("c = true", "NOT c"),
            ("a = 1", "a = 2"),
            ("a = 1 AND b = 2", "a = 1 OR b = 2"),
            ("a = 1 AND b = 2", "b = 2 AND a = 1"),
            ("a - b - c", "a - (b - c)"),
            ("'A'", "'a'"),
            ("\"B\" > 3", "b > 3"),
            ("f()", "g()"),
            ("f(1)", "f(1, 2)"),
            ("a IS NULL", "a IS NOT NULL"),
            ("a::date = b", "a = b"),
            ("case when a then 1 else 2 end", "CASE WHEN b THEN 1 ELSE 2 END"),
            ("'1 day'", "'2 days'"),
        ] {
            assert!(!same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn names_are_whole_words() {
        for (text, name, expected) in [
            ("(value IS NOT NULL)", "a", false),
            ("(value IS NOT NULL)", "value", true),
            ("\"First Name\" > 3", "First Name", true),
            ("B > 3", "b", true),
            ("(ä_b = 1)", "b", false),
            ("x", "", false),
        ] {
            assert_eq!(mentions(text, name), expected, "{name} in {text}");
        }
    }

    #[test]
    fn anything_can_be_read_or_not() {
        for text in ["", "(", ")", "'", "a.", "::", "((((", "x::", "CASE", "é€", "1e", "$$x$$", "a[1", "IN (", "NOT"]
        {
            assert!(same(text, text), "{text}");
            assert!(!same(text, "zzz"), "{text}");
        }
        let deep = "(".repeat(100_000);
        assert!(!same(&deep, "a"));
    }
}
