//! Visiting attributes and their arguments: what nobody asks for is reported as unknown.

use rustc_hash::FxHashMap;

use super::suggest::did_you_mean;
use crate::psl::ast::{Argument, Arguments, Attribute, Expr};
use crate::psl::diagnostics::{Diagnostics, Span};

/// The attributes of one block, field or value that were not looked at yet.
pub(super) struct Attributes<'a> {
    pending: Vec<&'a Attribute>,
    known: &'static [&'static str],
}

/// The arguments of one attribute that were not looked at yet.
pub(super) struct Args<'a> {
    /// The attribute they belong to.
    pub(super) attribute: &'a Attribute,
    named: FxHashMap<&'a str, &'a Argument>,
    unnamed: Option<&'a Argument>,
    asked: Vec<&'static str>,
}

impl<'a> Attributes<'a> {
    /// `known` are the names that may be suggested for a misspelt one.
    pub(super) fn new(list: impl IntoIterator<Item = &'a Attribute>, known: &'static [&'static str]) -> Self {
        Self { pending: list.into_iter().collect(), known }
    }

    /// The attribute `name`; `None` if it is absent, repeated or unreadable, which is reported.
    pub(super) fn single(&mut self, name: &'static str, diagnostics: &mut Diagnostics) -> Option<Args<'a>> {
        let first = self.pending.iter().position(|attribute| attribute.name.text == name)?;
        if self.pending.iter().filter(|attribute| attribute.name.text == name).nth(1).is_none() {
            return Args::new(self.pending.remove(first), diagnostics);
        }
        self.pending.retain(|attribute| {
            let repeated = attribute.name.text == name;
            if repeated {
                diagnostics
                    .error(attribute.span, format!("attribute `{name}` is given more than once"))
                    .help("keep one of them");
            }
            !repeated
        });
        None
    }

    /// All readable attributes `name`, in source order.
    pub(super) fn repeated(&mut self, name: &str, diagnostics: &mut Diagnostics) -> Vec<Args<'a>> {
        let (visited, rest) = self.pending.iter().partition::<Vec<_>, _>(|attribute| attribute.name.text == name);
        self.pending = rest;
        visited.into_iter().filter_map(|attribute| Args::new(attribute, diagnostics)).collect()
    }

    /// The attribute of the form `@scope.Name`.
    pub(super) fn scoped(&mut self, diagnostics: &mut Diagnostics) -> Option<&'a Attribute> {
        let mut found = None;
        self.pending.retain(|&attribute| {
            let Some((scope, _)) = attribute.name.text.split_once('.') else { return true };
            if found.is_none() {
                found = Some(attribute);
            } else {
                diagnostics
                    .error(attribute.span, format!("a field takes only one native type `@{scope}.…`"))
                    .help("keep one of them");
            }
            false
        });
        found
    }

    /// Reports every attribute that was not asked for.
    pub(super) fn finish(self, diagnostics: &mut Diagnostics) {
        for attribute in self.pending {
            let name = &attribute.name.text;
            let diagnostic = diagnostics.error(attribute.span, format!("attribute `@{name}` is not known here"));
            if let Some(help) = did_you_mean(name, self.known.iter().copied()) {
                diagnostic.help(help);
            }
        }
    }
}

impl<'a> Args<'a> {
    /// Sorts the arguments by name. `None` if one has no value: the attribute cannot be used then.
    fn new(attribute: &'a Attribute, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut args = Self { attribute, named: FxHashMap::default(), unnamed: None, asked: Vec::new() };
        let Some(arguments) = &attribute.arguments else { return Some(args) };
        let complete = check_punctuation(arguments, &attribute.name.text, diagnostics);
        let mut unnamed = 0;
        for argument in &arguments.list {
            if argument.value.is_none() {
                continue;
            }
            match &argument.name {
                None => {
                    unnamed += 1;
                    args.unnamed = Some(argument);
                }
                Some(name) => {
                    if args.named.insert(&name.text, argument).is_some() {
                        diagnostics
                            .error(argument.span, format!("argument `{}` is already given", name.text))
                            .help("keep one of them");
                    }
                }
            }
        }
        if unnamed > 1 {
            diagnostics
                .error(attribute.span, format!("`@{}` takes only one argument without a name", attribute.name.text))
                .help("a list is written in brackets: `[a, b]`");
        }
        complete.then_some(args)
    }

    /// The span of the whole attribute.
    pub(super) fn span(&self) -> Span {
        self.attribute.span
    }

    /// Takes the argument `name:`.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Argument> {
        self.asked.push(name);
        self.named.remove(name)
    }

    /// Takes the value of the argument `name:`.
    pub(super) fn take_value(&mut self, name: &'static str) -> Option<&'a Expr> {
        self.take(name).and_then(|argument| argument.value.as_ref())
    }

    /// Takes the argument that may also be given without its name; reports it if missing or given both ways.
    pub(super) fn take_default(&mut self, name: &'static str, diagnostics: &mut Diagnostics) -> Option<&'a Expr> {
        let value = self.take_optional_default(name, diagnostics);
        match value {
            Taken::Value(value) => return Some(value),
            Taken::Both => {}
            Taken::Nothing => {
                diagnostics.error(self.span(), format!("`@{}` needs the argument `{name}`", self.attribute.name.text));
            }
        }
        None
    }

    /// Like [`take_default`](Self::take_default), but the argument may be absent.
    pub(super) fn take_optional_default(&mut self, name: &'static str, diagnostics: &mut Diagnostics) -> Taken<'a> {
        match (self.take(name), self.unnamed.take()) {
            (Some(argument), None) | (None, Some(argument)) => {
                argument.value.as_ref().map_or(Taken::Nothing, Taken::Value)
            }
            (Some(argument), Some(_)) => {
                diagnostics
                    .error(argument.span, format!("argument `{name}` is given twice, with and without its name"))
                    .help("keep one of them");
                Taken::Both
            }
            (None, None) => Taken::Nothing,
        }
    }

    /// Reports every argument that was not asked for.
    pub(super) fn finish(self, diagnostics: &mut Diagnostics) {
        let mut rest: Vec<_> = self.named.into_values().chain(self.unnamed).collect();
        rest.sort_unstable_by_key(|argument| argument.span);
        let attribute = &self.attribute.name.text;
        for argument in rest {
            match &argument.name {
                None => {
                    diagnostics.error(argument.span, format!("`@{attribute}` does not take this argument"));
                }
                Some(name) => {
                    let message = format!("`@{attribute}` has no argument `{}`", name.text);
                    let diagnostic = diagnostics.error(argument.span, message);
                    if let Some(help) = did_you_mean(&name.text, self.asked.iter().copied()) {
                        diagnostic.help(help);
                    }
                }
            }
        }
    }
}

/// What was found for an argument that may be given with or without its name.
pub(super) enum Taken<'a> {
    /// Its value.
    Value(&'a Expr),
    /// It was given both ways, which is reported.
    Both,
    /// It is absent.
    Nothing,
}

/// Reports arguments without value and trailing commas, also in calls that are arguments themselves.
/// Returns whether every argument has a value, those in lists aside.
fn check_punctuation(arguments: &Arguments, attribute: &str, diagnostics: &mut Diagnostics) -> bool {
    let mut complete = check_values(arguments, attribute, diagnostics);
    if let Some(comma) = arguments.trailing_comma {
        diagnostics.error(comma, format!("the arguments of `@{attribute}` end with a comma")).help("remove the comma");
    }
    for argument in &arguments.list {
        match &argument.value {
            Some(Expr::Call(call)) => {
                complete &= check_punctuation(&call.arguments, attribute, diagnostics);
            }
            Some(Expr::Array(elements, _)) => check_elements(elements, attribute, diagnostics),
            Some(Expr::Number(..) | Expr::String(..) | Expr::Constant(..) | Expr::Object(..)) | None => {}
        }
    }
    complete
}

/// Reports `name:` without a value; returns whether there was none.
fn check_values(arguments: &Arguments, attribute: &str, diagnostics: &mut Diagnostics) -> bool {
    let mut complete = true;
    for argument in &arguments.list {
        if let (Some(name), None) = (&argument.name, &argument.value) {
            diagnostics.error(name.span, format!("argument `{}` of `@{attribute}` has no value", name.text));
            complete = false;
        }
    }
    complete
}

/// A trailing comma in a call that is an element of a list is passed over: so does the reference.
fn check_elements(elements: &[Expr], attribute: &str, diagnostics: &mut Diagnostics) {
    for element in elements {
        if let Expr::Call(call) = element {
            check_values(&call.arguments, attribute, diagnostics);
        }
    }
}
