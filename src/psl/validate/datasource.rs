//! Extensions of the datasource.

use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::Resolved;

/// Checks the names of extensions, and that the preview feature for them is on.
pub(super) fn check(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let Some(datasource) = &resolved.datasource else { return };
    if let Some(span) = datasource.extensions_property
        && !resolved.has_preview_feature("postgresqlExtensions")
    {
        diagnostics
            .error(span, "`extensions` needs the preview feature `postgresqlExtensions`")
            .help("add `previewFeatures = [\"postgresqlExtensions\"]` to a generator");
    }
    for extension in &datasource.extensions {
        let name = extension.name;
        let problem = if name.is_empty() {
            "is empty"
        } else if name.starts_with(char::is_numeric) {
            "begins with a digit"
        } else if name.contains('-') {
            "contains a dash"
        } else {
            continue;
        };
        diagnostics
            .error(extension.span, format!("the name of extension `{name}` {problem}"))
            .help("choose a name for use here and give the real one by `map`: `name(map: \"real-name\")`");
    }
}
