//! Tables that fit where they are shown: what matters least is left out first, then texts are wrapped.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};

use super::text::visible;

/// A column of a [`WideTable`].
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// What it holds.
    pub heading: &'static str,
    /// What it holds, and so how it is set.
    pub kind: Kind,
    /// What is left out first where there is little room: the highest. A column with 0 always stays.
    pub dispensable: u8,
}

/// How the cells of a column are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Wrapped where there is little room.
    Text,
    /// Never wrapped.
    Whole,
    /// Never wrapped, and ending below one another.
    Number,
}

/// A column of texts.
pub const fn text(heading: &'static str, dispensable: u8) -> ColumnSpec {
    ColumnSpec { heading, kind: Kind::Text, dispensable }
}

/// A column of short texts that are never wrapped, such as times.
pub const fn whole(heading: &'static str, dispensable: u8) -> ColumnSpec {
    ColumnSpec { heading, kind: Kind::Whole, dispensable }
}

/// A column of numbers.
pub const fn number(heading: &'static str, dispensable: u8) -> ColumnSpec {
    ColumnSpec { heading, kind: Kind::Number, dispensable }
}

/// Rows under headings.
#[derive(Debug)]
pub struct WideTable<'a> {
    /// The columns.
    pub columns: &'a [ColumnSpec],
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// The least width of a column of texts that is worth wrapping.
const NARROW: usize = 12;

/// A space that counts as part of a text.
const HARD_SPACE: &str = "\u{a0}";

/// What stands between two columns and before the first.
const GAP: usize = 2;

impl WideTable<'_> {
    /// The lines, at most `width` columns wide; `None` for as wide as it takes.
    pub(super) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut columns: Vec<(ColumnSpec, Vec<String>)> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let cells = self.rows.iter().map(|row| visible(row.get(at).map_or("", String::as_str)));
                (*column, if column.kind == Kind::Number { aligned(cells) } else { cells.collect() })
            })
            .collect();
        // A column that says nothing takes no room.
        columns.retain(|(column, cells)| column.dispensable == 0 || cells.iter().any(|cell| !cell.trim().is_empty()));
        while width.is_some_and(|width| least_of_all(&columns, width).iter().sum::<usize>() > width) {
            let most = columns.iter().map(|(column, _)| column.dispensable).max().unwrap_or_default();
            match columns.iter().rposition(|(column, _)| most > 0 && column.dispensable == most) {
                Some(at) => drop(columns.remove(at)),
                None => break,
            }
        }
        render(&columns, width)
    }
}

/// The widths that columns have at least, each with the gap before it. Names in the first one stay in one piece unless
/// they would take much of a line.
fn least_of_all(columns: &[(ColumnSpec, Vec<String>)], width: usize) -> Vec<usize> {
    let least = |(at, (column, cells)): (usize, &(ColumnSpec, Vec<String>))| {
        let widest = widest(column, cells);
        let least = match column.kind {
            Kind::Number | Kind::Whole => widest,
            Kind::Text if at > 0 => widest.min(NARROW),
            Kind::Text => {
                let words = cells.iter().flat_map(|cell| cell.split(' ')).map(unicode_width);
                words.max().unwrap_or_default().min(width * 3 / 8).max(NARROW).min(widest)
            }
        };
        least + GAP
    };
    columns.iter().enumerate().map(least).collect()
}

fn widest(column: &ColumnSpec, cells: &[String]) -> usize {
    let cells = cells.iter().map(|cell| unicode_width(cell));
    cells.chain([unicode_width(column.heading)]).max().unwrap_or_default()
}

fn unicode_width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn render(columns: &[(ColumnSpec, Vec<String>)], width: Option<usize>) -> Vec<String> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).force_no_tty();
    table.set_header(columns.iter().map(|(column, _)| column.heading));
    let rows = columns.iter().map(|(_, cells)| cells.len()).max().unwrap_or_default();
    for row in 0..rows {
        table.add_row(columns.iter().map(|(_, cells)| cells.get(row).map_or("", String::as_str)));
    }
    if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    let least = width.map(|width| least_of_all(columns, width));
    for (at, ((spec, cells), column)) in columns.iter().zip(table.column_iter_mut()).enumerate() {
        column.set_padding((u16::try_from(GAP).unwrap_or_default(), 0));
        let fixed = |columns: usize| Width::Fixed(u16::try_from(columns).unwrap_or(u16::MAX));
        if spec.kind != Kind::Text {
            column.set_constraint(ColumnConstraint::Absolute(fixed(widest(spec, cells) + GAP)));
        } else if let Some(least) = least.as_ref().and_then(|least| least.get(at)) {
            column.set_constraint(ColumnConstraint::LowerBoundary(fixed(*least)));
        }
        if spec.kind == Kind::Number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    // The table would cut ordinary spaces off.
    table.lines().map(|line| line.replace(HARD_SPACE, " ").trim_end().to_owned()).collect()
}

/// Numbers with and without units so that their digits end below one another.
fn aligned(cells: impl Iterator<Item = String>) -> Vec<String> {
    let cells: Vec<String> = cells.collect();
    let unit = |cell: &str| cell.split_once(' ').map_or(0, |(_, unit)| 1 + unicode_width(unit));
    let widest = cells.iter().map(|cell| unit(cell)).max().unwrap_or_default();
    let missing = |cell: &str| if cell.contains(|c: char| c.is_ascii_digit()) { widest - unit(cell) } else { 0 };
    cells.iter().map(|cell| format!("{cell}{}", HARD_SPACE.repeat(missing(cell)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [ColumnSpec; 4] = [text("Table", 0), number("Rows", 2), number("Total", 0), text("Vacuumed", 1)];

    fn table() -> WideTable<'static> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        WideTable {
            columns: &COLUMNS,
            rows: vec![
                row(["public.events", "3.4 M", "1.2 GiB", "3 h ago"]),
                row(["public.a_table_with_a_long_name", "999", "0", "never"]),
                row(["日本\n語", "12 k", "8 KiB", ""]),
            ],
        }
    }

    #[test]
    fn wide_enough() {
        let expected = [
            "  Table                             Rows    Total  Vacuumed",
            "  public.events                    3.4 M  1.2 GiB  3 h ago",
            "  public.a_table_with_a_long_name  999      0      never",
        ];
        let lines = table().lines(None);
        assert_eq!(lines.len(), 4);
        for (line, expected) in lines.iter().zip(expected) {
            assert_eq!(line, expected);
        }
        assert!(lines[3].starts_with("  日本\\n語"), "{lines:?}");
    }

    #[test]
    fn narrow() {
        for width in [20, 30, 40, 60, 80] {
            let lines = table().lines(Some(width));
            assert!(lines.iter().all(|line| unicode_width(line) <= width.max(NARROW + 11)), "{width}: {lines:#?}");
            assert!(lines[0].contains("Table") && lines[0].contains("Total"), "{width}: {lines:#?}");
            assert_eq!(lines[0].contains("Rows"), width > 40, "{width}: {lines:#?}");
        }
    }
}
