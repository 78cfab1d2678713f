//! Many changes one after the other, on one database with rows.

use evt::db::Connection;
use evt::dbschema::DbSchema;

use super::pairs::failure;
use super::step::{Tally, step};
use super::{Choices, draw, neighbour};
use crate::diff::catalog;
use crate::diff::proof::{apply, bring_back, empty, judges, namespaces, put_aside, reset, throw_away};

/// Takes `steps` steps from a random schema to the next, and compares the database with one that is made directly
/// after every `interval` of them.
pub(crate) async fn walk(
    db: &mut Connection,
    url: &str,
    seed: u64,
    steps: usize,
    interval: usize,
) -> Result<Tally, String> {
    let mut choices = Choices::Seeded(seed);
    let mut tally = Tally::default();
    let (mut project, mut schema) = draw(&mut choices).ok_or("no valid schema")?;
    reset(db, &[&schema]).await?;
    apply(db, &empty(), &schema).await?;
    for nth in 1..=steps {
        let Some((next, next_schema)) = neighbour(&project, &mut choices) else { continue };
        let told = |message: String| failure(&project, &next, &format!("step {nth} of seed {seed}: {message}"));
        step(db, [&schema, &next_schema], false, &mut tally).await.map_err(told)?;
        if nth % interval == 0 || nth == steps {
            compare(db, url, &next_schema).await.map_err(told)?;
        }
        (project, schema) = (next, next_schema);
    }
    Ok(tally)
}

/// Compares the database with one that is made directly in its place meanwhile.
async fn compare(db: &mut Connection, url: &str, schema: &DbSchema) -> Result<(), String> {
    let all: Vec<String> = super::project::NAMESPACES.map(str::to_owned).into();
    put_aside(db, &all, "walked").await?;
    apply(db, &empty(), schema).await?;
    put_aside(db, &namespaces(&[schema]), "direct").await?;
    let mut judges = judges(db, url).await?;
    for (_, objects) in judges.iter_mut().filter(|_| !schema.manages_predicates) {
        drop_unmanaged(objects);
    }
    throw_away(db, &all, &["direct"]).await?;
    bring_back(db, &all, "walked").await?;
    for (judge, objects) in judges {
        let objects = catalog::loosely(objects, schema);
        if let Some(text) = catalog::compare(&objects, ["walked", "direct"]) {
            return Err(format!("{judge} sees another database than one made directly:{text}"));
        }
    }
    Ok(())
}

/// Leaves out partial indexes of the walked database that nothing in the schema is like: where conditions are not
/// managed they stay.
fn drop_unmanaged(objects: &mut catalog::Objects) {
    let direct = objects.get("direct").cloned().unwrap_or_default();
    let Some(walked) = objects.get_mut("walked") else { return };
    walked.retain(|line| {
        line.find(" WHERE ").is_none_or(|end| direct.iter().any(|index| index.trim_end_matches(';') == &line[..end]))
    });
}
