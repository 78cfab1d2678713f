-- Rules, apart from those that make views.
SELECT
    'rule',
    ARRAY[n.nspname::text, c.relname::text, r.rulename::text],
    pg_catalog.pg_get_ruledef(r.oid) AS "definition",
    CASE r.ev_enabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END AS "fires",
    d.description AS "comment"
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = r.oid AND d.classoid = 'pg_catalog.pg_rewrite'::regclass
WHERE n.nspname = ANY ($1)
    AND r.rulename <> '_RETURN'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
