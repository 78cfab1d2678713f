-- One row per index, with the constraint that it belongs to.
SELECT
    i.indrelid,
    x.relname,
    am.amname,
    i.indisunique,
    i.indisprimary,
    i.indisexclusion,
    -- An index on a partitioned table ONLY is not valid before every partition has one; nothing is broken.
    i.indisvalid OR x.relkind = 'I',
    -- Found in the row if the server knows such columns (11, 15), else in the stand-in.
    (SELECT indnkeyatts FROM (SELECT i.*) AS known),
    (SELECT indnullsnotdistinct FROM (SELECT i.*) AS known),
    i.indkey,
    i.indclass,
    i.indoption,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid),
    k.contype,
    k.condeferrable,
    i.indcollation,
    -- Parameters of operator classes.
    am.amname NOT IN ('btree', 'hash') AND EXISTS (
        SELECT
        FROM pg_catalog.pg_attribute AS p
        WHERE p.attrelid = i.indexrelid AND p.attoptions IS NOT NULL
    )
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am AS am ON am.oid = x.relam
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
CROSS JOIN (SELECT 32767::int2 AS indnkeyatts, false AS indnullsnotdistinct) AS absent
WHERE n.nspname = ANY ($1)
    AND (c.relkind = 'p' OR (c.relkind = 'r' AND NOT c.relispartition))
