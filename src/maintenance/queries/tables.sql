-- Tables and materialized views with their sizes and counters. $1: the namespaces, NULL for all but the server's own and $2.
WITH locked AS MATERIALIZED (
    -- Measuring them would wait, also behind somebody who waits.
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation'
        AND l.mode = 'AccessExclusiveLock'
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND l.pid <> pg_catalog.pg_backend_pid()
)
SELECT
    c.oid,
    n.nspname,
    c.relname,
    c.relkind,
    c.relpersistence = 'u',
    p.inhparent,
    c.reltuples::float8,
    CASE
        WHEN NOT (c.oid IN (SELECT relation FROM locked))
        THEN pg_catalog.pg_relation_size(c.oid, 'main')
            + pg_catalog.pg_relation_size(c.oid, 'fsm')
            + pg_catalog.pg_relation_size(c.oid, 'vm')
    END,
    CASE
        WHEN c.reltoastrelid = 0 THEN 0
        WHEN NOT EXISTS (
            SELECT FROM locked
            WHERE relation IN (c.oid, c.reltoastrelid)
                OR relation IN (SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = c.reltoastrelid)
        )
        THEN pg_catalog.pg_total_relation_size(c.reltoastrelid)
    END,
    c.oid IN (SELECT relation FROM locked),
    s.seq_scan,
    s.seq_tup_read,
    s.idx_scan,
    s.n_tup_ins,
    s.n_tup_upd,
    s.n_tup_del,
    s.n_tup_hot_upd,
    s.n_live_tup,
    s.n_dead_tup,
    s.n_mod_since_analyze,
    (extract(epoch FROM s.last_vacuum) * 1000000)::int8,
    (extract(epoch FROM s.last_autovacuum) * 1000000)::int8,
    (extract(epoch FROM s.last_analyze) * 1000000)::int8,
    (extract(epoch FROM s.last_autoanalyze) * 1000000)::int8,
    CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.age(c.relfrozenxid) END,
    c.reloptions
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS p ON c.relispartition AND p.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm', 'p')
    AND (
        n.nspname = ANY ($1)
        OR $1 IS NULL AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
        AND n.nspname IS DISTINCT FROM $2
    )
