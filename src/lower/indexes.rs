//! `@unique`, `@@unique`, `@@index` → indexes.

use std::fmt::Write as _;

use super::Scope;
use crate::dbschema::{
    ColumnType, Index, IndexColumn, IndexFacts, IndexMethod, OperatorClass, SortOrder, names, operator_classes,
};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{self as psl, FieldId, FieldKind, Model, Predicate, PredicateValue};
use crate::sql::quote::{Ident, Literal};

impl Scope<'_> {
    pub(super) fn indexes(self, model: &Model, table: &str) -> Vec<Index> {
        model.indexes.iter().map(|index| self.index(model, table, index)).collect()
    }

    fn index(self, model: &Model, table: &str, index: &psl::Index) -> Index {
        let method = method(index.method);
        let columns: Vec<IndexColumn> = index
            .fields
            .iter()
            .map(|field| IndexColumn {
                name: model.column_name(field.field).to_owned(),
                order: field.sort.map(|sort| match sort {
                    psl::SortOrder::Asc => SortOrder::Asc,
                    psl::SortOrder::Desc => SortOrder::Desc,
                }),
                operator_class: field
                    .operator_class
                    .as_ref()
                    .map(|class| self.class(model, field.field, &method, class)),
                unusual_nulls: false,
            })
            .collect();
        let default_name = || {
            let columns = columns.iter().map(|c| c.name.as_str());
            if index.unique { names::unique(table, columns) } else { names::index(table, columns) }
        };
        Index {
            name: index.mapped_name.clone().unwrap_or_else(default_name),
            unique: index.unique,
            predicate: index.predicate.as_ref().map(|p| predicate(model, p)),
            facts: IndexFacts::default(),
            method,
            columns,
        }
    }

    fn class(self, model: &Model, field: FieldId, method: &IndexMethod, class: &psl::OperatorClass) -> OperatorClass {
        let name = match class {
            psl::OperatorClass::Known(constant) => class_name(constant),
            psl::OperatorClass::Raw(name) => name.clone(),
        };
        let field = model.field(field);
        let is_default = match &field.kind {
            FieldKind::Scalar(scalar) => {
                let is_list = matches!(field.arity, FieldArity::List);
                let ty: ColumnType = self.column_type(scalar);
                operator_classes::default_class(method, &ty, is_list).is_some_and(|default| default == name)
            }
            FieldKind::Relation(_) => false,
        };
        OperatorClass { name, is_default }
    }
}

fn method(method: Option<psl::IndexMethod>) -> IndexMethod {
    match method {
        None | Some(psl::IndexMethod::BTree) => IndexMethod::BTree,
        Some(psl::IndexMethod::Hash) => IndexMethod::Hash,
        Some(psl::IndexMethod::Gist) => IndexMethod::Gist,
        Some(psl::IndexMethod::Gin) => IndexMethod::Gin,
        Some(psl::IndexMethod::SpGist) => IndexMethod::SpGist,
        Some(psl::IndexMethod::Brin) => IndexMethod::Brin,
    }
}

/// The catalog's name of an operator class: `TimestampTzMinMaxMultiOps` is `timestamptz_minmax_multi_ops`.
pub(crate) fn class_name(constant: &str) -> String {
    let constant = constant.replace("MinMax", "Minmax").replace("Tz", "tz").replace("VarBit", "Varbit");
    let mut name = String::with_capacity(constant.len() + 4);
    for c in constant.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// The SQL text of `where`, without outer parentheses.
fn predicate(model: &Model, predicate: &Predicate) -> String {
    let terms = match predicate {
        Predicate::Raw(sql) => return sql.clone(),
        Predicate::Fields(terms) => terms,
    };
    let mut sql = String::new();
    for (position, term) in terms.iter().enumerate() {
        if position > 0 {
            sql.push_str(" AND ");
        }
        let column = Ident(model.column_name(term.field));
        let operator = if term.negated { "!=" } else { "=" };
        // Writing to a string cannot fail.
        let _ = match &term.value {
            PredicateValue::Null if term.negated => write!(sql, "{column} IS NOT NULL"),
            PredicateValue::Null => write!(sql, "{column} IS NULL"),
            PredicateValue::String(text) => write!(sql, "{column} {operator} {}", Literal(text)),
            PredicateValue::Number(digits) => write!(sql, "{column} {operator} {digits}"),
            PredicateValue::Boolean(value) => write!(sql, "{column} {operator} {value}"),
        };
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_class_names() {
        for (constant, name) in [
            ("InetOps", "inet_ops"),
            ("JsonbPathOps", "jsonb_path_ops"),
            ("Int4MinMaxMultiOps", "int4_minmax_multi_ops"),
            ("TimestampTzBloomOps", "timestamptz_bloom_ops"),
            ("TimeTzMinMaxOps", "timetz_minmax_ops"),
            ("VarBitMinMaxOps", "varbit_minmax_ops"),
            ("BpcharMinMaxOps", "bpchar_minmax_ops"),
            ("InetInclusionOps", "inet_inclusion_ops"),
        ] {
            assert_eq!(class_name(constant), name);
        }
    }
}
