//! Statements about what types and operator families consist of.

/// A value can be added, and renamed where its neighbours stay; none can go.
pub(super) fn enum_values(name: &str, before: &str, after: &str) -> Option<Vec<String>> {
    let (before, after) = (literals(before), literals(after));
    if before.len() == after.len() {
        let renamed: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
        let new_names = renamed.iter().all(|(_, b)| !before.contains(b));
        return new_names
            .then(|| renamed.iter().map(|(a, b)| format!("ALTER TYPE {name} RENAME VALUE {a} TO {b};")).collect());
    }
    let kept: Vec<&String> = after.iter().filter(|value| before.contains(value)).collect();
    if kept.into_iter().ne(&before) {
        return None;
    }
    let mut statements = Vec::new();
    for (index, value) in after.iter().enumerate().filter(|(_, value)| !before.contains(value)) {
        let next = after.iter().skip(index + 1).find(|value| before.contains(value));
        let place = next.map(|next| format!(" BEFORE {next}")).unwrap_or_default();
        statements.push(format!("ALTER TYPE {name} ADD VALUE {value}{place};"));
    }
    Some(statements)
}

/// The string constants in `'a', 'b'`, as they are written.
fn literals(text: &str) -> Vec<String> {
    let mut literals: Vec<String> = Vec::new();
    let mut inside = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if inside && chars.peek() == Some(&'\'') => {
                chars.next();
                literals.last_mut().into_iter().for_each(|text| text.push_str("''"));
            }
            '\'' => {
                if !inside {
                    literals.push(String::new());
                }
                literals.last_mut().into_iter().for_each(|text| text.push(c));
                inside = !inside;
            }
            c if inside => literals.last_mut().into_iter().for_each(|text| text.push(c)),
            _ => {}
        }
    }
    literals
}

/// Attributes can be added at the end, go, and change their type; the order of the others stays.
pub(super) fn attributes(name: &str, before: &str, after: &str) -> Option<Vec<String>> {
    let list = |text: &str| -> Vec<(String, String)> {
        text.lines()
            .filter_map(|line| {
                let end = if line.starts_with('"') { line.rfind("\" ").map(|at| at + 1) } else { line.find(' ') }?;
                Some((line[..end].to_owned(), line[end + 1..].to_owned()))
            })
            .collect()
    };
    let (before, after) = (list(before), list(after));
    // A new name in the place of an old one, of the same type.
    if before.len() == after.len() && before.iter().zip(&after).all(|(a, b)| a.1 == b.1) {
        let renamed = before.iter().zip(&after).filter(|(a, b)| a.0 != b.0);
        return Some(
            renamed.map(|(a, b)| format!("ALTER TYPE {name} RENAME ATTRIBUTE {} TO {} CASCADE;", a.0, b.0)).collect(),
        );
    }
    let has = |list: &[(String, String)], name: &str| list.iter().any(|(other, _)| other == name);
    let kept: Vec<&String> = before.iter().map(|(name, _)| name).filter(|name| has(&after, name)).collect();
    let order = after.iter().map(|(name, _)| name);
    if order.clone().take(kept.len()).ne(kept.iter().copied()) {
        return None;
    }
    let mut statements = Vec::new();
    for (attribute, _) in before.iter().filter(|(attribute, _)| !has(&after, attribute)) {
        statements.push(format!("ALTER TYPE {name} DROP ATTRIBUTE {attribute} CASCADE;"));
    }
    for (attribute, ty) in &after {
        match before.iter().find(|(other, _)| other == attribute) {
            None => statements.push(format!("ALTER TYPE {name} ADD ATTRIBUTE {attribute} {ty} CASCADE;")),
            Some((_, old)) if old != ty => {
                statements.push(format!("ALTER TYPE {name} ALTER ATTRIBUTE {attribute} TYPE {ty} CASCADE;"));
            }
            Some(_) => {}
        }
    }
    Some(statements)
}

/// `FUNCTION 1 (integer, bigint) f(…)` as `DROP` wants it: without the function, or the operator's name.
pub(super) fn member_to_drop(member: &str) -> String {
    let mut words = member.splitn(3, ' ');
    let (kind, number, rest) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let types = rest.find('(').zip(rest.find(')')).and_then(|(open, close)| rest.get(open..=close)).unwrap_or_default();
    format!("{kind} {number} {types}")
}
