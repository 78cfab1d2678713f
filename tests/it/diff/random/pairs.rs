//! Pairs of random schemas, each on an empty database.

use evt::db::Connection;
use evt::dbschema::DbSchema;
use proptest::prelude::any;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::step::{Tally, step};
use super::{Choices, Project, draw, neighbour};
use crate::diff::catalog;
use crate::diff::proof::{WAYS, Way, apply, empty, judges, namespaces, put_aside, reset, throw_away};

/// How often a failure is tried to be made smaller.
const ATTEMPTS: usize = 150;

/// Tries the pairs of these numbers, each of which follows from its number and the seed alone. The first that fails is
/// made as small as possible and told.
pub(crate) async fn try_pairs(
    db: &mut Connection,
    url: &str,
    numbers: std::ops::Range<u64>,
    seed: u64,
) -> Result<Tally, String> {
    let strategy = proptest::collection::vec(any::<u32>(), 20..400);
    let mut tally = Tally::default();
    for number in numbers {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
        let mut tree = strategy.new_tree(&mut runner).map_err(|reason| reason.to_string())?;
        let Err(mut failure) = Box::pin(try_pair(db, url, tree.current(), &mut tally)).await else { continue };
        let mut smaller = tree.simplify();
        for _ in 0..ATTEMPTS {
            if !smaller {
                break;
            }
            smaller = match Box::pin(try_pair(db, url, tree.current(), &mut Tally::default())).await {
                Err(message) => {
                    failure = message;
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        return Err(format!("pair {number} of seed {seed}: {failure}"));
    }
    Ok(tally)
}

async fn try_pair(db: &mut Connection, url: &str, numbers: Vec<u32>, tally: &mut Tally) -> Result<(), String> {
    let mut choices = Choices::listed(numbers);
    let Some((from, from_side)) = draw(&mut choices) else { return Ok(()) };
    let Some((to, to_side)) = neighbour(&from, &mut choices) else { return Ok(()) };
    let outcome = prove(db, url, [&from_side, &to_side], tally).await;
    let labels = WAYS.map(|way| format!("{way:?}"));
    throw_away(db, &namespaces(&[&from_side, &to_side]), &labels.each_ref().map(String::as_str)).await?;
    outcome.map_err(|message| failure(&from, &to, &message))
}

pub(super) fn failure(from: &Project, to: &Project, message: &str) -> String {
    format!("{message}\n-- from.prisma --\n{}-- to.prisma --\n{}", from.text(), to.text())
}

async fn prove(db: &mut Connection, url: &str, sides: [&DbSchema; 2], tally: &mut Tally) -> Result<(), String> {
    let [from, to] = sides;
    for way in WAYS {
        reset(db, &sides).await?;
        if way == Way::Directly {
            apply(db, &empty(), to).await?;
        } else {
            apply(db, &empty(), from).await.map_err(|error| format!("making the source: {error}"))?;
            step(db, sides, way == Way::Schemas, tally).await.map_err(|error| format!("{way:?}: {error}"))?;
        }
        put_aside(db, &namespaces(&sides), &format!("{way:?}")).await?;
    }
    for (judge, objects) in judges(db, url).await? {
        let objects = catalog::loosely(objects, to);
        for way in [Way::Schemas, Way::Database] {
            let labels = [way, Way::Directly].map(|way| format!("{way:?}"));
            if let Some(text) = catalog::compare(&objects, labels.each_ref().map(String::as_str)) {
                return Err(format!("{way:?}: {judge} sees another database than one made directly:{text}"));
            }
        }
    }
    Ok(())
}
