-- $1: names of namespaces. What the user may do in each, and the tables that only their owners can alter.
SELECT
    wanted.name,
    namespace.oid IS NOT NULL AS is_there,
    COALESCE(
        pg_catalog.has_schema_privilege(namespace.oid, 'USAGE')
        AND pg_catalog.has_schema_privilege(namespace.oid, 'CREATE'),
        false
    ) AS may_create,
    ARRAY(
        SELECT class.relname::text
        FROM pg_catalog.pg_class AS class
        WHERE class.relnamespace = namespace.oid
        AND class.relkind IN ('r', 'p')
        AND NOT pg_catalog.pg_has_role(class.relowner, 'USAGE')
        ORDER BY class.relname
    ) AS tables_of_others
FROM pg_catalog.unnest($1) WITH ORDINALITY AS wanted (name, position)
LEFT JOIN pg_catalog.pg_namespace AS namespace ON namespace.nspname = wanted.name
ORDER BY wanted.position
