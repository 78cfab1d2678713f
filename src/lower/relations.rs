//! Relations → foreign keys and join tables.

use std::collections::{HashMap, HashSet};

use super::{Scope, is_table};
use crate::dbschema::{
    Column, ColumnArity, ForeignKey, ForeignKeyAction, ForeignKeyFacts, Index, IndexColumn, IndexFacts, IndexMethod,
    PrimaryKey, QualifiedName, Table, TableFacts, names,
};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{
    FieldId, FieldKind, Model, ModelId, ReferentialAction, RelationField, RelationKind, RelationMode,
};

impl Scope<'_> {
    fn has_foreign_keys(self) -> bool {
        match self.schema.datasource.as_ref().map_or(RelationMode::ForeignKeys, |d| d.relation_mode) {
            RelationMode::ForeignKeys => true,
            RelationMode::Prisma => false,
        }
    }

    pub(super) fn foreign_keys(self, model: &Model, table: &str) -> Vec<ForeignKey> {
        if !self.has_foreign_keys() {
            return Vec::new();
        }
        model
            .relation_fields()
            .filter(|(_, _, relation)| !relation.fields.is_empty() && is_table(self.schema.model(relation.target)))
            .map(|(_, _, relation)| self.foreign_key(model, table, relation))
            .collect()
    }

    fn foreign_key(self, model: &Model, table: &str, relation: &RelationField) -> ForeignKey {
        let target = self.schema.model(relation.target);
        let columns = column_names(model, &relation.fields);
        let any_required = relation.fields.iter().any(|f| !matches!(model.field(*f).arity, FieldArity::Optional));
        let default_on_delete = if any_required { ForeignKeyAction::Restrict } else { ForeignKeyAction::SetNull };
        ForeignKey {
            name: relation
                .mapped_name
                .clone()
                .unwrap_or_else(|| names::foreign_key(table, columns.iter().map(String::as_str))),
            columns,
            referenced_table: self.table_name(target),
            referenced_columns: column_names(target, &relation.references),
            on_delete: relation.on_delete.map_or(default_on_delete, action),
            on_update: relation.on_update.map_or(ForeignKeyAction::Cascade, action),
            facts: ForeignKeyFacts::default(),
        }
    }

    /// The join tables of implicit many-to-many relations, in the order of the fields on their `A` sides.
    pub(super) fn join_tables(self) -> Vec<Table> {
        let mut relations: Vec<_> =
            self.schema.relations.iter().filter(|r| matches!(r.kind, RelationKind::ManyToMany)).collect();
        relations.sort_by_key(|relation| relation.forward);
        let mut taken: HashMap<&str, HashSet<String>> = HashMap::new();
        relations
            .into_iter()
            .map(|relation| {
                let namespace = self.schema.model(relation.forward.0).namespace.as_deref();
                let namespace = namespace.unwrap_or(self.default_namespace);
                self.join_table(
                    namespace,
                    &relation.name,
                    [relation.forward.0, relation.back.0],
                    taken.entry(namespace).or_default(),
                )
            })
            .collect()
    }

    fn join_table(self, namespace: &str, relation: &str, sides: [ModelId; 2], taken: &mut HashSet<String>) -> Table {
        let names = names::join_table(relation);
        let [a, b] = sides.map(|model| self.schema.model(model));
        let key = |target: &Model, column: &str, name: String| ForeignKey {
            name,
            columns: vec![column.to_owned()],
            referenced_table: self.table_name(target),
            referenced_columns: target.primary_key.as_ref().map_or_else(Vec::new, |k| column_names(target, &k.fields)),
            on_delete: ForeignKeyAction::Cascade,
            on_update: ForeignKeyAction::Cascade,
            facts: ForeignKeyFacts::default(),
        };
        let foreign_keys = if self.has_foreign_keys() {
            vec![key(a, "A", names.foreign_key_a), key(b, "B", names.foreign_key_b)]
        } else {
            Vec::new()
        };
        let column =
            |name: &str| IndexColumn { name: name.to_owned(), order: None, operator_class: None, unusual_nulls: false };
        Table {
            name: QualifiedName::new(namespace, names.table),
            columns: [(a, "A"), (b, "B")].into_iter().filter_map(|(m, name)| self.join_column(m, name)).collect(),
            primary_key: Some(PrimaryKey {
                // Names of relations that differ only behind the cut would meet here; PostgreSQL has one name space
                // for the indexes of all tables.
                name: names::distinct(&names.primary_key, taken),
                columns: vec!["A".to_owned(), "B".to_owned()],
                deferrable: false,
            }),
            indexes: vec![Index {
                name: names::distinct(&names.index, taken),
                unique: false,
                method: IndexMethod::BTree,
                columns: vec![column("B")],
                predicate: None,
                facts: IndexFacts::default(),
            }],
            foreign_keys,
            facts: TableFacts::default(),
        }
    }

    /// A column like the id of the model it leads to.
    fn join_column(self, target: &Model, name: &str) -> Option<Column> {
        let id = target.primary_key.as_ref()?.fields.first()?;
        let FieldKind::Scalar(scalar) = &target.field(*id).kind else { return None };
        Some(Column {
            name: name.to_owned(),
            ty: self.column_type(scalar),
            arity: ColumnArity::Required,
            default: None,
            autoincrement: false,
            identity: None,
            generated: false,
            required_by_domain: false,
            client_default: false,
            details: Vec::new(),
            comment: None,
        })
    }
}

fn column_names(model: &Model, fields: &[FieldId]) -> Vec<String> {
    fields.iter().map(|field| model.column_name(*field).to_owned()).collect()
}

fn action(action: ReferentialAction) -> ForeignKeyAction {
    match action {
        ReferentialAction::Cascade => ForeignKeyAction::Cascade,
        ReferentialAction::Restrict => ForeignKeyAction::Restrict,
        ReferentialAction::NoAction => ForeignKeyAction::NoAction,
        ReferentialAction::SetNull => ForeignKeyAction::SetNull,
        ReferentialAction::SetDefault => ForeignKeyAction::SetDefault,
    }
}

#[cfg(test)]
mod tests {
    use crate::dbschema::names::MAX_IDENTIFIER_BYTES;
    use crate::psl::{FileId, Source, parse, validate};

    /// Two relations whose names differ only behind the cut, and of characters of two bytes.
    #[test]
    fn long_names_of_join_tables_stay_apart() {
        let (one, two) = (format!("{}1", "ä".repeat(29)), format!("{}2", "ä".repeat(29)));
        let text = format!(
            "datasource db {{\n  provider = \"postgresql\"\n}}\n\
             model P {{\n  id Int @id\n  a T[] @relation(\"{one}\")\n  b T[] @relation(\"{two}\")\n}}\n\
             model T {{\n  id Int @id\n  a P[] @relation(\"{one}\")\n  b P[] @relation(\"{two}\")\n}}\n"
        );
        let (ast, _) = parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text });
        let (schema, diagnostics) = validate(&[ast]);
        let database = crate::lower::lower(&schema.unwrap_or_else(|| panic!("{diagnostics:?}")), "public");
        let mut names: Vec<&str> = Vec::new();
        for table in database.tables.iter().filter(|table| table.name.name.starts_with('_')) {
            names.extend(table.primary_key.iter().map(|key| key.name.as_str()));
            names.extend(table.indexes.iter().map(|index| index.name.as_str()));
        }
        assert_eq!(names.len(), 4);
        for name in &names {
            assert!(name.len() <= MAX_IDENTIFIER_BYTES, "{name}");
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
