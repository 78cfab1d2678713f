//! Names as the server prints them in lists.

/// The names in `a.b, "C d".e`.
pub(crate) fn qualified_names(text: &str) -> Vec<Vec<String>> {
    let mut names = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(name) = names.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                name.last_mut().into_iter().for_each(|part| part.push('"'));
            }
            '"' => quoted = !quoted,
            '.' if !quoted => name.push(String::new()),
            ',' if !quoted => names.push(vec![String::new()]),
            ' ' if !quoted => {}
            c => name.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(qualified_names("a.b, \"C. \"\"d\".e"), [["a", "b"], ["C. \"d", "e"]]);
    }
}
