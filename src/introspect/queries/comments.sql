-- Comments on tables, views and their columns, and on types.
SELECT d.objoid, false, d.objsubid, d.description
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_class AS c ON c.oid = d.objoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classoid = 'pg_catalog.pg_class'::regclass
    AND n.nspname = ANY ($1)
UNION ALL
SELECT d.objoid, true, d.objsubid, d.description
FROM pg_catalog.pg_description AS d
JOIN pg_catalog.pg_type AS t ON t.oid = d.objoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE d.classoid = 'pg_catalog.pg_type'::regclass
    AND n.nspname = ANY ($1)
