-- Foreign keys that somebody declared, not the copies that the server makes for partitions.
SELECT
    k.conrelid,
    k.conname,
    k.confrelid,
    r.relnamespace,
    r.relname,
    k.conkey,
    k.confkey,
    -- Only of a table that is not among those read: outside the scope, or a partition.
    CASE
        WHEN r.relispartition OR NOT (rn.nspname = ANY ($1))
        THEN ARRAY(
            SELECT a.attname
            FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS key (attnum, position)
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = key.attnum
            ORDER BY key.position
        )
    END,
    k.confdeltype,
    k.confupdtype,
    k.confmatchtype,
    k.condeferrable,
    k.convalidated
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
CROSS JOIN (SELECT 0::oid AS conparentid) AS absent
WHERE k.contype = 'f'
    AND n.nspname = ANY ($1)
    -- Found in the row if the server knows such copies (11), else in the stand-in.
    AND (SELECT conparentid FROM (SELECT k.*) AS known) = 0
