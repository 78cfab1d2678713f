//! The readable part of a migration's folder name, made like Prisma makes it.

use unicode_normalization::UnicodeNormalization as _;

/// Longest slug, in bytes; a folder's name must also hold the time in front.
pub const MAX_SLUG_BYTES: usize = 200;

/// What characters beyond ASCII become, as Prisma's CLI has it; recorded by `tests/oracle/slugs.mjs`. Each line has a
/// text, a tab, and the characters as hexadecimal ranges.
const TRANSLITERATION: &str = include_str!("transliteration.txt");

/// Turns what a person typed into lower-case ASCII words joined by `_`; may be empty.
pub fn slug(input: &str) -> String {
    let words = split_camel_case(&to_ascii(input.trim()));
    let mut slug = String::with_capacity(words.len());
    for c in without_final_apostrophes(&words.to_ascii_lowercase()).chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let mut slug = slug.trim_end_matches('_').to_owned();
    slug.truncate(MAX_SLUG_BYTES);
    slug
}

/// The text in ASCII. A character that has no customary spelling in Latin letters stays, and so ends a word.
fn to_ascii(input: &str) -> String {
    let mut text = String::with_capacity(input.len());
    for c in input.nfc() {
        match c {
            '&' => text.push_str(" and "),
            c if c.is_ascii() => text.push(c),
            c => match transliterated(c) {
                Some(known) => text.push_str(known),
                None => text.push(c),
            },
        }
    }
    text
}

/// What a character beyond ASCII becomes. Names are short and rare: the table is read anew for each.
fn transliterated(c: char) -> Option<&'static str> {
    let code = |text: &str| u32::from_str_radix(text, 16).ok();
    let within = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        code(from).zip(code(to)).is_some_and(|(from, to)| (from..=to).contains(&u32::from(c)))
    };
    let mut lines = TRANSLITERATION.lines().filter_map(|line| line.split_once('\t'));
    lines.find(|(_, ranges)| ranges.split(' ').any(within)).map(|(text, _)| text)
}

/// Puts blanks between the words of a camel-cased name. Each round looks at the result of the one before.
fn split_camel_case(text: &str) -> String {
    type Round = fn(&[u8], usize) -> bool;
    let rounds: [Round; 4] = [
        // a run of capitals | digits
        |b, i| upper(b, i - 1) && i >= 2 && upper(b, i - 2) && digit(b, i),
        // lower case or digit | a run of capitals
        |b, i| lower_or_digit(b, i - 1) && upper(b, i) && upper(b, i + 1),
        // lower case or digit | a capital
        |b, i| lower_or_digit(b, i - 1) && upper(b, i),
        // capitals | a capital that starts a word; a plural `s` starts none
        |b, i| upper(b, i - 1) && upper(b, i) && lower_or_digit(b, i + 1) && b.get(i + 1) != Some(&b's'),
    ];
    rounds.iter().fold(text.to_owned(), |text, splits| {
        let bytes = text.as_bytes();
        let mut result = String::with_capacity(text.len() + 8);
        for (i, c) in text.char_indices() {
            if i > 0 && splits(bytes, i) {
                result.push(' ');
            }
            result.push(c);
        }
        result
    })
}

fn upper(bytes: &[u8], i: usize) -> bool {
    bytes.get(i).is_some_and(u8::is_ascii_uppercase)
}

fn digit(bytes: &[u8], i: usize) -> bool {
    bytes.get(i).is_some_and(u8::is_ascii_digit)
}

fn lower_or_digit(bytes: &[u8], i: usize) -> bool {
    bytes.get(i).is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// `don't` → `dont`, `foo's` → `foos`: the apostrophe before a final `s` or `t` of a word does not split it.
fn without_final_apostrophes(text: &str) -> String {
    let bytes = text.as_bytes();
    let drops = |i: usize| {
        bytes[i] == b'\''
            && i > 0
            && lower_or_digit(bytes, i - 1)
            && matches!(bytes.get(i + 1), Some(b's' | b't'))
            && bytes.get(i + 2).is_none_or(u8::is_ascii_whitespace)
    };
    text.char_indices().filter(|(i, _)| !drops(*i)).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Prisma's CLI makes of the same names.
    #[test]
    fn slugs() {
        let recorded: Vec<&str> = include_str!("../../tests/fixtures/slugs.txt").lines().collect();
        let mut wrong = Vec::new();
        for pair in recorded.chunks(2) {
            let [name, expected] = pair else { panic!("a name without a slug: {pair:?}") };
            let found = slug(name);
            assert!(found.len() <= MAX_SLUG_BYTES, "{name:?}");
            if found != *expected {
                wrong.push(format!("{name:?}: {found:?} instead of {expected:?}"));
            }
        }
        assert!(recorded.len() > 2000 && wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
