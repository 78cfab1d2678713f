//! The properties of objects, in the order in which they are shown.

/// A property of an object, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Property(u8);

/// How the texts of a property are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// As they are.
    Plain,
    /// Printed from a tree by the server: another major version may print the same in other words.
    Printed,
    /// Somebody's own words, such as the body of a function. Line endings do not count.
    Words,
    /// Names of roles, one on a line.
    Roles,
    /// Who owns something and who may do what with it. Compared only with what was seen in the same database: who runs
    /// a migration owns what it makes, and default privileges are the database's, so a scratch database tells nothing.
    Rights,
    /// Not compared: what is needed to write SQL.
    Help,
}

use Sort::{Help, Plain, Printed, Rights, Roles, Words};

/// Every property with its word, as it is shown and stored.
const PROPERTIES: &[(&str, Sort)] = &[
    ("type", Plain),
    ("form", Plain),
    ("values", Plain),
    ("attributes", Plain),
    ("arguments", Printed),
    ("returns", Plain),
    ("language", Plain),
    ("definition", Printed),
    ("body", Words),
    ("collation", Plain),
    ("not null", Plain),
    ("default", Printed),
    ("generated", Printed),
    ("identity", Plain),
    ("identity options", Plain),
    ("persistence", Plain),
    ("partition by", Printed),
    ("partition of", Plain),
    ("partition bound", Printed),
    ("inherits", Plain),
    ("of type", Plain),
    ("access method", Plain),
    ("options", Plain),
    ("toast options", Plain),
    ("row security", Plain),
    ("row security forced", Plain),
    ("replica identity", Plain),
    ("server", Plain),
    ("server options", Plain),
    ("statistics", Plain),
    ("storage", Plain),
    ("compression", Plain),
    ("invalid", Plain),
    ("disabled", Plain),
    ("fires", Plain),
    ("command", Plain),
    ("restrictive", Plain),
    ("roles", Roles),
    ("using", Printed),
    ("check", Printed),
    ("increment", Plain),
    ("minimum", Plain),
    ("maximum", Plain),
    ("start", Plain),
    ("cache", Plain),
    ("cycle", Plain),
    ("owned by", Plain),
    ("window", Plain),
    ("volatility", Plain),
    ("strict", Plain),
    ("security", Plain),
    ("leakproof", Plain),
    ("parallel", Plain),
    ("cost", Plain),
    ("rows", Plain),
    ("support", Plain),
    ("settings", Plain),
    ("transforms", Plain),
    ("library", Plain),
    ("sfunc", Plain),
    ("stype", Plain),
    ("sspace", Plain),
    ("finalfunc", Plain),
    ("finalfunc_extra", Plain),
    ("combinefunc", Plain),
    ("serialfunc", Plain),
    ("deserialfunc", Plain),
    ("initcond", Plain),
    ("msfunc", Plain),
    ("minvfunc", Plain),
    ("mstype", Plain),
    ("mfinalfunc", Plain),
    ("minitcond", Plain),
    ("sortop", Plain),
    ("subtype", Plain),
    ("operator class", Plain),
    ("range collation", Plain),
    ("canonical", Plain),
    ("difference", Plain),
    ("input", Plain),
    ("output", Plain),
    ("receive", Plain),
    ("send", Plain),
    ("analyze", Plain),
    ("modifier input", Plain),
    ("modifier output", Plain),
    ("layout", Plain),
    ("function", Plain),
    ("commutator", Plain),
    ("negator", Plain),
    ("restrict", Plain),
    ("join", Plain),
    ("hashes", Plain),
    ("merges", Plain),
    ("method", Plain),
    ("family", Plain),
    ("members", Plain),
    ("provider", Plain),
    ("locale", Plain),
    ("character type", Plain),
    ("rules", Plain),
    ("deterministic", Plain),
    ("from", Plain),
    ("to", Plain),
    ("parser", Plain),
    ("mappings", Plain),
    ("template", Plain),
    ("functions", Plain),
    ("target", Plain),
    ("schema", Plain),
    ("version", Plain),
    ("context", Plain),
    ("to sql", Plain),
    ("inline", Plain),
    ("validator", Plain),
    ("trusted", Plain),
    ("event", Plain),
    ("tags", Plain),
    ("handler", Plain),
    ("wrapper", Plain),
    ("publishes", Plain),
    ("via root", Plain),
    ("tables", Printed),
    ("schemas", Plain),
    ("generated columns", Plain),
    ("publications", Plain),
    ("owner", Rights),
    ("privileges", Rights),
    ("comment", Words),
    // It follows from the parent's.
    ("inherited", Help),
    ("columns", Help),
    ("position", Help),
    ("sql", Help),
];

impl Property {
    /// The property with that word.
    pub fn known(name: &str) -> Option<Self> {
        PROPERTIES.iter().position(|(word, _)| *word == name).and_then(|index| u8::try_from(index).ok()).map(Self)
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        PROPERTIES.get(usize::from(self.0)).map_or("", |(word, _)| word)
    }

    /// How its texts are compared.
    pub fn sort(self) -> Sort {
        PROPERTIES.get(usize::from(self.0)).map_or(Plain, |(_, sort)| *sort)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_has_one_word_and_a_number() {
        for (index, (name, _)) in PROPERTIES.iter().enumerate() {
            let property = Property::known(name).expect("fits into a byte");
            assert_eq!((usize::from(property.0), property.name()), (index, *name));
        }
    }
}
