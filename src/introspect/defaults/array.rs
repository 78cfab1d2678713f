//! Array constants such as `{a,"b c"}` (PostgreSQL documentation, section 8.15.2).

/// The elements of a one-dimensional array; `None` if one of them is NULL, for more dimensions, and for anything that
/// is not an array.
pub(super) fn elements(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if inside.trim().is_empty() {
        return Some(elements);
    }
    let mut characters = inside.chars().peekable();
    loop {
        while characters.next_if(char::is_ascii_whitespace).is_some() {}
        if characters.next_if_eq(&'"').is_some() {
            let mut value = String::new();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => value.push(characters.next()?),
                    character => value.push(character),
                }
            }
            elements.push(value);
            while characters.next_if(char::is_ascii_whitespace).is_some() {}
        } else {
            let mut value = String::new();
            // What a backslash protects is neither NULL nor blank.
            let mut protected = 0;
            while let Some(character) = characters.next_if(|next| *next != ',') {
                match character {
                    '\\' => {
                        value.push(characters.next()?);
                        protected = value.len();
                    }
                    '"' | '{' | '}' => return None,
                    character => value.push(character),
                }
            }
            let end = value.trim_end_matches(|character: char| character.is_ascii_whitespace()).len().max(protected);
            value.truncate(end);
            if value.is_empty() || (protected == 0 && value.eq_ignore_ascii_case("NULL")) {
                return None;
            }
            elements.push(value);
        }
        match characters.next() {
            None => return Some(elements),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}
