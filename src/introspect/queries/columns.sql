-- Columns of tables and views.
SELECT
    a.attrelid,
    a.attnum,
    a.attname,
    a.atttypid,
    a.atttypmod,
    a.attnotnull,
    a.attidentity,
    a.attcollation,
    -- The default one (100), and that of the type `name` (19), go without saying.
    CASE
        WHEN a.attcollation NOT IN (0, 100) AND a.atttypid <> 19
            THEN (SELECT o.collname FROM pg_catalog.pg_collation AS o WHERE o.oid = a.attcollation)
    END
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1)
    AND (c.relkind IN ('p', 'v') OR (c.relkind = 'r' AND NOT c.relispartition))
    AND a.attnum > 0
    AND NOT a.attisdropped
