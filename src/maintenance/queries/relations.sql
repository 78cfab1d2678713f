-- Everything that a person may name, with what is known of it before it is vacuumed.
WITH locked AS MATERIALIZED (
    -- Measuring them would wait.
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
    p.inhparent,
    CASE
        WHEN c.relkind IN ('r', 'm') AND NOT EXISTS (
            SELECT FROM locked AS l
            WHERE l.relation IN (c.oid, c.reltoastrelid)
                OR l.relation IN (SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid IN (c.oid, c.reltoastrelid))
        )
        THEN pg_catalog.pg_total_relation_size(c.oid)
    END,
    pg_catalog.pg_stat_get_dead_tuples(c.oid),
    pg_catalog.pg_stat_get_vacuum_count(c.oid),
    -- The rule of VACUUM itself: owners of the table or of the database (PostgreSQL documentation, "VACUUM"), and since
    -- 17 whoever has the privilege MAINTAIN.
    pg_catalog.pg_has_role(c.relowner, 'USAGE')
        OR pg_catalog.pg_has_role(
            (SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()), 'USAGE'
        )
        OR CASE
            WHEN pg_catalog.current_setting('server_version_num')::int >= 170000
            THEN pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')
            ELSE false
        END,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
    pg_catalog.pg_get_userbyid(c.relowner)::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS p ON c.relispartition AND p.inhrelid = c.oid
WHERE pg_catalog.left(n.nspname, 3) <> 'pg_'
    AND n.nspname <> 'information_schema'
    AND c.relkind IN ('r', 'm', 'p', 'v', 'f', 'S', 'i', 'I', 'c')
ORDER BY n.nspname, c.relname
