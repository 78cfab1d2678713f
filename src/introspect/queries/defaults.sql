-- Default and generation expressions as text.
SELECT
    d.adrelid,
    d.adnum,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    -- Found in the row if the server knows such columns (12), else in the stand-in.
    (SELECT attgenerated FROM (SELECT a.*) AS known)
FROM pg_catalog.pg_attrdef AS d
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_catalog.pg_class AS c ON c.oid = d.adrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN (SELECT ''::"char" AS attgenerated) AS absent
WHERE n.nspname = ANY ($1)
    AND (c.relkind IN ('p', 'v') OR (c.relkind = 'r' AND NOT c.relispartition))
