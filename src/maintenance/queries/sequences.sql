-- Sequences that count upwards and have used half of what they or their column can hold; and, without a name, how many
-- cannot be read. $1, $2: as in `tables.sql`.
WITH seen AS (
    SELECT
        n.nspname,
        c.relname,
        t.nspname AS table_namespace,
        t.relname AS table_name,
        t.attname,
        CASE t.atttypid
            WHEN 21 THEN least(s.seqmax, 32767)
            WHEN 23 THEN least(s.seqmax, 2147483647)
            ELSE s.seqmax
        END AS most,
        pg_catalog.has_sequence_privilege(c.oid, 'USAGE, SELECT') AS readable,
        CASE
            WHEN pg_catalog.has_sequence_privilege(c.oid, 'USAGE, SELECT')
                AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_locks AS l
                    WHERE l.locktype = 'relation'
                        AND l.relation = c.oid
                        AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                        AND l.pid <> pg_catalog.pg_backend_pid()
                )
            THEN pg_catalog.pg_sequence_last_value(c.oid)
        END AS last
    FROM pg_catalog.pg_sequence AS s
    JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
        SELECT tn.nspname, tc.relname, a.attname, a.atttypid
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        JOIN pg_catalog.pg_class AS tc ON tc.oid = d.refobjid
        JOIN pg_catalog.pg_namespace AS tn ON tn.oid = tc.relnamespace
        WHERE d.classid = 'pg_catalog.pg_class'::regclass
            AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_class'::regclass
            AND d.refobjsubid > 0
            AND d.deptype IN ('a', 'i')
        LIMIT 1
    ) AS t ON true
    WHERE s.seqincrement > 0
        AND NOT s.seqcycle
        AND (
            n.nspname = ANY ($1)
            OR $1 IS NULL AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
            AND n.nspname IS DISTINCT FROM $2
        )
)
SELECT nspname, relname, table_namespace, table_name, attname, last, most
FROM seen
WHERE last >= most / 2
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, pg_catalog.count(*), 0
FROM seen
WHERE NOT readable
HAVING pg_catalog.count(*) > 0
