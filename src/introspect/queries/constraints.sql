-- CHECK and exclusion constraints of tables. A key WITHOUT OVERLAPS is an exclusion in disguise. A check that mentions
-- values of enums comes with its definition: it has to be made anew when such an enum is replaced.
SELECT
    k.conrelid,
    k.conname,
    k.contype = 'c',
    mentioned.enums,
    CASE WHEN mentioned.enums IS NOT NULL THEN pg_catalog.pg_get_constraintdef(k.oid) END
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(DISTINCT e.oid) AS enums
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_type AS t ON t.oid = d.refobjid
    JOIN pg_catalog.pg_type AS e ON e.oid IN (t.oid, t.typelem) AND e.typtype = 'e'
    WHERE k.contype = 'c'
        AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND d.objid = k.oid
        AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
) AS mentioned
WHERE n.nspname = ANY ($1)
    AND (k.contype IN ('c', 'x') OR (k.contype IN ('p', 'u') AND i.indisexclusion))
