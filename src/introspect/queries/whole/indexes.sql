-- Indexes by definition. Those of constraints are the constraint's.
SELECT
    'index',
    ARRAY[n.nspname::text, c.relname::text, x.relname::text],
    pg_catalog.pg_get_indexdef(i.indexrelid) AS "definition",
    CASE WHEN NOT i.indisvalid THEN 'yes' END AS "invalid",
    statistics.targets AS "statistics",
    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = x.oid) THEN 'yes' END AS "inherited",
    d.description AS "comment"
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = x.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
LEFT JOIN (
    SELECT a.attrelid, pg_catalog.string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum) AS targets
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attstattarget > 0
    GROUP BY a.attrelid
) AS statistics ON statistics.attrelid = x.oid
WHERE n.nspname = ANY ($1)
    AND c.relkind IN ('r', 'p', 'm', 'f')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
    )
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid IN (c.oid, x.oid) AND e.deptype = 'e'
    )
