//! Preview features: which exist under which rules.

use std::collections::BTreeMap;

use super::keys::backticked;
use super::suggest::did_you_mean;
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::schema::Rules;

/// What naming a feature means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// It switches something on.
    Active,
    /// The same, but only where the datasource is in the same file.
    ActiveWithDatasource,
    /// Accepted, but not listed.
    Hidden,
    /// The feature is always on by now.
    Deprecated,
    /// Deprecated and about to go.
    ToBeRemoved,
    /// It has the given new name, if the datasource is in the same file.
    Renamed(&'static str),
    /// It does not exist.
    Unknown,
}

use Status::{Active, ActiveWithDatasource, Deprecated, Hidden, Renamed, ToBeRemoved, Unknown};

/// Features with their status in Prisma 6 and 7.
const FEATURES: [(&str, Status, Status); 16] = [
    ("fullTextSearchPostgres", ActiveWithDatasource, ActiveWithDatasource),
    ("metrics", ToBeRemoved, Unknown),
    ("nativeDistinct", Active, Active),
    ("partialIndexes", Unknown, Active),
    ("postgresqlExtensions", Active, Active),
    ("relationJoins", Active, Active),
    ("schemaEngineDriverAdapters", Active, Active),
    ("shardKeys", Active, Active),
    ("strictUndefinedChecks", Active, Active),
    ("typedSql", Hidden, Active),
    ("views", Active, Active),
    ("reactNative", Hidden, Hidden),
    ("fullTextSearch", Renamed("fullTextSearchPostgres"), Renamed("fullTextSearchPostgres")),
    ("driverAdapters", Deprecated, Deprecated),
    ("multiSchema", Deprecated, Deprecated),
    ("prismaSchemaFolder", Deprecated, Deprecated),
];

/// More features whose behaviour is always on by now.
const DEPRECATED: [&str; 36] = [
    "aggregateApi",
    "atomicNumberOperations",
    "clientExtensions",
    "cockroachdb",
    "connectOrCreate",
    "createMany",
    "dataProxy",
    "deno",
    "distinct",
    "extendedIndexes",
    "extendedWhereUnique",
    "fieldReference",
    "filteredRelationCount",
    "filterJson",
    "fullTextIndex",
    "groupBy",
    "improvedQueryRaw",
    "interactiveTransactions",
    "jsonProtocol",
    "microsoftSqlServer",
    "middlewares",
    "mongoDb",
    "namedConstraints",
    "nApi",
    "nativeTypes",
    "omitApi",
    "orderByAggregateGroup",
    "orderByNulls",
    "orderByRelation",
    "queryCompiler",
    "referentialActions",
    "referentialIntegrity",
    "selectRelationCount",
    "tracing",
    "transactionApi",
    "uncheckedScalarInputs",
];

/// Reads `previewFeatures`; returns canonical names in alphabetical order, renamed ones replaced, each once.
pub(super) fn read(
    names: &[&str],
    span: Span,
    rules: Rules,
    has_datasource: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<String> {
    let mut found = BTreeMap::new();
    for name in names {
        let canonical = match status(name, rules) {
            (canonical, Active | Hidden) => canonical,
            (canonical, ActiveWithDatasource) if has_datasource => canonical,
            (canonical, Renamed(new)) if has_datasource => {
                diagnostics
                    .warning(span, format!("for PostgreSQL, preview feature `{canonical}` is now called `{new}`"))
                    .help(format!("write `{new}`"));
                new
            }
            (canonical, Deprecated | Renamed(_)) => {
                diagnostics
                    .warning(span, format!("preview feature `{canonical}` works without being listed"))
                    .help("remove it from the list");
                canonical
            }
            (canonical, ToBeRemoved) => {
                diagnostics
                    .warning(span, format!("preview feature `{canonical}` is deprecated and will be removed"))
                    .help("remove it from the list");
                canonical
            }
            (_, Unknown | ActiveWithDatasource) => {
                report_unknown(name, span, rules, has_datasource, diagnostics);
                continue;
            }
        };
        found.insert(canonical.to_lowercase(), canonical.to_owned());
    }
    found.into_values().collect()
}

/// The canonical spelling of a name, and its status.
fn status(name: &str, rules: Rules) -> (&'static str, Status) {
    let of = |six, seven| match rules {
        Rules::Prisma6 => six,
        Rules::Prisma7 => seven,
    };
    if let Some((canonical, six, seven)) = FEATURES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) {
        return (canonical, of(*six, *seven));
    }
    match DEPRECATED.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(canonical) => (canonical, Deprecated),
        None => ("", Unknown),
    }
}

fn report_unknown(name: &str, span: Span, rules: Rules, has_datasource: bool, diagnostics: &mut Diagnostics) {
    let listed: Vec<_> = FEATURES
        .iter()
        .map(|(known, ..)| *known)
        .filter(|known| match status(known, rules).1 {
            Active | ToBeRemoved => true,
            ActiveWithDatasource => has_datasource,
            Hidden | Deprecated | Renamed(_) | Unknown => false,
        })
        .collect();
    let diagnostic = diagnostics.error(span, format!("preview feature `{name}` is not known"));
    diagnostic.help(
        did_you_mean(name, listed.iter().copied()).unwrap_or_else(|| format!("there are {}", backticked(&listed))),
    );
}
