//! Comments, and the documentation that is made of them.

use pest::iterators::Pair;

use super::lines::line_at;
use super::{Body, Read, Reader, Rule, first};
use crate::psl::ast::{Comment, CommentKind, Comments};
use crate::psl::diagnostics::Span;

/// What follows a declaration on its line.
pub(super) enum Trailing {
    /// A comment, or none, and the place of the whole line.
    Comment(Option<Comment>, Span),
    /// A comment behind which the block is never closed.
    Unclosed,
}

impl Reader<'_> {
    /// The comments of a line; its last one may end on a later line. `None` if the first one never ends.
    pub(super) fn comments(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<Read<Vec<Comment>>> {
        let mut end = at + pair.as_span().end();
        let mut list = Vec::new();
        for comment in pair.into_inner() {
            let start = at + comment.as_span().start();
            match self.comment(at, &comment) {
                Some(comment) => {
                    end = match comment.kind {
                        CommentKind::Block => end.max(comment.span.end as usize),
                        CommentKind::Line | CommentKind::Doc => end,
                    };
                    list.push(comment);
                }
                // It is no comment: the run ends before it.
                None => end = start,
            }
        }
        if let Some(comment) = list.last()
            && comment.span.end as usize == end
        {
            end += newline(&self.text[end..]);
        }
        (!list.is_empty()).then_some(Read { value: list, end })
    }

    /// The comment behind the declaration on a line of a block, and the place of the whole line. `None` if the line is
    /// no declaration after all, because the comment never ends or something follows it.
    pub(super) fn trailing(&mut self, body: Body, at: usize, line: &Pair<'_, Rule>) -> Option<Trailing> {
        let span = self.span(at, line);
        let mut inner = line.clone().into_inner();
        if matches!(line.as_rule(), Rule::property_line | Rule::attribute_line) {
            inner = inner.next()?.into_inner();
        }
        let Some(pair) = inner.next_back().filter(is_comment) else {
            return Some(Trailing::Comment(None, span));
        };
        if pair.as_rule() != Rule::open_comment {
            return Some(Trailing::Comment(self.comment(at, &pair), span));
        }
        // The text of the comment, which may be most of the file, is read only if the line counts.
        let end = self.comment_end.from(at + pair.as_span().end())? + 2;
        let rest = first(Rule::line_end, line_at(self.text, end))?;
        let span = self.range(span.start as usize, end + rest.as_span().end());
        if self.is_unclosed(body, span.end as usize) {
            return Some(Trailing::Unclosed);
        }
        Some(Trailing::Comment(self.comment(at, &pair), span))
    }

    fn comment(&mut self, at: usize, pair: &Pair<'_, Rule>) -> Option<Comment> {
        let span = self.span(at, pair);
        let text = pair.as_str();
        Some(match pair.as_rule() {
            Rule::doc_comment => Comment { kind: CommentKind::Doc, text: text[3..].to_owned(), span },
            Rule::line_comment => Comment { kind: CommentKind::Line, text: text[2..].to_owned(), span },
            Rule::block_comment => Comment { kind: CommentKind::Block, text: text[2..text.len() - 2].to_owned(), span },
            Rule::open_comment => {
                let close = self.comment_end.from(span.end as usize)?;
                let text = self.text[span.start as usize + 2..close].to_owned();
                let span = self.range(span.start as usize, close + 2);
                Comment { kind: CommentKind::Block, text, span }
            }
            _ => return None,
        })
    }
}

/// Length of the newline with which this text begins.
fn newline(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

pub(super) fn is_comment(pair: &Pair<'_, Rule>) -> bool {
    matches!(pair.as_rule(), Rule::doc_comment | Rule::line_comment | Rule::block_comment | Rule::open_comment)
}

/// The documentation in a run of comments: `///` and `/* */`, joined by newlines.
pub(super) fn documentation(run: &Comments) -> Option<String> {
    let mut text: Option<String> = None;
    for line in run.list.iter().filter_map(documentation_line) {
        match &mut text {
            Some(text) => {
                text.push('\n');
                text.push_str(line);
            }
            None => text = Some(line.to_owned()),
        }
    }
    text
}

/// The documentation above a declaration with that behind it.
pub(super) fn with_trailing(above: Option<String>, trailing: Option<&Comment>) -> Option<String> {
    match (above, trailing.and_then(documentation_line)) {
        (Some(above), Some(behind)) => Some(format!("{above}\n{behind}")),
        (above, behind) => above.or_else(|| behind.map(str::to_owned)),
    }
}

fn documentation_line(comment: &Comment) -> Option<&str> {
    match comment.kind {
        CommentKind::Line => None,
        CommentKind::Doc => Some(comment.text.trim_start()),
        CommentKind::Block => Some(comment.text.trim()),
    }
}
