-- Names of CHECK and exclusion constraints of tables. A key WITHOUT OVERLAPS is an exclusion in disguise.
SELECT k.conrelid, k.conname, k.contype = 'c'
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid
WHERE n.nspname = ANY ($1)
    AND (k.contype IN ('c', 'x') OR (k.contype IN ('p', 'u') AND i.indisexclusion))
