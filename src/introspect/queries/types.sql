-- The types of columns, and what those are made of: elements of arrays, bases of domains.
WITH RECURSIVE used (oid) AS (
    SELECT a.atttypid
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1)
        AND c.relkind IN ('r', 'p', 'v')
        AND a.attnum > 0
        AND NOT a.attisdropped
    UNION
    SELECT part.oid
    FROM used
    JOIN pg_catalog.pg_type AS t ON t.oid = used.oid
    CROSS JOIN LATERAL (VALUES (t.typelem), (t.typbasetype)) AS part (oid)
    WHERE part.oid <> 0
)
SELECT
    t.oid,
    t.typnamespace,
    t.typname,
    t.typtype,
    -- The rule by which the server itself tells arrays from fixed-length types with subscripts.
    t.typelem <> 0 AND t.typlen = -1,
    t.typelem,
    t.typarray,
    t.typbasetype,
    t.typtypmod,
    t.typnotnull
FROM used
JOIN pg_catalog.pg_type AS t ON t.oid = used.oid
