//! Queries of files, described so that code can be typed by them: what Prisma calls typed SQL.
//!
//! [`describe`] asks the server about queries and reads their comments, [`files`] reads a folder of them.

mod comments;
pub mod files;
mod plan;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::Column;

use crate::db::{Connection, DbError};
use crate::sql::quote::{Ident, Statement};

pub use comments::CommentProblem;
use comments::Remarks;

/// A query with what goes into it and what comes out. As JSON it is what generators of clients are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypedQuery {
    /// What the function is to be called.
    pub name: String,
    /// The text, as it was given.
    pub source: String,
    /// Its `@description`.
    pub documentation: Option<String>,
    /// What `$1`, `$2`, … stand for, in this order.
    pub parameters: Vec<Parameter>,
    /// What a row holds, in this order.
    pub result_columns: Vec<ResultColumn>,
}

/// A parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its alias, else the name of its type.
    pub name: String,
    /// The kind of value, or the name of an enum.
    pub typ: String,
    /// What its `@param` says about it.
    pub documentation: Option<String>,
    /// Whether it may be null, which only `@param` can say.
    pub nullable: bool,
}

/// A column of the rows of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// The kind of value, or the name of an enum.
    pub typ: String,
    /// Whether a row may hold null.
    pub nullable: bool,
}

/// Why a query cannot be described.
#[derive(Debug, thiserror::Error)]
pub enum QueryProblem {
    /// A comment is not what it has to be.
    #[error("line {line}: {problem}")]
    Comment {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: CommentProblem,
    },
    /// PostgreSQL has no name for a column, so code has none either.
    #[error("column {position} of its rows has no name")]
    Unnamed {
        /// The column, from 1.
        position: usize,
    },
    /// The server refuses the query, or to say something about it.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The name that PostgreSQL gives to a column that has none.
const UNNAMED: &str = "?column?";

/// Describes queries, each a name and its text, without running them. One that is wrong does not stop the others.
///
/// # Errors
/// Of a query what [`QueryProblem`] lists; the server reports mistakes in it with their position. Of all only the
/// server, if it cannot be asked.
pub async fn describe<'a>(
    db: &mut Connection,
    queries: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Result<TypedQuery, QueryProblem>>, DbError> {
    let enums = types::enums(db).await?;
    let mut described = Vec::new();
    for (name, source) in queries {
        described.push(one(db, &enums, name, source).await);
    }
    Ok(described)
}

async fn one(db: &mut Connection, enums: &[String], name: &str, source: &str) -> Result<TypedQuery, QueryProblem> {
    let remarks = Remarks::read(source, enums)?;
    let prepared = db.client().prepare(source).await.map_err(|error| DbError::of_statement(&error))?;
    if let Some(position) = prepared.columns().iter().position(|column| column.name() == UNNAMED) {
        return Err(QueryProblem::Unnamed { position: position + 1 });
    }
    let mut taken = BTreeSet::new();
    let parameters = prepared.params().iter().enumerate().map(|(position, ty)| {
        let remark = remarks.of(position + 1);
        Parameter {
            name: remark.and_then(|remark| remark.alias.clone()).unwrap_or_else(|| unique(ty.name(), &mut taken)),
            typ: remark.and_then(|remark| remark.typ.clone()).unwrap_or_else(|| types::of_parameter(ty).to_owned()),
            documentation: remark.and_then(|remark| remark.documentation.clone()),
            nullable: remark.is_some_and(|remark| remark.nullable),
        }
    });
    let parameters: Vec<_> = parameters.collect();
    let nulls = nullability(db, source, parameters.len(), prepared.columns()).await?;
    let columns = prepared.columns().iter().zip(nulls).map(|(column, nullable)| ResultColumn {
        name: column.name().to_owned(),
        typ: types::of_column(column.type_()).to_owned(),
        nullable,
    });
    Ok(TypedQuery {
        name: name.to_owned(),
        source: source.to_owned(),
        documentation: remarks.description.clone(),
        result_columns: columns.collect(),
        parameters,
    })
}

/// The name, with a number behind it from the second time on: two parameters of a function need two names.
fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| taken.insert(name.clone()));
    free.unwrap_or_default()
}

/// Which columns of the rows can be null: those that come straight from a column that is NOT NULL cannot, unless a join
/// or a grouping puts nulls in.
async fn nullability(
    db: &mut Connection,
    source: &str,
    parameters: usize,
    columns: &[Column],
) -> Result<Vec<bool>, DbError> {
    let origins: Vec<_> = columns.iter().map(|column| column.table_oid().zip(column.column_id())).collect();
    let required = required(db, origins.iter().flatten().copied().collect()).await?;
    let mut nulls: Vec<bool> =
        origins.iter().map(|origin| origin.is_none_or(|place| !required.contains(&place))).collect();
    if nulls.iter().all(|nullable| *nullable) {
        return Ok(nulls);
    }
    match explain(db, source, parameters).await? {
        Some(explained) => plan::mark(&explained, &mut nulls),
        None => nulls.fill(true),
    }
    Ok(nulls)
}

/// Which of these columns of tables are NOT NULL.
async fn required(db: &mut Connection, places: Vec<(u32, i16)>) -> Result<BTreeSet<(u32, i16)>, DbError> {
    let mut by_table: BTreeMap<u32, BTreeSet<i16>> = BTreeMap::new();
    for (table, column) in places {
        by_table.entry(table).or_default().insert(column);
    }
    if by_table.is_empty() {
        return Ok(BTreeSet::new());
    }
    let one = |(table, columns): (&u32, &BTreeSet<i16>)| {
        let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
        format!("attrelid = {table} AND attnum IN ({})", columns.join(", "))
    };
    let conditions: Vec<_> = by_table.iter().map(one).collect();
    let question = Statement::built(format!(
        "SELECT attrelid, attnum FROM pg_catalog.pg_attribute WHERE attnotnull AND ({})",
        conditions.join(" OR ")
    ));
    let rows = db.rows(&question).await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.get("attrelid")?.parse().ok()?, row.get("attnum")?.parse().ok()?)))
        .collect())
}

/// The plan of a query whatever its parameters are; nothing if it has none, or may not be seen.
async fn explain(db: &mut Connection, source: &str, parameters: usize) -> Result<Option<serde_json::Value>, DbError> {
    const NAME: &str = "evt_described";
    let values = vec!["NULL"; parameters].join(", ");
    let values = if parameters > 0 { format!("({values})") } else { values };
    // In one transaction, because a pooler may give the next one to another server connection.
    let steps = [
        "BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE {} AS\n{source}", Ident(NAME)),
    ];
    for (step, sql) in steps.into_iter().enumerate() {
        if let Err(error) = db.script(&Statement::built(sql)).await {
            db.script(&Statement::built("ROLLBACK".to_owned())).await?;
            // Only queries can be prepared, and others have no plan.
            return if step == 0 { Err(error) } else { Ok(None) };
        }
    }
    let question = format!("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE {}{values}", Ident(NAME));
    let plan = db.plan(&Statement::built(question)).await;
    db.script(&Statement::built(format!("ROLLBACK; DEALLOCATE {}", Ident(NAME)))).await?;
    match plan {
        // Whoever may not read a table, or whose constants cannot be computed, gets no plan, and everything may be null.
        Err(DbError::Server(_)) => Ok(None),
        plan => plan.map(Some),
    }
}
