//! What a person should know after a pull, by category.

use std::collections::BTreeMap;
use std::fmt;

/// A category, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Warning {
    /// Fields of columns whose names have no letter.
    FieldsNamed,
    /// `@map` of a field kept.
    FieldMapKept,
    /// Values of enums whose labels have no letter.
    ValuesNamed,
    /// Tables without columns.
    ModelsWithoutColumns,
    /// Models without a key.
    ModelsIgnored,
    /// `name` of a `@@id` kept.
    KeyNameKept,
    /// Columns of types that the schema language does not know.
    UnsupportedTypes,
    /// `@@map` of a model kept.
    ModelMapKept,
    /// `@@map` of a view kept.
    ViewMapKept,
    /// `@map` of an enum value kept.
    ValueMapKept,
    /// `@@map` of an enum kept.
    EnumMapKept,
    /// Relations that only the schema knows.
    RelationsKept,
    /// New names because of equal ones.
    Renamed,
    /// Partitioned tables.
    Partitioned,
    /// Tables that others inherit from.
    Inherited,
    /// Indexes with an unusual place for NULLs.
    NullsOrder,
    /// Tables with row-level security.
    RowLevelSecurity,
    /// CHECK constraints.
    Checks,
    /// Exclusion constraints.
    Exclusions,
    /// Deferrable constraints.
    Deferrable,
    /// Comments in the database.
    Comments,
    /// Indexes on expressions.
    ExpressionIndexes,
    /// Indexes of access methods that the schema language does not know.
    UnknownMethods,
    /// Indexes that cannot be written for other reasons.
    IndexesLeftOut,
    /// Partial indexes that cannot be written.
    PartialIndexes,
    /// Details of columns that get lost.
    ColumnDetails,
    /// Details of indexes that get lost.
    IndexDetails,
    /// Generated columns, shown as defaults.
    GeneratedColumns,
    /// Foreign keys that cannot be written: to tables that are not models, or repeating others.
    ForeignKeysLeftOut,
    /// Details of foreign keys that get lost.
    ForeignKeyDetails,
    /// What the schema had and the database has not.
    Gone,
}

/// All warnings of a pull; the text that people see is its `Display`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings {
    list: BTreeMap<Warning, Vec<String>>,
}

impl Warning {
    /// The category for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::FieldsNamed => "fieldsNamed",
            Self::FieldMapKept => "fieldMapKept",
            Self::ValuesNamed => "valuesNamed",
            Self::ModelsWithoutColumns => "modelsWithoutColumns",
            Self::ModelsIgnored => "modelsIgnored",
            Self::KeyNameKept => "keyNameKept",
            Self::UnsupportedTypes => "unsupportedTypes",
            Self::ModelMapKept => "modelMapKept",
            Self::ViewMapKept => "viewMapKept",
            Self::ValueMapKept => "valueMapKept",
            Self::EnumMapKept => "enumMapKept",
            Self::RelationsKept => "relationsKept",
            Self::Renamed => "renamed",
            Self::Partitioned => "partitioned",
            Self::Inherited => "inherited",
            Self::NullsOrder => "nullsOrder",
            Self::RowLevelSecurity => "rowLevelSecurity",
            Self::Checks => "checks",
            Self::Exclusions => "exclusions",
            Self::Deferrable => "deferrable",
            Self::Comments => "comments",
            Self::ExpressionIndexes => "expressionIndexes",
            Self::UnknownMethods => "unknownMethods",
            Self::IndexesLeftOut => "indexesLeftOut",
            Self::PartialIndexes => "partialIndexes",
            Self::ColumnDetails => "columnDetails",
            Self::IndexDetails => "indexDetails",
            Self::GeneratedColumns => "generatedColumns",
            Self::ForeignKeysLeftOut => "foreignKeysLeftOut",
            Self::ForeignKeyDetails => "foreignKeyDetails",
            Self::Gone => "gone",
        }
    }

    /// What all items of the category have in common, and where to read on.
    pub fn heading(self) -> &'static str {
        match self {
            Self::FieldsNamed => {
                "Fields with a name made up, because that of the column has no letter. Rename them as you like, `@map` keeps the connection:"
            }
            Self::FieldMapKept => "Fields that keep their `@map`:",
            Self::ValuesNamed => {
                "Enum values with a name made up, because theirs has no letter. Rename them as you like, `@map` keeps the connection:"
            }
            Self::ModelsWithoutColumns => {
                "Models commented out, because the tables have no columns. Pushes and migrations leave the tables alone:"
            }
            Self::ModelsIgnored => {
                "Models that the client cannot use, because the tables have no key that is unique and required. They are marked `@@ignore`:"
            }
            Self::KeyNameKept => "Models that keep the `name` of their `@@id`:",
            Self::UnsupportedTypes => "Fields of types that the schema language does not know:",
            Self::ModelMapKept => "Models that keep their `@@map`:",
            Self::ViewMapKept => "Views that keep their `@@map`:",
            Self::ValueMapKept => "Enum values that keep their `@map`:",
            Self::EnumMapKept => "Enums that keep their `@@map`:",
            Self::RelationsKept => "Relations kept from the schema, because no foreign key says anything about them:",
            Self::Renamed => "Renamed, because two or more things would have had the same name:",
            Self::Partitioned => {
                "Partitioned tables; migrations need manual work (https://pris.ly/d/partition-tables):"
            }
            Self::Inherited => {
                "Tables that others inherit from; migrations need manual work (https://pris.ly/d/table-inheritance):"
            }
            Self::NullsOrder => {
                "Indexes with an order of NULLs that is not the default; it gets lost when they are made anew (https://pris.ly/d/default-index-null-ordering):"
            }
            Self::RowLevelSecurity => {
                "Tables with row-level security, which the schema does not show (https://pris.ly/d/row-level-security):"
            }
            Self::Checks => "CHECK constraints, which the schema does not show (https://pris.ly/d/check-constraints):",
            Self::Exclusions => {
                "Exclusion constraints, which the schema does not show (https://pris.ly/d/exclusion-constraints):"
            }
            Self::Deferrable => {
                "Deferrable constraints; this gets lost when they are made anew (https://pris.ly/d/constraint-deferring):"
            }
            Self::Comments => {
                "Comments in the database, which the schema does not show (https://pris.ly/d/database-comments):"
            }
            Self::ExpressionIndexes => {
                "Indexes on expressions, which the schema does not show (https://pris.ly/d/expression-indexes):"
            }
            Self::UnknownMethods => "Indexes left out, because the schema language does not know their access method:",
            Self::IndexesLeftOut => {
                "Indexes left out, because the schema language has no words for them. Pushes and migrations leave them alone:"
            }
            Self::PartialIndexes => {
                "Partial indexes left out, because the preview feature `partialIndexes` is not there: it takes a generator, and a datasource without URL. Pushes and migrations leave the indexes alone:"
            }
            Self::ColumnDetails => {
                "Columns with details that the schema does not show and that get lost when they are made anew:"
            }
            Self::IndexDetails => {
                "Indexes with details that the schema does not show and that get lost when they are made anew:"
            }
            Self::GeneratedColumns => {
                "Generated columns, shown as defaults. A database made from this schema does not have them:"
            }
            Self::ForeignKeysLeftOut => {
                "Foreign keys left out, because they refer to something that is not in the schema, or repeat another one. Pushes and migrations drop only what repeats another one and does something else:"
            }
            Self::ForeignKeyDetails => {
                "Foreign keys with details that the schema does not show and that get lost when they are made anew:"
            }
            Self::Gone => "Removed from the schema, because the database does not have them:",
        }
    }
}

impl Warnings {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The items of each category that has any.
    pub fn iter(&self) -> impl Iterator<Item = (Warning, &[String])> {
        self.list.iter().map(|(warning, items)| (*warning, items.as_slice()))
    }

    pub(super) fn add(&mut self, warning: Warning, item: String) {
        self.list.entry(warning).or_default().push(item);
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        f.write_str("*** WARNING ***\n")?;
        for (warning, items) in self.iter() {
            writeln!(f, "\n{}", warning.heading())?;
            for item in items {
                writeln!(f, "  - {item}")?;
            }
        }
        Ok(())
    }
}
