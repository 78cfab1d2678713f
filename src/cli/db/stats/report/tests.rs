use super::show;
use crate::dbschema::QualifiedName;
use crate::maintenance::stats::{
    Advice, AdviceKind, Finding, FullSequence, Holder, Index, Server, Stats, Table, TableKind, UncoveredKey,
};
use crate::output::screen;

/// What a terminal of that width shows.
fn shown(stats: &Stats, width: usize, limit: usize) -> String {
    screen(width, |out| show(stats, limit, out))
}

const HOUR: i64 = 3_600_000_000;
const NOW: i64 = 1_800_000_000_000_000;

fn name(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

fn table(of: &str, rows: u64, heap: u64, indexes: u64, dead: u64) -> Table {
    Table {
        name: name(of),
        kind: TableKind::Table,
        partition_of: None,
        partitions: 0,
        unlogged: false,
        rows: Some(rows),
        never_analyzed: false,
        heap: Some(heap),
        toast: Some(8192),
        indexes: Some(indexes),
        locked: false,
        sequential_scans: 1,
        sequential_rows: 2,
        index_scans: 3,
        inserted: rows,
        updated: 0,
        deleted: 0,
        hot_updated: 0,
        modified: 0,
        dead,
        last_vacuum: None,
        last_autovacuum: Some(NOW - 30 * HOUR),
        last_analyze: Some(NOW - 60 * HOUR),
        last_autoanalyze: None,
        xid_age: Some(12),
        autovacuum_off: false,
        vacuum_threshold: 50 + rows / 5,
    }
}

fn index(of: &str, table: &str, bytes: u64, finding: Option<Finding>) -> Index {
    Index {
        name: name(of),
        table: name(table),
        method: "btree".to_owned(),
        keys: vec!["a".to_owned()],
        included: Vec::new(),
        predicate: None,
        unique: false,
        needed: false,
        partitioned: false,
        part: false,
        bytes: Some(bytes),
        scans: Some(0),
        last_scan: None,
        finding,
    }
}

fn sample() -> Stats {
    let server = Server {
        database: "shop".to_owned(),
        version: "15.18 (Debian 15.18-0+deb12u1)".to_owned(),
        user: "reader".to_owned(),
        bytes: Some(1_288_490_189),
        in_recovery: false,
        now: NOW,
        counting_since: Some(NOW - 24 * 9 * HOUR),
        started: NOW - 24 * 20 * HOUR,
        counts: true,
        sees_sessions: false,
        replicas: 1,
        blocks: Some((9_931, 69)),
        xid_age: 12,
        autovacuum: true,
        freeze_max_age: 200_000_000,
        vacuum_threshold: (50, 0.2, None),
    };
    let mut locked = table("audit_log", 999, 8192, 8192, 0);
    locked.heap = None;
    locked.locked = true;
    let mut off = table("order_item", 3_400_000, 734_003_200, 412_000_000, 1_200_000);
    off.autovacuum_off = true;
    off.last_autovacuum = None;
    let long = name("customer_by_country_and_city_and_street_idx");
    let key = |table: &str, deletes| UncoveredKey {
        name: format!("{table}_fkey"),
        table: name(table),
        columns: vec!["customer_id".to_owned()],
        references: name("customer"),
        bytes: Some(734_003_200),
        rows: Some(3_400_000),
        deletes,
        updates: 0,
        partitioned: false,
    };
    Stats {
        server,
        tables: vec![off, table("customer", 52_000, 9_000_000, 4_100_000, 7), locked],
        indexes: vec![
            index("order_item_product_idx", "order_item", 120_000_000, Some(Finding::Unused)),
            index("customer_country_idx", "customer", 1_300_000, Some(Finding::Covered { by: long })),
            index("a_idx", "customer", 900_000, Some(Finding::Duplicate { of: name("b_idx") })),
            index("b_idx", "customer", 900_000, None),
            index("c_idx", "customer", 8192, Some(Finding::Invalid { maybe_building: true })),
        ],
        uncovered_keys: vec![key("order_item", 1_234), key("note", 0)],
        sequences: vec![FullSequence {
            name: name("customer_id_seq"),
            column: Some((name("customer"), "id".to_owned())),
            last: 2_040_109_465,
            most: 2_147_483_647,
        }],
        holders: vec![
            Holder {
                kind: "transaction".to_owned(),
                id: "4711".to_owned(),
                user: Some("app".to_owned()),
                application: Some("worker".to_owned()),
                state: Some("idle in transaction".to_owned()),
                since: Some(NOW - 5 * HOUR),
                age: 90_210,
            },
            Holder {
                kind: "transaction".to_owned(),
                id: "4712".to_owned(),
                user: None,
                application: None,
                state: None,
                since: Some(NOW - 1_000),
                age: 2,
            },
        ],
        unseen: vec!["sizes of `public.audit_log`: somebody has locked them".to_owned()],
        advice: vec![Advice {
            kind: AdviceKind::DuplicateIndex,
            object: name("a_idx"),
            reason: "`public.b_idx` has the same keys".to_owned(),
            sql: Some("DROP INDEX CONCURRENTLY \"public\".\"a_idx\";".to_owned()),
        }],
    }
}

/// Both as they were looked at and liked; `UPDATE=1` writes how they look now.
#[test]
fn eighty_and_forty_columns() {
    for width in [80, 40] {
        let file = format!("{}/tests/fixtures/maintenance/stats_{width}.txt", env!("CARGO_MANIFEST_DIR"));
        let now = shown(&sample(), width, 10);
        for line in now.lines().filter(|line| !line.contains("DROP INDEX")) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        #[expect(clippy::disallowed_methods, reason = "how a developer asks for the outputs of today")]
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &now).expect("a fixture is writable");
        }
        let expected = std::fs::read_to_string(&file).expect("a fixture");
        assert!(now == expected, "{}", similar::TextDiff::from_lines(&expected, &now).unified_diff());
    }
}

#[test]
fn a_limit() {
    let text = shown(&sample(), 80, 1);
    assert!(text.contains("  and 2 more: `--all`"), "{text}");
    assert!(!text.contains("audit_log  "), "{text}");
}
