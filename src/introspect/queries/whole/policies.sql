-- Row-level security policies.
SELECT
    'policy',
    ARRAY[n.nspname::text, c.relname::text, p.polname::text],
    CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END
        AS "command",
    CASE WHEN NOT p.polpermissive THEN 'yes' END AS "restrictive",
    (
        SELECT pg_catalog.string_agg(r.rolname, E'\n' ORDER BY r.rolname)
        FROM pg_catalog.pg_roles AS r
        WHERE r.oid = ANY (p.polroles)
    ) AS "roles",
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS "using",
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS "check",
    d.description AS "comment"
FROM pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_policy'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
