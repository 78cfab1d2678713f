//! Random schemas, and random steps from one to the next.
//!
//! A schema is drawn as a small model (`project`), changed by edits (`edits`) and printed as a schema file, so that
//! what is tried are texts that a person could have written. All randomness comes from one list of numbers: the same
//! list makes the same schemas, a shorter one or one with smaller numbers makes simpler ones, which is how failures
//! are made small.

pub(crate) mod edits;
pub(crate) mod project;
pub(crate) mod types;

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

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
