-- Namespaces.
SELECT
    'schema',
    ARRAY[n.nspname::text],
    -- Whoever owns the database owns `public` since 15.
    NULLIF(pg_catalog.pg_get_userbyid(n.nspowner)::text, 'pg_database_owner') AS "owner",
    pg_catalog.pg_get_userbyid(n.nspowner)::text AS "acl owner",
    pg_catalog.array_to_string(n.nspacl, E'\n') AS "acl",
    pg_catalog.array_to_string(pg_catalog.acldefault('n', n.nspowner), E'\n') AS "acl default",
    -- It is gone when somebody empties a database by dropping the namespace.
    NULLIF(d.description, 'standard public schema') AS "comment"
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::regclass
WHERE n.nspname = ANY ($1)
