//! What people see of the statistics.

#[cfg(test)]
mod tests;

use crate::dbschema::QualifiedName;
use crate::maintenance::stats::{Finding, Holder, Index, Micros, Stats, Table, UncoveredKey};
use crate::output::{ColumnSpec, Output, WideTable, bytes, count, number, percent, plural, span, text_column, visible};

const TABLES: [ColumnSpec; 6] = [
    text_column("Table", 0),
    number("Rows", 2),
    number("Total", 0),
    number("Heap", 3),
    number("Indexes", 3),
    number("Toast", 4),
];

const DEAD: [ColumnSpec; 6] = [
    text_column("Table", 0),
    number("Dead rows", 0),
    number("Share", 1),
    text_column("Vacuumed", 2),
    text_column("Analyzed", 3),
    text_column("Autovacuum", 1),
];

const INDEXES: [ColumnSpec; 5] = [
    text_column("Index", 0),
    text_column("Table", 3),
    number("Size", 0),
    number("Scans", 2),
    text_column("Finding", 0),
];

const KEYS: [ColumnSpec; 5] = [
    text_column("Table", 0),
    text_column("Columns", 0),
    text_column("References", 2),
    number("Deletes there", 3),
    number("Reads", 1),
];

const SEQUENCES: [ColumnSpec; 4] =
    [text_column("Sequence", 0), number("Used", 0), text_column("Column", 1), number("Last value", 2)];

const HOLDERS: [ColumnSpec; 4] =
    [text_column("Who", 0), text_column("Since", 0), text_column("State", 1), number("Transactions ago", 2)];

/// Shorter transactions are nobody's fault.
const LONG_MICROS: i64 = 5 * 60 * 1_000_000;

/// Shows the statistics, at most `limit` rows of each table.
pub(super) fn show(stats: &Stats, limit: usize, out: &mut Output) {
    let names = Names::of(stats);
    heading(stats, &names, out);
    let whole = || stats.tables.iter().filter(|table| table.partition_of.is_none());
    part(out, limit, "Tables, largest first", &TABLES, whole().map(|table| of_table(table, &names)).collect());

    let mut dead: Vec<&Table> =
        stats.tables.iter().filter(|table| table.partitions == 0 && (table.dead > 0 || table.autovacuum_off)).collect();
    // Those that autovacuum never reaches are interesting only with dead rows.
    dead.retain(|table| table.dead > 0);
    dead.sort_by_key(|table| std::cmp::Reverse(table.dead));
    part(
        out,
        limit,
        "Dead rows, most first",
        &DEAD,
        dead.into_iter().map(|table| of_dead(table, stats.server.now, &names)).collect(),
    );

    let found = stats.indexes.iter().filter_map(|index| Some(of_index(index, index.finding.as_ref()?, &names)));
    part(out, limit, "Indexes that cost more than they give, largest first", &INDEXES, found.collect());
    if stats.indexes.iter().any(|index| index.finding == Some(Finding::Unused)) {
        let since = stats.server.counting_since.map(|since| format!(", {} ago", span(stats.server.now - since)));
        let began = since.unwrap_or_default();
        out.paragraph(&format!("  \"never used\": on this server, since its counters began{began}"), 2);
    }
    let keys = stats.uncovered_keys.iter().map(|key| of_key(key, &names));
    part(out, limit, "Foreign keys without an index, largest first", &KEYS, keys.collect());
    let sequences = stats.sequences.iter().map(|sequence| {
        vec![
            names.of_name(&sequence.name),
            percent(sequence.used()),
            sequence
                .column
                .as_ref()
                .map(|(table, column)| format!("{}.{column}", names.of_name(table)))
                .unwrap_or_default(),
            sequence.last.to_string(),
        ]
    });
    part(out, limit, "Sequences that run out, fullest first", &SEQUENCES, sequences.collect());
    let holders = stats.holders.iter().filter(|holder| is_long(holder, stats.server.now));
    let holders = holders.map(|holder| of_holder(holder, stats.server.now));
    part(out, limit, "What keeps dead rows, oldest first", &HOLDERS, holders.collect());
    remarks(stats, &names, limit, out);
}

fn part(out: &mut Output, limit: usize, title: &str, columns: &[ColumnSpec], mut rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    out.title(title);
    let all = rows.len();
    rows.truncate(limit);
    let shown = rows.len();
    out.wide_table(&WideTable { columns, rows });
    if all > shown {
        out.line(format!("  and {} more: `--all`", all - shown));
    }
}

fn heading(stats: &Stats, names: &Names, out: &mut Output) {
    let server = &stats.server;
    let mut facts: Vec<String> = server.bytes.map(bytes).into_iter().collect();
    let whole = stats.tables.iter().filter(|table| table.partition_of.is_none()).count();
    let place = names.only.as_ref().map(|only| format!(" in schema \"{}\"", visible(only))).unwrap_or_default();
    facts.push(format!("{}{place}", plural(whole, "table")));
    facts.push(match stats.indexes.len() {
        1 => "1 index".to_owned(),
        count => format!("{count} indexes"),
    });
    // Packages add their own version.
    let version = server.version.split_whitespace().next().unwrap_or_default();
    facts.push(format!("PostgreSQL {}", visible(version)));
    out.paragraph(&format!("Database \"{}\": {}", visible(&server.database), facts.join(", ")), 2);
    if !server.counts {
        return;
    }
    let since = match server.counting_since {
        Some(since) => format!("have run for {}", span(server.now - since)),
        None => "were never reset".to_owned(),
    };
    let hits = server.blocks.filter(|(hits, reads)| hits + reads > 0).map(|(hits, reads)| {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = hits as f64 / (hits + reads) as f64;
        format!("; {} of the blocks were in the server's memory", percent(share))
    });
    out.paragraph(&format!("The counters {since}{}", hits.unwrap_or_default()), 2);
}

fn remarks(stats: &Stats, names: &Names, limit: usize, out: &mut Output) {
    if !stats.unseen.is_empty() {
        out.title("Not seen");
    }
    for sentence in &stats.unseen {
        out.paragraph(&format!("- {}", visible(sentence)), 2);
    }
    if !stats.advice.is_empty() {
        out.title("Advice");
    }
    for advice in stats.advice.iter().take(limit) {
        out.paragraph(&format!("- {}: {}", names.of_name(&advice.object), visible(&advice.reason)), 2);
        if let Some(sql) = &advice.sql {
            out.line(format!("  {}", visible(sql)));
        }
    }
    if stats.advice.len() > limit {
        out.line(format!("  and {} more: `--all`", stats.advice.len() - limit));
    }
}

fn of_table(table: &Table, names: &Names) -> Vec<String> {
    let size = |size: Option<u64>| size.map_or_else(|| "locked".to_owned(), bytes);
    let mut name = names.of_name(&table.name);
    if table.partitions > 0 {
        name = format!("{name} ({})", plural(table.partitions, "partition"));
    }
    vec![
        name,
        table.rows.map_or_else(|| "?".to_owned(), count),
        size(table.bytes()),
        size(table.heap),
        size(table.indexes),
        size(table.toast),
    ]
}

fn of_dead(table: &Table, now: Micros, names: &Names) -> Vec<String> {
    let autovacuum = if table.autovacuum_off {
        "off".to_owned()
    } else if table.dead > table.vacuum_threshold {
        "due".to_owned()
    } else {
        String::new()
    };
    vec![
        names.of_name(&table.name),
        count(table.dead),
        percent(table.dead_share()),
        ago(table.vacuumed(), now),
        ago(table.analyzed(), now),
        autovacuum,
    ]
}

fn of_index(index: &Index, finding: &Finding, names: &Names) -> Vec<String> {
    let finding = match finding {
        Finding::Invalid { maybe_building: true } => "invalid, or being built".to_owned(),
        Finding::Invalid { maybe_building: false } => "invalid".to_owned(),
        Finding::Duplicate { of } => format!("same as {}", names.of_name(of)),
        Finding::Covered { by } => format!("covered by {}", names.of_name(by)),
        Finding::Unused => "never used".to_owned(),
    };
    vec![
        names.of_name(&index.name),
        names.of_name(&index.table),
        index.bytes.map_or_else(|| "locked".to_owned(), bytes),
        index.scans.map_or_else(|| "?".to_owned(), count),
        finding,
    ]
}

fn of_key(key: &UncoveredKey, names: &Names) -> Vec<String> {
    vec![
        names.of_name(&key.table),
        key.columns.join(", "),
        names.of_name(&key.references),
        count(key.deletes),
        key.bytes.map_or_else(|| "locked".to_owned(), bytes),
    ]
}

fn is_long(holder: &Holder, now: Micros) -> bool {
    holder.since.is_none_or(|since| now - since >= LONG_MICROS)
}

fn of_holder(holder: &Holder, now: Micros) -> Vec<String> {
    let mut who = match holder.kind.as_str() {
        "transaction" => format!("process {}", holder.id),
        kind => format!("{kind} {}", holder.id),
    };
    for part in [&holder.application, &holder.user].into_iter().flatten() {
        who = format!("{who}, {part}");
    }
    vec![who, ago(holder.since, now), holder.state.clone().unwrap_or_default(), holder.age.to_string()]
}

fn ago(time: Option<Micros>, now: Micros) -> String {
    time.map_or_else(|| "never".to_owned(), |time| format!("{} ago", span(now - time)))
}

/// Names with their namespace, unless there is only one.
struct Names {
    only: Option<String>,
}

impl Names {
    fn of(stats: &Stats) -> Self {
        let mut namespaces: Vec<&String> = stats.tables.iter().map(|table| &table.name.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        Self { only: if let [only] = namespaces.as_slice() { Some((*only).clone()) } else { None } }
    }

    fn of_name(&self, name: &QualifiedName) -> String {
        if self.only.as_ref() == Some(&name.namespace) { visible(&name.name) } else { visible(&name.to_string()) }
    }
}
