//! Statements that make an object.

use std::fmt::Write as _;

use super::super::{Id, Kind, Properties};
use super::Writer;
use super::options::{fires, identity, options, replica_identity, server_options, toast};
use super::reference::{index, operator, qualified, reference, role};
use crate::sql::quote::{Ident, Literal};

impl Writer<'_> {
    /// Makes an object, and says about it what is said in statements of their own.
    pub(super) fn create(&self, id: &Id, properties: &Properties) -> Vec<String> {
        let mut statements = match self.creation(id, properties) {
            Some(statements) => statements,
            None => vec![format!("-- {id}: no statement that makes it can be written from the catalog")],
        };
        statements.extend(self.said_behind(id, properties));
        statements
    }

    /// What is said about an object in statements of their own.
    pub(super) fn said_behind(&self, id: &Id, properties: &Properties) -> Vec<String> {
        let mut statements = Vec::new();
        let table = qualified(&id.path);
        let name = Ident(id.path.last().map_or("", String::as_str));
        if id.kind == Kind::Column {
            let mut action = |text: String| statements.push(format!("ALTER TABLE {table} ALTER COLUMN {name} {text};"));
            if let Some(target) = properties.get("statistics") {
                action(format!("SET STATISTICS {target}"));
            }
            if let Some(storage) = properties.get("storage") {
                action(format!("SET STORAGE {storage}"));
            }
            if let Some(method) = properties.get("compression") {
                action(format!("SET COMPRESSION {method}"));
            }
            if let Some(list) = properties.get("options") {
                action(format!("SET ({})", options(list)));
            }
            if properties.get("type").is_none()
                && let Some(default) = properties.get("default")
            {
                action(format!("SET DEFAULT {default}"));
            }
        }
        if matches!(id.kind, Kind::Rule | Kind::Trigger | Kind::EventTrigger | Kind::Subscription)
            && let Some(when) = properties.get("fires")
        {
            statements.push(fires(id, Some(when)));
        }
        if let Some(text) = properties.get("comment").filter(|_| id.kind != Kind::Extension) {
            statements.push(format!("COMMENT ON {} IS {};", reference(id), Literal(text)));
        }
        if self.rights {
            if let Some(owner) = properties.get("owner") {
                statements.push(format!("ALTER {} OWNER TO {};", reference(id), Ident(owner)));
            }
            statements.extend(self.granted(id, properties));
        }
        statements
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn creation(&self, id: &Id, properties: &Properties) -> Option<Vec<String>> {
        let name = qualified(&id.path);
        let last = Ident(id.path.last().map_or("", String::as_str));
        let get = |property: &'static str| properties.get(property);
        let opt = |word: &str, property: &'static str| {
            get(property).map(|text| format!(" {word} {text}")).unwrap_or_default()
        };
        let one = |text: String| Some(vec![text]);
        let arguments = id.path.get(2).map_or("", String::as_str);
        match id.kind {
            Kind::Namespace => one(format!("CREATE SCHEMA {last};")),
            Kind::Extension => {
                let schema = get("schema").filter(|schema| *schema != "pg_catalog");
                let schema = schema.map(|schema| format!(" WITH SCHEMA {}", Ident(schema))).unwrap_or_default();
                one(format!("CREATE EXTENSION {last}{schema};"))
            }
            Kind::Language => one(format!(
                "CREATE {}LANGUAGE {last} HANDLER {}{}{};",
                if get("trusted").is_some() { "TRUSTED " } else { "" },
                get("function")?,
                opt("INLINE", "inline"),
                opt("VALIDATOR", "validator")
            )),
            Kind::AccessMethod => one(format!(
                "CREATE ACCESS METHOD {last} TYPE {} HANDLER {};",
                get("type")?.to_uppercase(),
                get("function")?
            )),
            Kind::Collation => {
                let mut parts = vec![format!("PROVIDER = {}", get("provider")?)];
                let locale = get("locale")?;
                match get("character type") {
                    None => parts.push(format!("LOCALE = {}", Literal(locale))),
                    Some(kind) => {
                        parts.push(format!("LC_COLLATE = {}, LC_CTYPE = {}", Literal(locale), Literal(kind)));
                    }
                }
                parts.extend(get("rules").map(|rules| format!("RULES = {}", Literal(rules))));
                parts.extend(get("deterministic").map(|_| "DETERMINISTIC = false".to_owned()));
                one(format!("CREATE COLLATION {name} ({});", parts.join(", ")))
            }
            Kind::Conversion => one(format!(
                "CREATE {}CONVERSION {name} FOR {} TO {} FROM {};",
                if get("default").is_some() { "DEFAULT " } else { "" },
                Literal(get("from")?),
                Literal(get("to")?),
                get("function")?
            )),
            Kind::Enum => one(format!("CREATE TYPE {name} AS ENUM ({});", get("values").unwrap_or_default())),
            Kind::BaseType | Kind::Subscription => None,
            Kind::CompositeType => {
                let attributes = get("attributes").unwrap_or_default().replace('\n', ", ");
                one(format!("CREATE TYPE {name} AS ({attributes});"))
            }
            Kind::Domain => one(format!(
                "CREATE DOMAIN {name} AS {}{}{}{};",
                get("type")?,
                opt("COLLATE", "collation"),
                opt("DEFAULT", "default"),
                if get("not null").is_some() { " NOT NULL" } else { "" }
            )),
            Kind::DomainConstraint => one(format!("ALTER DOMAIN {name} ADD CONSTRAINT {last} {};", get("definition")?)),
            Kind::RangeType => {
                let mut parts = vec![format!("SUBTYPE = {}", get("subtype")?)];
                for (word, property) in [
                    ("SUBTYPE_OPCLASS", "operator class"),
                    ("COLLATION", "range collation"),
                    ("CANONICAL", "canonical"),
                    ("SUBTYPE_DIFF", "difference"),
                ] {
                    parts.extend(get(property).map(|text| format!("{word} = {text}")));
                }
                one(format!("CREATE TYPE {name} AS RANGE ({});", parts.join(", ")))
            }
            // The server prints no semicolon. What a body mentions may not be there yet.
            Kind::Function | Kind::Procedure => Some(vec![
                "SET check_function_bodies = off;".to_owned(),
                format!("{};", get("sql")?.trim_end()),
                "RESET check_function_bodies;".to_owned(),
            ]),
            Kind::Aggregate => {
                let mut parts = Vec::new();
                for property in [
                    "sfunc",
                    "stype",
                    "sspace",
                    "finalfunc",
                    "combinefunc",
                    "serialfunc",
                    "deserialfunc",
                    "msfunc",
                    "minvfunc",
                    "mstype",
                    "mfinalfunc",
                    "parallel",
                ] {
                    parts.extend(get(property).map(|text| format!("{} = {text}", property.to_uppercase())));
                }
                for property in ["initcond", "minitcond"] {
                    parts.extend(get(property).map(|text| format!("{} = {}", property.to_uppercase(), Literal(text))));
                }
                parts.extend(get("finalfunc_extra").map(|_| "FINALFUNC_EXTRA".to_owned()));
                parts.extend(get("form").filter(|form| *form == "hypothetical set").map(|_| "HYPOTHETICAL".to_owned()));
                parts.extend(get("sortop").map(|text| format!("SORTOP = OPERATOR({})", before_parenthesis(text))));
                one(format!("CREATE AGGREGATE {name}{arguments} ({});", parts.join(", ")))
            }
            Kind::Operator => {
                let inner = arguments.trim_start_matches('(').trim_end_matches(')');
                let (left, right) = inner.rsplit_once(", ")?;
                let mut parts = vec![format!("FUNCTION = {}", get("function")?)];
                for (word, side) in [("LEFTARG", left), ("RIGHTARG", right)] {
                    if side != "NONE" {
                        parts.push(format!("{word} = {side}"));
                    }
                }
                for (word, property) in [("COMMUTATOR", "commutator"), ("NEGATOR", "negator")] {
                    parts.extend(get(property).map(|text| format!("{word} = OPERATOR({})", before_parenthesis(text))));
                }
                for (word, property) in [("RESTRICT", "restrict"), ("JOIN", "join")] {
                    parts.extend(get(property).map(|text| format!("{word} = {text}")));
                }
                for (word, property) in [("HASHES", "hashes"), ("MERGES", "merges")] {
                    parts.extend(get(property).map(|_| word.to_owned()));
                }
                one(format!("CREATE OPERATOR {} ({});", operator(&id.path), parts.join(", ")))
            }
            Kind::OperatorFamily => {
                let mut statements = vec![format!("CREATE OPERATOR FAMILY {name} {arguments};")];
                if let Some(members) = get("members") {
                    let members = members.replace('\n', ", ");
                    statements.push(format!("ALTER OPERATOR FAMILY {name} {arguments} ADD {members};"));
                }
                Some(statements)
            }
            Kind::OperatorClass => one(format!(
                "CREATE OPERATOR CLASS {name}{} FOR TYPE {} {arguments} FAMILY {} AS\n    {};",
                if get("default").is_some() { " DEFAULT" } else { "" },
                get("type")?,
                get("family")?,
                get("members")?.replace('\n', ",\n    ")
            )),
            Kind::Cast => {
                let how = match (get("function"), get("method")) {
                    (Some(function), _) => format!("WITH FUNCTION {function}"),
                    (None, Some("inout")) => "WITH INOUT".to_owned(),
                    (None, _) => "WITHOUT FUNCTION".to_owned(),
                };
                let context =
                    get("context").map(|context| format!(" AS {}", context.to_uppercase())).unwrap_or_default();
                one(format!("CREATE CAST {} {how}{context};", id.path.first()?))
            }
            Kind::Transform => {
                let mut parts = Vec::new();
                parts.extend(get("function").map(|function| format!("FROM SQL WITH FUNCTION {function}")));
                parts.extend(get("to sql").map(|function| format!("TO SQL WITH FUNCTION {function}")));
                one(format!("CREATE TRANSFORM {} ({});", id.path.first()?, parts.join(", ")))
            }
            Kind::TextSearchParser | Kind::TextSearchTemplate => {
                one(format!("CREATE {} {name} ({});", id.kind.name().to_uppercase(), get("functions")?))
            }
            Kind::TextSearchDictionary => {
                let more = get("options").map(|text| format!(", {text}")).unwrap_or_default();
                one(format!("CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = {}{more});", get("template")?))
            }
            Kind::TextSearchConfiguration => {
                let mut statements =
                    vec![format!("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = {});", get("parser")?)];
                for line in get("mappings").unwrap_or_default().lines() {
                    if let Some((token, dictionaries)) = line.split_once(": ") {
                        statements.push(format!(
                            "ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR {token} WITH {dictionaries};"
                        ));
                    }
                }
                Some(statements)
            }
            Kind::ForeignDataWrapper => one(format!(
                "CREATE FOREIGN DATA WRAPPER {last}{}{}{};",
                opt("HANDLER", "handler"),
                opt("VALIDATOR", "validator"),
                server_options(None, get("server options"))
            )),
            Kind::Server => {
                let literal =
                    |word, property| get(property).map(|text| format!(" {word} {}", Literal(text))).unwrap_or_default();
                one(format!(
                    "CREATE SERVER {last}{}{} FOREIGN DATA WRAPPER {}{};",
                    literal("TYPE", "type"),
                    literal("VERSION", "version"),
                    Ident(get("wrapper")?),
                    server_options(None, get("server options"))
                ))
            }
            Kind::UserMapping => {
                one(format!("CREATE {}; -- its options may hold passwords and are not read", reference(id)))
            }
            Kind::Sequence => {
                let unlogged = if get("persistence").is_some() { "UNLOGGED " } else { "" };
                one(format!("CREATE {unlogged}SEQUENCE {name} {};", sequence(properties)?))
            }
            Kind::Table | Kind::ForeignTable => Some(self.table(id, properties)),
            Kind::Column => match get("type") {
                Some(_) => one(format!("ALTER TABLE {name} ADD COLUMN {};", column(id, properties))),
                None => Some(Vec::new()),
            },
            Kind::Constraint => {
                let mut statements = vec![format!("ALTER TABLE {name} ADD CONSTRAINT {last} {};", get("definition")?)];
                if let Some(list) = get("options") {
                    statements.push(format!("ALTER INDEX {} SET ({});", index(id), options(list)));
                }
                Some(statements)
            }
            // The server prints ONLY for partitioned tables; made so, the index would stay invalid.
            Kind::Index => {
                let mut statements = vec![format!("{};", get("definition")?.replacen(" ON ONLY ", " ON ", 1))];
                for target in get("statistics").unwrap_or_default().split(", ").filter(|text| !text.is_empty()) {
                    let (number, target) = target.split_once(": ")?;
                    statements
                        .push(format!("ALTER INDEX {} ALTER COLUMN {number} SET STATISTICS {target};", index(id)));
                }
                Some(statements)
            }
            Kind::Statistics => {
                let mut statements = vec![format!("{};", get("definition")?)];
                statements
                    .extend(get("target").map(|target| format!("ALTER STATISTICS {name} SET STATISTICS {target};")));
                Some(statements)
            }
            Kind::View | Kind::MaterializedView => Some(vec![view(id, properties, "CREATE")?]),
            Kind::Rule => one(get("definition")?.to_owned()),
            Kind::Trigger => one(format!("{};", get("definition")?)),
            Kind::Policy => {
                let mut text = format!("CREATE POLICY {last} ON {name}");
                if get("restrictive").is_some() {
                    text.push_str(" AS RESTRICTIVE");
                }
                if let Some(command) = get("command") {
                    let _ = write!(text, " FOR {}", command.to_uppercase());
                }
                if let Some(roles) = get("roles") {
                    let _ = write!(text, " TO {}", roles.lines().map(role).collect::<Vec<_>>().join(", "));
                }
                if let Some(using) = get("using") {
                    let _ = write!(text, " USING ({using})");
                }
                if let Some(check) = get("check") {
                    let _ = write!(text, " WITH CHECK ({check})");
                }
                one(format!("{text};"))
            }
            Kind::EventTrigger => one(format!(
                "CREATE EVENT TRIGGER {last} ON {}{} EXECUTE FUNCTION {}();",
                get("event")?,
                get("tags").map(|tags| format!(" WHEN TAG IN ({tags})")).unwrap_or_default(),
                get("function")?
            )),
            Kind::Publication => {
                let objects = publication_objects(properties);
                let objects = if objects.is_empty() { objects } else { format!(" FOR {objects}") };
                one(format!("CREATE PUBLICATION {last}{objects} WITH ({});", publication_options(properties)))
            }
            Kind::DefaultPrivileges => Some(Vec::new()),
        }
    }

    fn table(&self, id: &Id, properties: &Properties) -> Vec<String> {
        let name = qualified(&id.path);
        let get = |property: &'static str| properties.get(property);
        let mut columns: Vec<(u32, String)> = self
            .to
            .objects
            .iter()
            .filter(|(part, _)| part.kind == Kind::Column && part.parent() == Some(id.path.as_slice()))
            .map(|(part, properties)| {
                let position = properties.get("position").and_then(|text| text.parse().ok()).unwrap_or_default();
                (position, column(part, properties))
            })
            .collect();
        columns.sort_unstable();
        let columns: Vec<String> = columns.into_iter().map(|(_, text)| format!("    {text}")).collect();
        let mut text = String::from("CREATE ");
        text.push_str(if get("persistence").is_some() { "UNLOGGED " } else { "" });
        text.push_str(if id.kind == Kind::ForeignTable { "FOREIGN " } else { "" });
        let _ = write!(text, "TABLE {name}");
        match (get("partition of"), get("of type")) {
            (Some(parent), _) => {
                let _ = write!(text, " PARTITION OF {parent} {}", get("partition bound").unwrap_or_default());
            }
            (None, Some(ty)) => {
                let _ = write!(text, " OF {ty}");
            }
            (None, None) if columns.is_empty() => text.push_str(" ()"),
            (None, None) => {
                let _ = write!(text, " (\n{}\n)", columns.join(",\n"));
            }
        }
        for (word, property, end) in
            [(" INHERITS (", "inherits", ")"), (" PARTITION BY ", "partition by", ""), (" USING ", "access method", "")]
        {
            if let Some(value) = get(property) {
                let _ = write!(text, "{word}{value}{end}");
            }
        }
        if let Some(server) = get("server") {
            let _ = write!(text, " SERVER {}{}", Ident(server), server_options(None, get("server options")));
        }
        let mut settings: Vec<String> = get("options").map(options).into_iter().collect();
        settings.extend(get("toast options").map(toast));
        if !settings.is_empty() {
            let _ = write!(text, " WITH ({})", settings.join(", "));
        }
        let mut statements = vec![format!("{text};")];
        for (property, action) in
            [("row security", "ENABLE ROW LEVEL SECURITY"), ("row security forced", "FORCE ROW LEVEL SECURITY")]
        {
            if get(property).is_some() {
                statements.push(format!("ALTER TABLE {name} {action};"));
            }
        }
        if let Some(identity) = get("replica identity").and_then(replica_identity) {
            statements.push(format!("ALTER TABLE {name} REPLICA IDENTITY {identity};"));
        }
        statements
    }
}

/// `name type …`.
pub(super) fn column(id: &Id, properties: &Properties) -> String {
    let get = |property: &'static str| properties.get(property);
    let mut text = format!("{} {}", Ident(id.path.last().map_or("", String::as_str)), get("type").unwrap_or_default());
    text.push_str(&server_options(None, get("server options")));
    if let Some(collation) = get("collation") {
        let _ = write!(text, " COLLATE {collation}");
    }
    if let Some(default) = get("default") {
        let _ = write!(text, " DEFAULT {default}");
    }
    if let Some((expression, kind)) = get("generated").and_then(|text| text.rsplit_once(' ')) {
        let _ = write!(text, " GENERATED ALWAYS AS {expression} {}", kind.to_uppercase());
    }
    if let Some(when) = get("identity") {
        let _ = write!(text, " {}", identity(when, get("identity options")));
    }
    if get("not null").is_some() {
        text.push_str(" NOT NULL");
    }
    text
}

/// `CREATE VIEW …`, behind the words that begin it.
pub(super) fn view(id: &Id, properties: &Properties, begin: &str) -> Option<String> {
    let definition = properties.get("definition")?;
    let unlogged = if properties.get("persistence").is_some() { "UNLOGGED " } else { "" };
    let method = properties.get("access method").map(|method| format!(" USING {}", Ident(method))).unwrap_or_default();
    let with = properties.get("options").map(|list| format!(" WITH ({})", options(list))).unwrap_or_default();
    let word = id.kind.name().to_uppercase();
    Some(format!("{begin} {unlogged}{word} {}{method}{with} AS\n{definition}", qualified(&id.path)))
}

/// The options of a sequence, all of them.
pub(super) fn sequence(properties: &Properties) -> Option<String> {
    let get = |property: &'static str| properties.get(property);
    Some(format!(
        "AS {} INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {} {}CYCLE",
        get("type")?,
        get("increment")?,
        get("minimum")?,
        get("maximum")?,
        get("start")?,
        get("cache")?,
        if get("cycle").is_some() { "" } else { "NO " }
    ))
}

/// What a publication publishes, without FOR.
pub(super) fn publication_objects(properties: &Properties) -> String {
    let mut parts = Vec::new();
    match properties.get("tables") {
        Some("all") => return "ALL TABLES".to_owned(),
        Some(tables) => parts.push(format!("TABLE {}", tables.lines().collect::<Vec<_>>().join(", "))),
        None => {}
    }
    parts.extend(properties.get("schemas").map(|schemas| format!("TABLES IN SCHEMA {schemas}")));
    parts.join(", ")
}

pub(super) fn publication_options(properties: &Properties) -> String {
    let mut parts = vec![format!("publish = {}", Literal(properties.get("publishes").unwrap_or_default()))];
    let root = properties.get("via root").is_some();
    parts.push(format!("publish_via_partition_root = {root}"));
    parts.extend(properties.get("generated columns").map(|_| "publish_generated_columns = stored".to_owned()));
    parts.join(", ")
}

fn before_parenthesis(text: &str) -> &str {
    text.split('(').next().unwrap_or(text)
}
