-- Enumerated types that have labels, with the labels in order.
SELECT
    t.oid,
    t.typnamespace,
    t.typname,
    labels.ordered
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN (
    SELECT e.enumtypid, pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS ordered
    FROM pg_catalog.pg_enum AS e
    GROUP BY e.enumtypid
) AS labels ON labels.enumtypid = t.oid
WHERE n.nspname = ANY ($1)
