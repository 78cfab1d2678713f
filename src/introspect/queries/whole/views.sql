-- Views and materialized views. Whether the latter are filled is a matter of data.
SELECT
    CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
    ARRAY[n.nspname::text, c.relname::text],
    pg_catalog.pg_get_viewdef(c.oid) AS "definition",
    (
        SELECT pg_catalog.string_agg(
            pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', '
            ORDER BY a.attnum
        )
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS "columns",
    (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o) AS "options",
    CASE WHEN am.amname <> 'heap' THEN am.amname::text END AS "access method",
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS "persistence",
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
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
WHERE n.nspname = ANY ($1)
    AND c.relkind IN ('v', 'm')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
