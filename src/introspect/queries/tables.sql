-- Tables and views. A partition is its parent's business unless it has partitions of its own.
SELECT
    c.oid,
    c.relnamespace,
    c.relname,
    c.relkind,
    c.relrowsecurity,
    -- `relhassubclass` stays set when the last child is gone.
    EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid),
    CASE WHEN c.relkind = 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1)
    AND (c.relkind IN ('p', 'v') OR (c.relkind = 'r' AND NOT c.relispartition))
