//! Names of fields that are made from names of models.

/// A model's name as the name of a field: capitals in front are lowered, a letter behind `_` or a digit is raised.
pub(super) fn camel_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let (mut leading, mut raise) = (true, false);
    for char in name.chars() {
        match char {
            '_' => raise = true,
            '0'..='9' => {
                text.push(char);
                raise = true;
            }
            _ if std::mem::take(&mut raise) => text.push(char.to_ascii_uppercase()),
            'A'..='Z' if leading => text.push(char.to_ascii_lowercase()),
            _ => {
                leading = false;
                text.push(char);
            }
        }
    }
    text
}

/// The column of a foreign key that refers to this field of this model.
pub(super) fn key_column(model: &str, field: &str) -> String {
    let mut text = String::with_capacity(model.len() + field.len());
    let mut chars = model.chars();
    text.extend(chars.next().into_iter().flat_map(char::to_lowercase));
    text.push_str(chars.as_str());
    let mut chars = field.chars();
    text.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    text.push_str(chars.as_str());
    text
}
