-- Tables, foreign tables and partitioned tables as a whole.
SELECT
    CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
    ARRAY[n.nspname::text, c.relname::text],
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS "persistence",
    CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS "partition by",
    CASE WHEN c.relispartition THEN parents.names END AS "partition of",
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS "partition bound",
    CASE WHEN NOT c.relispartition THEN parents.names END AS "inherits",
    CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS "of type",
    CASE WHEN am.amname <> 'heap' THEN am.amname::text END AS "access method",
    (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o) AS "options",
    (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(t.reloptions) AS o) AS "toast options",
    CASE WHEN c.relrowsecurity THEN 'enabled' END AS "row security",
    CASE WHEN c.relforcerowsecurity THEN 'yes' END AS "row security forced",
    CASE
        WHEN c.relkind = 'f' THEN NULL
        WHEN c.relreplident = 'n' THEN 'nothing'
        WHEN c.relreplident = 'f' THEN 'full'
        WHEN c.relreplident = 'i' THEN (
            SELECT 'index ' || pg_catalog.quote_ident(x.relname)
            FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
            WHERE i.indrelid = c.oid AND i.indisreplident
        )
    END AS "replica identity",
    s.srvname::text AS "server",
    (SELECT pg_catalog.string_agg(o, E'\n' ORDER BY o) FROM pg_catalog.unnest(f.ftoptions) AS o) AS "server options",
    pg_catalog.pg_get_userbyid(c.relowner)::text AS "owner",
    pg_catalog.array_to_string(c.relacl, E'\n') AS "acl",
    CASE
        WHEN c.relacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('r', c.relowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
LEFT JOIN (
    SELECT i.inhrelid, pg_catalog.string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) AS names
    FROM pg_catalog.pg_inherits AS i
    GROUP BY i.inhrelid
) AS parents ON parents.inhrelid = c.oid
WHERE n.nspname = ANY ($1)
    AND c.relkind IN ('r', 'p', 'f')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
