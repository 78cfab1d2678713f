//! EVERYTHING IN A DATABASE as plain data: what drift is found by, and what a snapshot of a database holds.
//!
//! [`crate::dbschema`] is what a schema file can say. This is the rest as well: every kind of object that somebody can
//! make in a database, each with its properties as texts. What carries no meaning is not here: identifiers, the order
//! of columns, names that the server made up for its own use, data and where it lies.

mod canonical;
pub mod carry;
pub mod compare;
pub mod kind;
pub(crate) mod names;
pub mod property;
pub mod script;
pub mod text;
pub mod tree;

use std::collections::BTreeMap;

pub use compare::{Comparison, Difference, compare};
pub use kind::Kind;
pub use property::Property;

/// What one database holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Major version of the server that printed the texts.
    pub server_major: u32,
    /// The namespaces that were read, by name.
    pub namespaces: Vec<String>,
    /// The roles that the objects mention, with their identifiers, so that a renamed one is known to be the same.
    pub roles: BTreeMap<String, u32>,
    /// The objects by kind and name.
    pub objects: BTreeMap<Id, Properties>,
}

/// What tells an object from every other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Its kind.
    pub kind: Kind,
    /// Its names from the outermost in: namespace, table, column. A function has its argument types as the last.
    pub path: Vec<String>,
}

/// The properties of an object that are not what they are without being said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<Property, String>);

impl Properties {
    /// The text of a property.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        self.0.get(&Property::known(name)?).map(String::as_str)
    }

    /// Says a property.
    pub fn set(&mut self, property: Property, text: String) {
        self.0.insert(property, text);
    }

    /// Unsays a property, and returns what it was.
    pub fn take(&mut self, name: &'static str) -> Option<String> {
        self.0.remove(&Property::known(name)?)
    }

    /// All in the order of their table.
    pub fn iter(&self) -> impl Iterator<Item = (Property, &str)> {
        self.0.iter().map(|(property, text)| (*property, text.as_str()))
    }
}

impl Id {
    /// An object of that kind.
    pub fn new(kind: Kind, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { kind, path: path.into_iter().map(Into::into).collect() }
    }

    /// The namespace that it is in; `None` if it is in none.
    pub fn namespace(&self) -> Option<&str> {
        if self.kind.in_namespace() { self.path.first().map(String::as_str) } else { None }
    }

    /// What it is a part of, as the names that both have in common.
    pub fn parent(&self) -> Option<&[String]> {
        self.kind.is_part().then(|| &self.path[..self.path.len().saturating_sub(1)])
    }

    /// Its innermost name, with argument types where it has some.
    pub fn name(&self) -> String {
        match (self.kind, self.path.as_slice()) {
            (Kind::Function | Kind::Procedure | Kind::Aggregate | Kind::Operator, [.., name, arguments]) => {
                format!("{name}{arguments}")
            }
            (Kind::OperatorClass | Kind::OperatorFamily, [.., name, method]) => format!("{name} {method}"),
            (Kind::UserMapping, [server, user]) => {
                format!("{} for {}", server, if user.is_empty() { "PUBLIC" } else { user })
            }
            (Kind::DefaultPrivileges, [namespace, role, objects]) => match namespace.as_str() {
                "" => format!("of {role} for {objects}"),
                _ => format!("of {role} for {objects} in {namespace}"),
            },
            (_, [.., name]) => name.clone(),
            (_, []) => String::new(),
        }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        let outer = match self.kind {
            Kind::Function
            | Kind::Procedure
            | Kind::Aggregate
            | Kind::Operator
            | Kind::OperatorClass
            | Kind::OperatorFamily => &self.path[..1],
            Kind::UserMapping | Kind::DefaultPrivileges => &[],
            _ => &self.path[..self.path.len().saturating_sub(1)],
        };
        for name in outer {
            write!(f, "{name}.")?;
        }
        f.write_str(&self.name())
    }
}
