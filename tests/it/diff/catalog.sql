-- Everything that a difference between two schemas can make, one line an object, as the server prints it. Columns are
-- in the order of their names, and what belongs to a sequence is named after the column that owns it.
WITH spaces AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
),
owned AS (
    SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS attribute
    FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
)
SELECT s.nspname AS space, format('table %I (persistence %s, security %s, options %s)', c.relname, c.relpersistence,
    c.relrowsecurity, c.reloptions) AS line
FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
UNION ALL
SELECT s.nspname, format('column %I.%I %s%s%s%s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' NOT NULL' END,
    ' DEFAULT ' || CASE WHEN o.sequence IS NULL THEN pg_get_expr(d.adbin, d.adrelid) ELSE 'its sequence' END,
    ' identity ' || nullif(a.attidentity::text, ''), ' generated ' || nullif(a.attgenerated::text, ''),
    ' collation ' || nullif(a.attcollation, 0)::regcollation::text)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN spaces s ON s.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN owned o ON o.relation = a.attrelid AND o.attribute = a.attnum
    AND EXISTS (SELECT FROM pg_depend x WHERE x.objid = d.oid AND x.refobjid = o.sequence)
WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT s.nspname, format('constraint %I on %I: %s%s', k.conname, c.relname, pg_get_constraintdef(k.oid),
    CASE WHEN NOT k.convalidated THEN ' NOT VALID' END)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN spaces s ON s.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL
SELECT s.nspname, format('index %s%s', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN ' INVALID' END)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN spaces s ON s.oid = c.relnamespace
UNION ALL
SELECT s.nspname, format('sequence of %s: %s from %s by %s between %s and %s%s',
    coalesce(format('%s.%I', o.relation::regclass, a.attname), c.relname), format_type(q.seqtypid, NULL), q.seqstart,
    q.seqincrement, q.seqmin, q.seqmax, CASE WHEN q.seqcycle THEN ' again and again' END)
FROM pg_sequence q
JOIN pg_class c ON c.oid = q.seqrelid
JOIN spaces s ON s.oid = c.relnamespace
LEFT JOIN owned o ON o.sequence = c.oid
LEFT JOIN pg_attribute a ON a.attrelid = o.relation AND a.attnum = o.attribute
UNION ALL
SELECT s.nspname, format('enum %I: %s', t.typname,
    (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace WHERE t.typtype = 'e'
UNION ALL
SELECT s.nspname, format('%s %I', CASE c.relkind WHEN 'v' THEN 'view' ELSE 'other ' || c.relkind::text END, c.relname)
FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE c.relkind NOT IN ('r', 'p', 'i', 'S', 't', 'I')
ORDER BY 1, 2
