//! Rows whose cells are aligned in columns.

/// Most cells of a row: name, type and attributes of a field.
const COLUMNS: usize = 3;

/// Rows that are aligned with each other. Cells are written one behind the other into [`Table::text`].
#[derive(Default)]
pub(super) struct Table {
    /// What all cells and lines hold; the next cell begins at its end.
    pub(super) text: String,
    rows: Vec<Row>,
    /// Ends of the cells of the row that is being written.
    ends: [usize; COLUMNS],
    cells: usize,
}

enum Row {
    /// Where each cell ends in the text, then a comment behind the last cell.
    Cells { ends: [usize; COLUMNS], comment: usize },
    /// A line that takes no part in the alignment, with its newline.
    Line { end: usize },
}

impl Table {
    /// The cell that was written to the text is complete.
    pub(super) fn end_cell(&mut self) {
        if let Some(end) = self.ends.get_mut(self.cells) {
            *end = self.text.len();
            self.cells += 1;
        }
    }

    /// The row is complete; `comment` stands behind it.
    pub(super) fn end_row(&mut self, comment: Option<&str>) {
        let last = self.text.len();
        self.ends[self.cells..].fill(last);
        self.cells = 0;
        self.text.push_str(comment.unwrap_or_default());
        self.rows.push(Row::Cells { ends: self.ends, comment: self.text.len() });
    }

    /// What was written to the text are whole lines, to be printed as they are.
    pub(super) fn end_lines(&mut self) {
        self.rows.push(Row::Line { end: self.text.len() });
    }

    /// Prints the rows and empties the table. Widths are counted in bytes, as Prisma does.
    pub(super) fn print(&mut self, indent: &str, out: &mut String) {
        let widths = self.widths();
        let mut start = 0;
        for row in self.rows.drain(..) {
            match row {
                Row::Cells { ends, comment } => {
                    out.push_str(indent);
                    let line = out.len();
                    let mut position = 0;
                    for (column, end) in ends.into_iter().enumerate() {
                        if end > start {
                            let written = out.len() - line;
                            out.extend(std::iter::repeat_n(' ', position - written));
                            out.push_str(&self.text[start..end]);
                        }
                        position += widths[column] + 1;
                        start = end;
                    }
                    if comment > start {
                        out.push(' ');
                        out.push_str(&self.text[start..comment]);
                        start = comment;
                    }
                    out.push('\n');
                }
                Row::Line { end } => {
                    out.push_str(&self.text[start..end]);
                    start = end;
                }
            }
        }
        self.text.clear();
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = [0; COLUMNS];
        let mut start = 0;
        for row in &self.rows {
            start = match row {
                Row::Cells { ends, comment } => {
                    for (width, end) in widths.iter_mut().zip(ends) {
                        *width = (*width).max(end - start);
                        start = *end;
                    }
                    *comment
                }
                Row::Line { end } => *end,
            };
        }
        widths
    }
}
