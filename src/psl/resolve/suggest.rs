//! "Did you mean": the nearest of some names.

/// The longest name that is compared; longer ones are no typing errors.
const LONGEST: usize = 64;

/// How many candidates of a likely length are compared, so that many mistakes among many names take no quadratic time.
const MOST: usize = 256;

/// A help line with the candidate that is most like `name`, if one is near enough to be meant.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The candidate that is most like `name`: equal but for case, or within one edit for every three characters.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let limit = (name.chars().count() / 3).max(1);
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && candidate.len() <= LONGEST)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit * 4)
        .take(MOST)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        for (name, candidates, expected) in [
            ("Strng", &["String", "Int"][..], Some("String")),
            ("string", &["Float", "String"], Some("String")),
            ("uniqeu", &["id", "unique", "default"], Some("unique")),
            ("Elephant", &["Int", "String"], None),
            ("x", &["y"], None),
            ("", &["id"], None),
        ] {
            assert_eq!(nearest(name, candidates.iter().copied()), expected, "{name:?}");
        }
    }
}
