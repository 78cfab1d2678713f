-- Indexes with what they are for, their sizes and counters. $1, $2: as in `tables.sql`.
WITH locks AS MATERIALIZED (
    SELECT l.relation, l.mode
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation'
        AND l.mode IN ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND l.pid <> pg_catalog.pg_backend_pid()
)
SELECT
    i.indexrelid,
    i.indrelid,
    n.nspname,
    x.relname,
    am.amname,
    i.indisunique,
    i.indisprimary,
    i.indisexclusion,
    i.indimmediate,
    i.indisvalid AND i.indisready,
    i.indisclustered,
    i.indisreplident,
    -- Found in the row if the server knows such columns, else in the stand-in.
    (SELECT indnkeyatts FROM (SELECT i.*) AS known),
    (SELECT indnullsnotdistinct FROM (SELECT i.*) AS known),
    x.relkind = 'I',
    p.inhparent,
    keys.columns,
    keys.expressions,
    keys.options,
    i.indclass,
    i.indcollation,
    i.indoption,
    x.reloptions,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid),
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    ),
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conindid = i.indexrelid AND k.confrelid = i.indrelid AND k.contype = 'f'
    ),
    EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid IN (i.indexrelid, i.indrelid) AND d.deptype = 'e'
    ),
    CASE
        WHEN NOT (i.indexrelid IN (SELECT relation FROM locks WHERE mode = 'AccessExclusiveLock'))
        THEN pg_catalog.pg_relation_size(i.indexrelid, 'main') + pg_catalog.pg_relation_size(i.indexrelid, 'fsm')
    END,
    -- Held while an index is built or rebuilt beside the table's users.
    i.indrelid IN (SELECT relation FROM locks),
    -- That of a partitioned table has no scans of its own.
    CASE WHEN x.relkind = 'I' THEN 0 ELSE s.idx_scan END,
    (extract(epoch FROM (SELECT last_idx_scan FROM (SELECT s.*) AS known)) * 1000000)::int8
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am AS am ON am.oid = x.relam
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS p ON p.inhrelid = i.indexrelid
LEFT JOIN pg_catalog.pg_stat_all_indexes AS s ON s.indexrelid = i.indexrelid
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.array_agg(a.attname::text ORDER BY k.position) AS columns,
        pg_catalog.array_agg(
            CASE WHEN k.number = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, k.position::int, false) END
            ORDER BY k.position
        ) AS expressions,
        pg_catalog.array_agg(coalesce(pg_catalog.array_to_string(o.attoptions, ','), '') ORDER BY k.position) AS options
    FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (number, position)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
    LEFT JOIN pg_catalog.pg_attribute AS o ON o.attrelid = i.indexrelid AND o.attnum = k.position
) AS keys
CROSS JOIN (
    SELECT 32767::int2 AS indnkeyatts, false AS indnullsnotdistinct, NULL::timestamptz AS last_idx_scan
) AS absent
WHERE c.relkind IN ('r', 'm', 'p')
    AND (
        n.nspname = ANY ($1)
        OR $1 IS NULL AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
        AND n.nspname IS DISTINCT FROM $2
    )
