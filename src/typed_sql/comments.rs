//! What comments of a query say about it and its parameters:
//!
//! ```sql
//! -- @description Users of an age
//! -- @param {Int} $1:age the least age
//! -- @param {String?} $2 a part of the name
//! ```

use super::QueryProblem;
use super::types::SCALARS;

/// What comments say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Remarks {
    /// The text of `@description`.
    pub(super) description: Option<String>,
    parameters: Vec<Remark>,
}

/// What a `@param` says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    position: Option<usize>,
    pub(super) alias: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) nullable: bool,
    pub(super) documentation: Option<String>,
}

/// Why a `@param` is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentProblem {
    /// `{` without `}`.
    #[error("the type in `{{` has no `}}` behind it")]
    Unclosed,
    /// A type that there is not.
    #[error("there is no type `{written}`; there are {}", known.join(", "))]
    Type {
        /// What is written.
        written: String,
        /// What could be.
        known: Vec<String>,
    },
    /// Something else than a number behind `$`.
    #[error("`${written}` is no parameter: a number has to follow `$`")]
    Position {
        /// What is written.
        written: String,
    },
    /// Neither `$1` nor `:name`.
    #[error("`@param` does not say which parameter it is about: write it as `@param {{Int}} $1:name`")]
    Nameless,
    /// Two for the same parameter, or with the same alias.
    #[error("`{written}` is described twice")]
    Twice {
        /// The parameter.
        written: String,
    },
}

impl Remarks {
    /// Reads the comments of a query. `enums` may be used as types.
    ///
    /// # Errors
    /// The first comment that is not understood.
    pub(super) fn read(source: &str, enums: &[String]) -> Result<Self, QueryProblem> {
        let mut remarks = Self::default();
        for (number, line) in source.lines().enumerate() {
            let Some(comment) = line.trim().strip_prefix("--").map(str::trim) else { continue };
            if let Some(text) = tag(comment, "@description") {
                remarks.description = filled(text);
            } else if let Some(text) = tag(comment, "@param") {
                let problem = |problem| QueryProblem::Comment { line: number + 1, problem };
                let remark = Remark::read(text, enums).map_err(problem)?;
                remarks.add(remark).map_err(problem)?;
            }
        }
        Ok(remarks)
    }

    fn add(&mut self, remark: Remark) -> Result<(), CommentProblem> {
        for other in &self.parameters {
            if remark.position.is_some() && remark.position == other.position {
                return Err(CommentProblem::Twice { written: format!("${}", remark.position.unwrap_or_default()) });
            }
            if let Some(alias) = remark.alias.as_ref().filter(|alias| other.alias.as_ref() == Some(alias)) {
                return Err(CommentProblem::Twice { written: alias.clone() });
            }
        }
        self.parameters.push(remark);
        Ok(())
    }

    /// What is said of a parameter, counted from 1.
    pub(super) fn of(&self, position: usize) -> Option<&Remark> {
        self.parameters.iter().find(|remark| remark.position == Some(position))
    }
}

/// What follows a tag, if the comment begins with it.
fn tag<'a>(comment: &'a str, name: &str) -> Option<&'a str> {
    let rest = comment.strip_prefix(name)?;
    (!rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(rest)
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Remark {
    /// `{Type?} $1:alias? text`, of which everything may be missing but one of `$1` and `:alias`.
    fn read(text: &str, enums: &[String]) -> Result<Self, CommentProblem> {
        let mut remark = Self::default();
        let mut rest = text.trim_start();
        if let Some(behind) = rest.strip_prefix('{') {
            let (written, behind) = behind.split_once('}').ok_or(CommentProblem::Unclosed)?;
            let (name, optional) = optional(written.trim());
            // `{?}` leaves the type to the server.
            if !(name.is_empty() && optional) {
                remark.typ = Some(kind(name, enums)?);
            }
            remark.nullable = optional;
            rest = behind.trim_start();
        }
        if let Some(behind) = rest.strip_prefix('$') {
            let (written, behind) = behind.split_at(behind.find([':', ' ', '\t']).unwrap_or(behind.len()));
            let number = written.parse().map_err(|_| CommentProblem::Position { written: written.to_owned() })?;
            remark.position = Some(number);
            rest = behind.trim_start();
        }
        if let Some(behind) = rest.strip_prefix(':') {
            let (written, behind) = behind.split_at(behind.find([' ', '\t']).unwrap_or(behind.len()));
            let (alias, optional) = optional(written);
            remark.alias = filled(alias);
            remark.nullable |= optional;
            rest = behind;
        }
        if remark.position.is_none() && remark.alias.is_none() {
            return Err(CommentProblem::Nameless);
        }
        remark.documentation = filled(rest);
        Ok(remark)
    }
}

/// Takes a `?` away from the end, and says whether there was one.
fn optional(written: &str) -> (&str, bool) {
    written.strip_suffix('?').map_or((written, false), |name| (name, true))
}

fn kind(name: &str, enums: &[String]) -> Result<String, CommentProblem> {
    if let Some((_, kind)) = SCALARS.iter().find(|(scalar, _)| *scalar == name) {
        return Ok((*kind).to_owned());
    }
    if enums.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    let known = SCALARS.iter().map(|(scalar, _)| (*scalar).to_owned()).chain(enums.iter().cloned());
    Err(CommentProblem::Type { written: name.to_owned(), known: known.collect() })
}
