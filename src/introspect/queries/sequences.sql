-- Sequences, and the column that owns each: by OWNED BY (a) or as an identity (i).
SELECT
    s.relnamespace,
    s.relname,
    d.refobjid,
    d.refobjsubid
FROM pg_catalog.pg_class AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
LEFT JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::regclass
    AND d.objid = s.oid
    AND d.objsubid = 0
    AND d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjsubid > 0
    AND d.deptype IN ('a', 'i')
WHERE s.relkind = 'S'
    AND n.nspname = ANY ($1)
