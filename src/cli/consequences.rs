//! What steps do to data, as `migrate dev` and `db push` tell it and ask about it.

use crate::cli::{confirm, may_ask};
use crate::config::Context;
use crate::error::Error;
use crate::output::{Output, bullet};
use crate::safety::{Consequence, Consequences};

/// What a command says when steps cannot be executed.
pub(super) enum Impossible {
    /// It stops, with this way out.
    Stop(&'static str),
    /// It tells, and goes on: nothing is executed yet.
    Tell,
}

/// What a command does about warnings.
pub(super) struct Warned {
    /// Go on without asking.
    pub(super) accepted: bool,
    /// The question.
    pub(super) question: &'static str,
    /// The command, for the message without a terminal.
    pub(super) command: &'static str,
    /// The way out without a terminal.
    pub(super) unasked: &'static str,
}

/// Shows what the steps do to the data in the database, the impossible first; then asks whether to go on, unless that
/// is settled. Ends with [`Error::Cancelled`] if the answer is no.
pub(super) fn settle(
    consequences: &Consequences,
    impossible: &Impossible,
    warned: &Warned,
    context: &Context,
    out: &mut Output,
) -> Result<(), Error> {
    let Consequences { warnings, unexecutable } = consequences;
    if !unexecutable.is_empty() {
        let text = format!(
            "{} cannot be executed on what is in the database:\n\n{}",
            if unexecutable.len() == 1 { "this step" } else { "these steps" },
            bullets(unexecutable, out)
        );
        match impossible {
            // What would be lost besides is told too, so that nobody has to find out step by step.
            Impossible::Stop(hint) => {
                tell(warnings, out);
                return Err(Error::refused(text, *hint));
            }
            Impossible::Tell => out.warning(format!("{text}\n")),
        }
    }
    if warnings.is_empty() {
        return Ok(());
    }
    tell(warnings, out);
    if warned.accepted {
        return Ok(());
    }
    if !may_ask(context).can_prompt {
        return Err(Error::refused(
            format!("`{}` wants an answer to this, and there is no terminal to ask in", warned.command),
            warned.unasked,
        ));
    }
    if confirm(warned.question)? { Ok(()) } else { Err(Error::Cancelled) }
}

fn tell(warnings: &[Consequence], out: &mut Output) {
    if !warnings.is_empty() {
        out.warning(format!("there is data that would be lost or in the way:\n\n{}\n", bullets(warnings, out)));
    }
}

fn bullets(consequences: &[Consequence], out: &Output) -> String {
    consequences.iter().map(|one| bullet(&one.message, out.talk_width())).collect::<Vec<_>>().join("\n")
}
