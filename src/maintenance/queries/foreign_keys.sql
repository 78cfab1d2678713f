-- Foreign keys that somebody declared, on tables in the scope. $1, $2: as in `tables.sql`.
SELECT
    k.conname,
    k.conrelid,
    k.confrelid,
    rn.nspname,
    r.relname,
    own.columns,
    own.collations,
    own.operators,
    s.n_tup_upd,
    s.n_tup_del
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = k.confrelid
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.array_agg(a.attname::text ORDER BY key.position) AS columns,
        pg_catalog.array_agg(a.attcollation ORDER BY key.position) AS collations,
        -- The check asks `value = column` (RI_FKey_noaction in the server's source); an index finds `column = value`.
        pg_catalog.array_agg(o.oprcom ORDER BY key.position) AS operators
    FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.conpfeqop)) WITH ORDINALITY
        AS key (number, operator, position)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number
    LEFT JOIN pg_catalog.pg_operator AS o ON o.oid = key.operator
) AS own
CROSS JOIN (SELECT 0::oid AS conparentid, true AS conenforced) AS absent
WHERE k.contype = 'f'
    -- Found in the row if the server knows such columns (11, 18), else in the stand-in.
    AND (SELECT conparentid FROM (SELECT k.*) AS known) = 0
    AND (SELECT conenforced FROM (SELECT k.*) AS known)
    AND (
        n.nspname = ANY ($1)
        OR $1 IS NULL AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
        AND n.nspname IS DISTINCT FROM $2
    )
