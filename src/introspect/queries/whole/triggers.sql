-- Triggers. One that a partition has because its parent has one is the parent's unless it is switched otherwise.
SELECT
    'trigger',
    ARRAY[n.nspname::text, c.relname::text, t.tgname::text],
    pg_catalog.pg_get_triggerdef(t.oid) AS "definition",
    CASE t.tgenabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END AS "fires",
    CASE WHEN p.tgenabled = t.tgenabled THEN 'yes' END AS "inherited",
    d.description AS "comment"
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_trigger'::regclass
CROSS JOIN (SELECT 0::oid AS tgparentid) AS absent
-- Found in the row if the server knows such copies (13), else in the stand-in.
CROSS JOIN LATERAL (SELECT tgparentid FROM (SELECT t.*) AS known) AS found
LEFT JOIN pg_catalog.pg_trigger AS p ON p.oid = found.tgparentid
WHERE n.nspname = ANY ($1)
    AND (NOT t.tgisinternal OR found.tgparentid <> 0 AND t.tgconstraint = 0)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_trigger'::regclass AND e.objid = t.oid AND e.deptype = 'e'
            OR e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
