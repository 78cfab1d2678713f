//! The kinds of objects, in the order in which they can be made.

/// A kind of object. The order is the one in which objects of several kinds are made: each needs only those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is named by its word in the table below")]
pub enum Kind {
    Namespace,
    Extension,
    Language,
    AccessMethod,
    Collation,
    Conversion,
    Enum,
    BaseType,
    CompositeType,
    Domain,
    DomainConstraint,
    RangeType,
    Function,
    Procedure,
    Aggregate,
    Operator,
    OperatorFamily,
    OperatorClass,
    Cast,
    Transform,
    TextSearchParser,
    TextSearchTemplate,
    TextSearchDictionary,
    TextSearchConfiguration,
    ForeignDataWrapper,
    Server,
    UserMapping,
    Sequence,
    Table,
    ForeignTable,
    Column,
    Constraint,
    Index,
    View,
    MaterializedView,
    Statistics,
    Rule,
    Trigger,
    Policy,
    EventTrigger,
    Publication,
    Subscription,
    DefaultPrivileges,
}

/// Where an object belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// To the database.
    Database,
    /// To a namespace.
    Namespace,
    /// To a table, view or type.
    Part,
}

/// Every kind with its word, as it is shown and stored, and its place.
const KINDS: &[(Kind, &str, Place)] = {
    use Place::{Database, Namespace, Part};
    &[
        (Kind::Namespace, "schema", Namespace),
        (Kind::Extension, "extension", Database),
        (Kind::Language, "language", Database),
        (Kind::AccessMethod, "access method", Database),
        (Kind::Collation, "collation", Namespace),
        (Kind::Conversion, "conversion", Namespace),
        (Kind::Enum, "enum", Namespace),
        (Kind::BaseType, "base type", Namespace),
        (Kind::CompositeType, "composite type", Namespace),
        (Kind::Domain, "domain", Namespace),
        (Kind::DomainConstraint, "domain constraint", Part),
        (Kind::RangeType, "range type", Namespace),
        (Kind::Function, "function", Namespace),
        (Kind::Procedure, "procedure", Namespace),
        (Kind::Aggregate, "aggregate", Namespace),
        (Kind::Operator, "operator", Namespace),
        (Kind::OperatorFamily, "operator family", Namespace),
        (Kind::OperatorClass, "operator class", Namespace),
        (Kind::Cast, "cast", Database),
        (Kind::Transform, "transform", Database),
        (Kind::TextSearchParser, "text search parser", Namespace),
        (Kind::TextSearchTemplate, "text search template", Namespace),
        (Kind::TextSearchDictionary, "text search dictionary", Namespace),
        (Kind::TextSearchConfiguration, "text search configuration", Namespace),
        (Kind::ForeignDataWrapper, "foreign data wrapper", Database),
        (Kind::Server, "server", Database),
        (Kind::UserMapping, "user mapping", Database),
        (Kind::Sequence, "sequence", Namespace),
        (Kind::Table, "table", Namespace),
        (Kind::ForeignTable, "foreign table", Namespace),
        (Kind::Column, "column", Part),
        (Kind::Constraint, "constraint", Part),
        (Kind::Index, "index", Part),
        (Kind::View, "view", Namespace),
        (Kind::MaterializedView, "materialized view", Namespace),
        (Kind::Statistics, "statistics", Namespace),
        (Kind::Rule, "rule", Part),
        (Kind::Trigger, "trigger", Part),
        (Kind::Policy, "policy", Part),
        (Kind::EventTrigger, "event trigger", Database),
        (Kind::Publication, "publication", Database),
        (Kind::Subscription, "subscription", Database),
        (Kind::DefaultPrivileges, "default privileges", Database),
    ]
};

impl Kind {
    /// The kind with that word.
    pub fn from_name(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, word, _)| *word == name).map(|(kind, ..)| *kind)
    }

    /// Its word, which PostgreSQL's documentation uses.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// Whether its objects are in a namespace, or are one.
    pub fn in_namespace(self) -> bool {
        self.place() != Place::Database
    }

    /// Whether its objects are parts of a table, view or type.
    pub fn is_part(self) -> bool {
        self.place() == Place::Part
    }

    /// Whether an object of this kind has the other as its parts.
    pub fn is_whole_of(self, part: Self) -> bool {
        match part {
            Self::DomainConstraint => self == Self::Domain,
            Self::Column | Self::Constraint | Self::Index | Self::Rule | Self::Trigger | Self::Policy => matches!(
                self,
                Self::Table | Self::ForeignTable | Self::View | Self::MaterializedView | Self::CompositeType
            ),
            _ => false,
        }
    }

    fn place(self) -> Place {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(Place::Database, |(.., place)| *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_in_order() {
        assert_eq!(KINDS.last().map(|(kind, ..)| *kind as usize), Some(KINDS.len() - 1));
        for (index, (kind, name, _)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, index, "{name}");
            assert_eq!(Kind::from_name(name), Some(*kind), "{name}");
        }
    }
}
