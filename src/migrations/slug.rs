//! The readable part of a migration's folder name, made like Prisma makes it.

/// Longest slug, in bytes; a folder's name must also hold the time in front.
pub const MAX_SLUG_BYTES: usize = 200;

/// Characters that become a word of their own.
const SYMBOL_WORDS: [(char, &str); 3] = [('&', " and "), ('♥', " love "), ('🦄', " unicorn ")];

/// Letters that are not just a base letter with a mark on it.
const LETTERS: [(char, &str); 10] = [
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('Ä', "Ae"),
    ('Ö', "Oe"),
    ('Ü', "Ue"),
    ('ß', "ss"),
    ('ẞ', "Ss"),
    ('œ', ""),
    ('Œ', ""),
];

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

fn to_ascii(input: &str) -> String {
    let mut text = String::with_capacity(input.len());
    for c in input.chars() {
        let known = SYMBOL_WORDS.iter().chain(&LETTERS).find(|(from, _)| *from == c);
        match known {
            Some((_, to)) => text.push_str(to),
            None if c.is_ascii() => text.push(c),
            // Scripts that have no customary spelling in Latin letters are dropped.
            None if is_transliterated(c) => text.push_str(deunicode::deunicode_char(c).unwrap_or("")),
            None => {}
        }
    }
    text
}

/// Latin with marks, Greek, Cyrillic, Armenian, Arabic, Georgian and the Vietnamese letters; and general punctuation.
fn is_transliterated(c: char) -> bool {
    matches!(u32::from(c), 0xC0..=0x24F | 0x370..=0x58F | 0x600..=0x6FF | 0x10A0..=0x10FF | 0x1E00..=0x1FFF)
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

    #[test]
    fn slugs() {
        for (input, expected) in [
            ("addUsersTable", "add_users_table"),
            ("HTTPServerID2Thing", "http_server_id_2_thing"),
            ("usersAPIv2", "users_ap_iv2"),
            ("AAAbbb", "aa_abbb"),
            ("Ångström", "angstroem"),
            ("Øre æ", "ore_ae"),
            ("привет мир", "privet_mir"),
            ("user's list", "users_list"),
            ("don't", "dont"),
            ("getURLsNow", "get_urls_now"),
            ("v1.2.3", "v1_2_3"),
            ("iOS13", "i_os_13"),
            ("a1B2C3", "a1_b2_c3"),
            ("日本語", ""),
            ("ABC123", "abc_123"),
            ("10Users", "10_users"),
            ("a&b", "a_and_b"),
            ("a--b__c", "a_b_c"),
            ("abc123Def", "abc123_def"),
            ("  spaced  out ", "spaced_out"),
            ("", ""),
            ("'s", "s"),
            ("I ♥ unicorns 🦄", "i_love_unicorns_unicorn"),
            ("straße", "strasse"),
            ("äöü", "aeoeue"),
            ("Łódź", "lodz"),
            ("cœur", "cur"),
            ("Ελλάδα", "ellada"),
            ("Việt Nam", "viet_nam"),
            ("İstanbul", "istanbul"),
            ("addAPIs", "add_apis"),
            ("foo's bar", "foos_bar"),
            ("foo'suffix", "foo_suffix"),
            ("rock 'n' roll", "rock_n_roll"),
            ("__private__", "private"),
            ("2fa", "2fa"),
        ] {
            assert_eq!(slug(input), expected, "slug of {input:?}");
        }
        assert_eq!(slug(&"x".repeat(300)).len(), MAX_SLUG_BYTES);
        // Cut after trimming: an underscore at the end stays.
        assert!(slug(&format!("{} y", "x".repeat(MAX_SLUG_BYTES - 1))).ends_with("x_"));
    }
}
