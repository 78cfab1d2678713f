//! Everything in a database, for finding drift: rows that are objects, with columns that are properties.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::join_all;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::IntrospectError;
use super::catalog::{SETTINGS, failed};
use crate::catalog::names::qualified_names;
use crate::catalog::{Catalog, Id, Kind, Properties, Property};
use crate::db::Connection;
use crate::db::snapshot::{BEGIN, COMMIT, undisturbed};

mod privileges;

/// What of a database is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// The namespaces whose objects are read. Those that do not exist are passed over. What is in no namespace, such as
    /// extensions, is always read.
    pub namespaces: Vec<String>,
    /// The namespace of the migration history, whose table is left out and whose owner counts as everybody's own.
    pub history: String,
    /// Tables and types that somebody else manages, by namespace and name.
    pub without: Vec<(String, String)>,
}

/// Questions about what is in namespaces.
const QUESTIONS: [(&str, &str); 18] = [
    ("namespaces", include_str!("queries/whole/namespaces.sql")),
    ("tables", include_str!("queries/whole/tables.sql")),
    ("columns", include_str!("queries/whole/columns.sql")),
    ("constraints", include_str!("queries/whole/constraints.sql")),
    ("indexes", include_str!("queries/whole/indexes.sql")),
    ("triggers", include_str!("queries/whole/triggers.sql")),
    ("rules", include_str!("queries/whole/rules.sql")),
    ("policies", include_str!("queries/whole/policies.sql")),
    ("views", include_str!("queries/whole/views.sql")),
    ("sequences", include_str!("queries/whole/sequences.sql")),
    ("functions", include_str!("queries/whole/functions.sql")),
    ("aggregates", include_str!("queries/whole/aggregates.sql")),
    ("types", include_str!("queries/whole/types.sql")),
    ("operators", include_str!("queries/whole/operators.sql")),
    ("collations", include_str!("queries/whole/collations.sql")),
    ("text search", include_str!("queries/whole/text_search.sql")),
    ("statistics", include_str!("queries/whole/statistics.sql")),
    ("default privileges", include_str!("queries/whole/default_privileges.sql")),
];

/// Questions about what is in none.
const GLOBAL_QUESTIONS: [(&str, &str); 3] = [
    ("extensions, casts and the like", include_str!("queries/whole/globals.sql")),
    ("foreign data", include_str!("queries/whole/foreign_data.sql")),
    ("publications", include_str!("queries/whole/publications.sql")),
];

const PUBLICATION_SCHEMAS: &str = include_str!("queries/whole/publication_schemas.sql");
const ROLES: &str = include_str!("queries/whole/roles.sql");

/// The table of the migration history.
const HISTORY: &str = "_prisma_migrations";

/// Reads everything in the extent.
///
/// Takes one round trip, in a transaction of its own that reads only; the connection must not be in one. Needs no
/// right but that to connect.
///
/// # Errors
/// If the server refuses a question.
pub async fn read_whole(db: &mut Connection, extent: &Extent) -> Result<Catalog, IntrospectError> {
    read_whole_beside(db, extent).await
}

/// The same, where other questions go out on this connection at the same time.
pub(crate) async fn read_whole_beside(db: &Connection, extent: &Extent) -> Result<Catalog, IntrospectError> {
    let (major, client) = (db.server_major(), db.client());
    undisturbed(IntrospectError::is_change, async || {
        let (begun, catalog, ended) = tokio::join!(
            biased;
            client.batch_execute(BEGIN),
            Box::pin(ask(client, major, extent)),
            client.batch_execute(COMMIT),
        );
        begun.map_err(failed("begin"))?;
        let catalog = catalog?;
        ended.map_err(failed("commit"))?;
        Ok(catalog)
    })
    .await
}

/// The same within the caller's transaction, whose settings are changed up to its end: the search path becomes empty.
pub async fn read_whole_here(db: &mut Connection, extent: &Extent) -> Result<Catalog, IntrospectError> {
    Box::pin(ask(db.client(), db.server_major(), extent)).await
}

async fn ask(client: &Client, major: u32, extent: &Extent) -> Result<Catalog, IntrospectError> {
    let no_path: &[(&(dyn ToSql + Sync), Type)] = &[(&"", Type::TEXT)];
    let namespaces: &[(&(dyn ToSql + Sync), Type)] = &[(&extent.namespaces, Type::TEXT_ARRAY)];
    let history: &[(&(dyn ToSql + Sync), Type)] = &[(&extent.history, Type::TEXT)];

    let settings = client.query_typed(SETTINGS, no_path);
    let roles = client.query_typed(ROLES, history);
    let questions = QUESTIONS.iter().map(|(name, sql)| (*name, *sql, namespaces));
    let nothing: &[(&(dyn ToSql + Sync), Type)] = &[];
    let mut questions: Vec<_> =
        questions.chain(GLOBAL_QUESTIONS.iter().map(|(name, sql)| (*name, *sql, nothing))).collect();
    if major >= 15 {
        questions.push(("publications of namespaces", PUBLICATION_SCHEMAS, nothing));
    }
    // Polled, and so sent, in this order.
    let answers = join_all(
        questions
            .into_iter()
            .map(|(name, sql, parameters)| async move { (name, client.query_typed(sql, parameters).await) }),
    );
    let (set, roles, answers) = tokio::join!(biased; settings, roles, answers);
    set.map_err(failed("settings"))?;

    let mut reading = Reading::new(major, extent);
    reading.roles(&roles.map_err(failed("roles"))?).map_err(failed("roles"))?;
    for (name, answer) in answers {
        reading.objects(&answer.map_err(failed(name))?).map_err(failed(name))?;
    }
    Ok(reading.finish())
}

/// A catalog that is being put together.
struct Reading<'a> {
    extent: &'a Extent,
    catalog: Catalog,
    /// Whose own everything counts as.
    own: String,
}

impl<'a> Reading<'a> {
    fn new(server_major: u32, extent: &'a Extent) -> Self {
        let catalog = Catalog { server_major, ..Catalog::default() };
        Self { extent, catalog, own: String::new() }
    }

    fn roles(&mut self, rows: &[Row]) -> Result<(), tokio_postgres::Error> {
        for row in rows {
            let (oid, name, own): (u32, String, Option<bool>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if own == Some(true) {
                self.own.clone_from(&name);
            }
            if !name.starts_with("pg_") {
                self.catalog.roles.insert(name, oid);
            }
        }
        Ok(())
    }

    /// The first two columns are kind and path, the others properties by their names.
    fn objects(&mut self, rows: &[Row]) -> Result<(), tokio_postgres::Error> {
        let Some(first) = rows.first() else { return Ok(()) };
        let names: Vec<&str> = first.columns().iter().skip(2).map(tokio_postgres::Column::name).collect();
        let columns: Vec<Option<Property>> = names.iter().map(|name| Property::known(name)).collect();
        let place = |name: &str| names.iter().position(|other| *other == name).map(|index| index + 2);
        let (acl, acl_default, acl_owner) = (place("acl"), place("acl default"), place("acl owner"));
        let owner = acl_owner.or(place("owner"));
        for row in rows {
            let path: Vec<String> = row.try_get(1)?;
            let Some(kind) = Kind::from_name(row.try_get(0)?) else { continue };
            if self.is_left_out(kind, &path) {
                continue;
            }
            let id = Id { kind, path };
            let properties = self.catalog.objects.entry(id).or_default();
            for (index, property) in columns.iter().enumerate() {
                if let (Some(property), Some(text)) = (property, row.try_get::<_, Option<&str>>(index + 2)?) {
                    let own = property.name() == "owner" && text == self.own;
                    if !own && !text.is_empty() {
                        properties.set(*property, text.to_owned());
                    }
                }
            }
            let text = |at: Option<usize>| at.map_or(Ok(None), |at| row.try_get::<_, Option<&str>>(at));
            if let (Some(granted), Some(privileges)) = (text(acl)?, Property::known("privileges")) {
                let default = text(acl_default)?.unwrap_or_default();
                if let Some(text) = privileges::privileges(granted, default, text(owner)?) {
                    properties.set(privileges, text);
                }
            }
        }
        Ok(())
    }

    fn is_left_out(&self, kind: Kind, path: &[String]) -> bool {
        let [namespace, name, ..] = path else { return false };
        kind.in_namespace()
            && (*namespace == self.extent.history && name == HISTORY
                || self.extent.without.iter().any(|(other, without)| other == namespace && without == name))
    }

    fn finish(mut self) -> Catalog {
        let namespaces = self.extent.namespaces.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        self.catalog.namespaces = namespaces.into_iter().collect();
        mark_inherited_columns(&mut self.catalog.objects);
        self.catalog
    }
}

/// A column that a table has from a parent is the parent's, unless it is different here.
fn mark_inherited_columns(objects: &mut BTreeMap<Id, Properties>) {
    /// What a server keeps for partitions in one version and not in another, or what is a matter of order.
    const NOT_INHERITED: [&str; 3] = ["identity", "identity options", "position"];
    let mut parents: HashMap<Vec<String>, (Vec<Vec<String>>, bool)> = HashMap::new();
    for (id, properties) in objects.iter() {
        let partition = properties.get("partition of");
        if let Some(text) = partition.or(properties.get("inherits")) {
            parents.insert(id.path.clone(), (qualified_names(text), partition.is_some()));
        }
    }
    let Some(inherited) = Property::known("inherited").filter(|_| !parents.is_empty()) else { return };
    let plain = |objects: &BTreeMap<Id, Properties>, id: &Id| {
        let mut properties = objects.get(id)?.clone();
        for name in NOT_INHERITED {
            properties.take(name);
        }
        Some(properties)
    };
    let mut same = Vec::new();
    let mut of_partitions = Vec::new();
    for id in objects.keys().filter(|id| id.kind == Kind::Column) {
        let Some((column, table)) = id.path.split_last() else { continue };
        let Some((of, partition)) = parents.get(table) else { continue };
        if *partition {
            of_partitions.push(id.clone());
        }
        let own = plain(objects, id);
        let has_same = of.iter().any(|parent| {
            let path = parent.iter().cloned().chain([column.clone()]);
            own.is_some() && plain(objects, &Id::new(Kind::Column, path)) == own
        });
        if has_same {
            same.push(id.clone());
        }
    }
    for id in of_partitions {
        if let Some(properties) = objects.get_mut(&id) {
            properties.take("identity");
            properties.take("identity options");
        }
    }
    for id in same {
        if let Some(properties) = objects.get_mut(&id) {
            properties.set(inherited, "yes".to_owned());
        }
    }
}
