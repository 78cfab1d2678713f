//! The generator `evt-erd`: a diagram of tables, columns, keys and relations.
//!
//! `entities` says what there is to show, `mermaid` and `dot` print it, `svg` draws it where `layout` finds room.

mod dot;
mod entities;
mod layout;
mod mermaid;
mod svg;

use entities::Diagram;

use crate::psl::PslSchema;

/// What a diagram is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A picture.
    Svg,
    /// Text for Mermaid, which many documents can show.
    Mermaid,
    /// Text for Graphviz.
    Dot,
}

impl Format {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Mermaid, Self::Dot];

    /// The name in a generator block.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
        }
    }

    /// The format of files whose names end so.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "svg" => Some(Self::Svg),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "dot" | "gv" => Some(Self::Dot),
            _ => None,
        }
    }
}

/// The diagram of a schema, the same for the same schema.
pub fn diagram(schema: &PslSchema, format: Format) -> String {
    let diagram = Diagram::of(schema);
    match format {
        Format::Svg => svg::print(&diagram),
        Format::Mermaid => mermaid::print(&diagram),
        Format::Dot => dot::print(&diagram),
    }
}

/// A text in XML or in a label of Graphviz; what XML knows no way to write becomes the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
