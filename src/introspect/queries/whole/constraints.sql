-- Constraints of tables and domains by definition. NOT NULL is the column's.
SELECT
    'constraint',
    ARRAY[n.nspname::text, c.relname::text, k.conname::text],
    pg_catalog.pg_get_constraintdef(k.oid) AS "definition",
    (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(x.reloptions) AS o) AS "options",
    CASE WHEN NOT i.indisvalid THEN 'yes' END AS "invalid",
    -- The triggers by which the server checks foreign keys.
    CASE WHEN disabled.tgconstraint IS NOT NULL THEN 'yes' END AS "disabled",
    -- Found in the row if the server knows such copies (11), else in the stand-in.
    CASE
        WHEN (SELECT conparentid FROM (SELECT k.*) AS known) <> 0 OR k.contype = 'c' AND k.coninhcount > 0 THEN 'yes'
    END AS "inherited",
    d.description AS "comment"
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = k.oid AND d.classoid = 'pg_catalog.pg_constraint'::regclass
LEFT JOIN (
    SELECT DISTINCT t.tgconstraint
    FROM pg_catalog.pg_trigger AS t
    WHERE t.tgisinternal AND t.tgenabled <> 'O'
) AS disabled ON disabled.tgconstraint = k.oid AND k.contype = 'f'
CROSS JOIN (SELECT 0::oid AS conparentid) AS absent
WHERE n.nspname = ANY ($1)
    AND k.contype IN ('c', 'f', 'p', 'u', 'x')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'domain constraint',
    ARRAY[n.nspname::text, t.typname::text, k.conname::text],
    pg_catalog.pg_get_constraintdef(k.oid),
    NULL,
    NULL,
    NULL,
    NULL,
    d.description
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_type AS t ON t.oid = k.contypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = k.oid AND d.classoid = 'pg_catalog.pg_constraint'::regclass
WHERE n.nspname = ANY ($1)
    AND k.contype = 'c'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e'
    )
