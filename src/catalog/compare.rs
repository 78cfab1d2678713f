//! Two catalogs → what differs.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::property::Sort;
use super::{Catalog, Id, Kind, Properties, Property, canonical};

/// What may be compared, which depends on where the expectation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was seen in this database: everything counts.
    SameDatabase,
    /// Migrations made it in another database. Owners and privileges do not count, nor what this database alone has
    /// besides its namespaces: extensions, publications and the like may be the server's or its owner's.
    Replay,
}

/// An object that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The object.
    pub id: Id,
    /// What is different about it.
    pub change: ObjectChange,
}

/// What is different about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectChange {
    /// It should not be there.
    Added(Properties),
    /// It should be there.
    Removed(Properties),
    /// It is there and not the same. Never empty.
    Altered(Vec<PropertyChange>),
}

/// A property that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyChange {
    /// The property.
    pub property: Property,
    /// What it should be; `None` is what an object has unless somebody says otherwise.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What differs, in the order of the objects.
    pub differences: Vec<Difference>,
    /// Partitions that were not expected. They come with the data, so they are no difference.
    pub new_partitions: Vec<Id>,
    /// Expected partitions that are gone, as old data goes.
    pub gone_partitions: Vec<Id>,
}

/// Compares what should be with what is. Only the namespaces that were read on both sides count.
pub fn compare(expected: &Catalog, live: &Catalog, source: Source) -> Comparison {
    let expected = with_present_names(expected, live);
    let versions = expected.server_major != live.server_major;
    let counts = |id: &Id| {
        id.namespace().is_none_or(|namespace| {
            let known = |catalog: &Catalog| catalog.namespaces.iter().any(|name| name == namespace);
            known(&expected) && known(live)
        })
    };
    let mut found = Comparison::default();
    // What a table has from its parent is the parent's difference, as long as it is the same parent.
    let inherited = |id: &Id, properties: &Properties| {
        let parents = |catalog: &Catalog| {
            let table = catalog.objects.get(&Id::new(Kind::Table, id.parent()?))?;
            table.get("inherits").or(table.get("partition of")).map(str::to_owned)
        };
        properties.get("inherited").is_some() && parents(&expected) == parents(live)
    };
    for (id, properties) in expected.objects.iter().filter(|(id, _)| counts(id)) {
        match live.objects.get(id) {
            None if inherited(id, properties) => {}
            Some(now) if inherited(id, properties) && inherited(id, now) => {}
            None if source == Source::Replay && id.kind == Kind::DefaultPrivileges => {}
            None => found.push(id, ObjectChange::Removed(properties.clone())),
            Some(now) => {
                let changes = changes(id.kind, properties, now, source, versions);
                if !changes.is_empty() {
                    found.push(id, ObjectChange::Altered(changes));
                }
            }
        }
    }
    for (id, properties) in live.objects.iter().filter(|(id, _)| counts(id)) {
        let somebody_elses = source == Source::Replay && !id.kind.in_namespace();
        if !somebody_elses && !inherited(id, properties) && !expected.objects.contains_key(id) {
            found.push(id, ObjectChange::Added(properties.clone()));
        }
    }
    found.set_partitions_aside();
    found.differences.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

impl Comparison {
    /// Whether everything is as expected.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    fn push(&mut self, id: &Id, change: ObjectChange) {
        self.differences.push(Difference { id: id.clone(), change });
    }

    /// A whole partition that came or went takes its parts with it.
    fn set_partitions_aside(&mut self) {
        let mut aside: HashSet<Vec<String>> = HashSet::new();
        let (new, gone) = (&mut self.new_partitions, &mut self.gone_partitions);
        self.differences.retain(|Difference { id, change }| {
            let (properties, list) = match change {
                ObjectChange::Added(properties) => (properties, &mut *new),
                ObjectChange::Removed(properties) => (properties, &mut *gone),
                ObjectChange::Altered(_) => return true,
            };
            let is_partition = matches!(id.kind, Kind::Table | Kind::ForeignTable);
            if !is_partition || properties.get("partition of").is_none() {
                return true;
            }
            list.push(id.clone());
            aside.insert(id.path.clone());
            false
        });
        if !aside.is_empty() {
            self.differences.retain(|difference| difference.id.parent().is_none_or(|parent| !aside.contains(parent)));
        }
    }

    /// The differences, each with whether it only follows from that of the object that it is a part of: the columns of
    /// a new table are new, of course.
    pub fn with_followers(&self) -> impl Iterator<Item = (&Difference, bool)> {
        let come_and_gone: HashMap<&[String], (Kind, bool)> = self
            .differences
            .iter()
            .filter(|difference| !difference.id.kind.is_part())
            .filter_map(|Difference { id, change }| match change {
                ObjectChange::Added(_) => Some((id.path.as_slice(), (id.kind, true))),
                ObjectChange::Removed(_) => Some((id.path.as_slice(), (id.kind, false))),
                ObjectChange::Altered(_) => None,
            })
            .collect();
        self.differences.iter().map(move |difference| {
            let whole = difference.id.parent().and_then(|parent| come_and_gone.get(parent));
            let follows = whole.is_some_and(|(kind, added)| {
                kind.is_whole_of(difference.id.kind)
                    && match difference.change {
                        ObjectChange::Added(_) => *added,
                        ObjectChange::Removed(_) => !added,
                        ObjectChange::Altered(_) => false,
                    }
            });
            (difference, follows)
        })
    }
}

fn changes(kind: Kind, from: &Properties, to: &Properties, source: Source, versions: bool) -> Vec<PropertyChange> {
    let mut all: BTreeMap<Property, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for (property, text) in from.iter() {
        all.entry(property).or_default().0 = Some(text);
    }
    for (property, text) in to.iter() {
        all.entry(property).or_default().1 = Some(text);
    }
    let different = all.into_iter().filter(|(property, (from, to))| match property.sort() {
        Sort::Help => false,
        Sort::Rights if source == Source::Replay => false,
        // It comes with the extension, and says another thing with each of its versions.
        Sort::Words if kind == Kind::Extension => false,
        Sort::Rights | Sort::Roles | Sort::Plain => from != to,
        Sort::Words => match (from, to) {
            (Some(from), Some(to)) => !same_words(from, to, versions),
            _ => from != to,
        },
        Sort::Printed => match (from, to) {
            (Some(from), Some(to)) if versions => !canonical::same_across_versions(from, to),
            (Some(from), Some(to)) => !canonical::same(from, to),
            _ => from != to,
        },
    });
    let owned = |text: Option<&str>| text.map(str::to_owned);
    different.map(|(property, (from, to))| PropertyChange { property, from: owned(from), to: owned(to) }).collect()
}

/// Somebody's own words. A body in the standard's form is none: the server keeps a tree of it.
fn same_words(from: &str, to: &str, versions: bool) -> bool {
    let is_tree = |text: &str| text.starts_with("BEGIN ATOMIC") || text.starts_with("RETURN ");
    from == to
        || from.replace("\r\n", "\n") == to.replace("\r\n", "\n")
        || is_tree(from)
            && is_tree(to)
            && if versions { canonical::same_across_versions(from, to) } else { canonical::same(from, to) }
}

/// The expected catalog with the names that roles have now: a role that is gone by name and there by identifier was
/// renamed.
fn with_present_names<'a>(expected: &'a Catalog, live: &Catalog) -> Cow<'a, Catalog> {
    let renamed: BTreeMap<&str, &str> = expected
        .roles
        .iter()
        .filter(|(name, _)| !live.roles.contains_key(*name))
        .filter_map(|(name, oid)| {
            let (now, _) = live.roles.iter().find(|(_, other)| *other == oid)?;
            (!expected.roles.contains_key(now)).then_some((name.as_str(), now.as_str()))
        })
        .collect();
    if renamed.is_empty() {
        return Cow::Borrowed(expected);
    }
    let mut catalog = expected.clone();
    catalog.objects = catalog
        .objects
        .into_iter()
        .map(|(mut id, mut properties)| {
            if matches!(id.kind, Kind::UserMapping | Kind::DefaultPrivileges)
                && let Some(name) = id.path.get_mut(1)
                && let Some(now) = renamed.get(name.as_str())
            {
                *name = (*now).to_owned();
            }
            for text in properties
                .0
                .iter_mut()
                .filter(|(property, _)| matches!(property.sort(), Sort::Roles | Sort::Rights))
                .map(|(_, text)| text)
            {
                *text = renamed_in(text, &renamed);
            }
            (id, properties)
        })
        .collect();
    Cow::Owned(catalog)
}

/// Each line is a role, or a role, a colon and what it may do. Lines are in the order of names.
fn renamed_in(text: &str, renamed: &BTreeMap<&str, &str>) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| {
            let (name, rest) = line.rsplit_once(": ").map_or((line, None), |(name, rest)| (name, Some(rest)));
            let name = renamed.get(name).unwrap_or(&name);
            rest.map_or_else(|| (*name).to_owned(), |rest| format!("{name}: {rest}"))
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

impl Comparison {
    /// The same differences seen from the other side.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let turned = |change: &ObjectChange| match change {
            ObjectChange::Added(properties) => ObjectChange::Removed(properties.clone()),
            ObjectChange::Removed(properties) => ObjectChange::Added(properties.clone()),
            ObjectChange::Altered(changes) => ObjectChange::Altered(
                changes
                    .iter()
                    .map(|change| PropertyChange {
                        property: change.property,
                        from: change.to.clone(),
                        to: change.from.clone(),
                    })
                    .collect(),
            ),
        };
        let differences = self
            .differences
            .iter()
            .map(|difference| Difference { id: difference.id.clone(), change: turned(&difference.change) })
            .collect();
        Self { differences, new_partitions: self.gone_partitions.clone(), gone_partitions: self.new_partitions.clone() }
    }
}
