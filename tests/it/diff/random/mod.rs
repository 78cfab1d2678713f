//! Random schemas, and random steps from one to the next.
//!
//! A schema is drawn as a small model (`project`), changed by edits (`edits`) and printed as a schema file, so that
//! what is tried are texts that a person could have written. All randomness comes from one list of numbers: the same
//! list makes the same schemas, a shorter one or one with smaller numbers makes simpler ones, which is how failures
//! are made small.

mod data;
mod edits;
pub(crate) mod pairs;
mod project;
mod step;
mod types;
pub(crate) mod walk;

use project::Project;

use evt::dbschema::DbSchema;
use evt::psl::{self, FileId, Source};

/// Where decisions come from.
pub(crate) enum Choices {
    /// These numbers, then always zero, which is the simplest choice.
    Listed { numbers: Vec<u32>, next: usize },
    /// Endless numbers from a seed.
    Seeded(u64),
}

impl Choices {
    pub(crate) fn listed(numbers: Vec<u32>) -> Self {
        Self::Listed { numbers, next: 0 }
    }

    /// A number below `limit`; 0 if there is none.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let number = match self {
            Self::Listed { numbers, next } => {
                let number = numbers.get(*next).copied().unwrap_or(0);
                *next += 1;
                u64::from(number)
            }
            // SplitMix64 (Steele, Lea and Flood, 2014).
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                (z ^ (z >> 31)) >> 32
            }
        };
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(number % limit).unwrap_or(0)
    }

    /// True once in `times`; the simplest answer is no.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// A valid schema.
pub(crate) fn draw(choices: &mut Choices) -> Option<(Project, DbSchema)> {
    (0..50).find_map(|_| valid(Project::draw(choices)))
}

/// A valid schema that a few edits lead to.
pub(crate) fn neighbour(project: &Project, choices: &mut Choices) -> Option<(Project, DbSchema)> {
    (0..50).find_map(|_| {
        let mut next = project.clone();
        for _ in 0..=choices.below(5) {
            next.edit(choices);
        }
        valid(next)
    })
}

fn valid(project: Project) -> Option<(Project, DbSchema)> {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: project.text() };
    let (ast, diagnostics) = psl::parse(source);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}\n{}", project.text());
    let (schema, _) = psl::validate(&[ast]);
    schema.map(|schema| (project, evt::lower::lower(&schema, "public")))
}
