//! Tables that fit where they are shown: what matters least is left out first, then texts are wrapped.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};

use super::text::visible;

/// A column of a [`WideTable`].
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// What it holds.
    pub heading: &'static str,
    /// Whether it holds numbers, which end below one another.
    pub number: bool,
    /// What is left out first where there is little room: the highest. A column with 0 always stays.
    pub dispensable: u8,
}

/// A column of texts.
pub const fn text(heading: &'static str, dispensable: u8) -> ColumnSpec {
    ColumnSpec { heading, number: false, dispensable }
}

/// A column of numbers.
pub const fn number(heading: &'static str, dispensable: u8) -> ColumnSpec {
    ColumnSpec { heading, number: true, dispensable }
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
                (*column, if column.number { aligned(cells) } else { cells.collect() })
            })
            .collect();
        // A column that says nothing takes no room.
        columns.retain(|(column, cells)| column.dispensable == 0 || cells.iter().any(|cell| !cell.trim().is_empty()));
        while width.is_some_and(|width| least(&columns) > width) {
            let most = columns.iter().map(|(column, _)| column.dispensable).max().unwrap_or_default();
            match columns.iter().rposition(|(column, _)| most > 0 && column.dispensable == most) {
                Some(at) => drop(columns.remove(at)),
                None => break,
            }
        }
        render(&columns, width)
    }
}

/// The width below which a table cannot go: numbers whole, texts wrapped.
fn least(columns: &[(ColumnSpec, Vec<String>)]) -> usize {
    let widths = columns.iter().map(|(column, cells)| {
        let whole = whole(column, cells);
        if column.number { whole } else { whole.min(NARROW) }
    });
    widths.map(|width| width + GAP).sum()
}

fn whole(column: &ColumnSpec, cells: &[String]) -> usize {
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
    for ((spec, cells), column) in columns.iter().zip(table.column_iter_mut()) {
        column.set_padding((u16::try_from(GAP).unwrap_or_default(), 0));
        if spec.number {
            let whole = u16::try_from(whole(spec, cells) + GAP).unwrap_or(u16::MAX);
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(whole)));
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
            assert_eq!(lines[0].contains("Rows"), width > 30, "{width}: {lines:#?}");
        }
    }
}
