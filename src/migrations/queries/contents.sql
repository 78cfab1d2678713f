-- $1: names of namespaces. What can be dropped in them, parts of extensions aside.
SELECT
    CASE class.relkind
        WHEN 'v' THEN 'VIEW'
        WHEN 'm' THEN 'MATERIALIZED VIEW'
        WHEN 'f' THEN 'FOREIGN TABLE'
        WHEN 'S' THEN 'SEQUENCE'
        WHEN 'c' THEN 'TYPE'
        ELSE 'TABLE'
    END AS kind,
    namespace.nspname::text AS namespace,
    class.relname::text AS name
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
AND namespace.nspname = ANY($1)
AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS depend
    WHERE depend.classid = 'pg_catalog.pg_class'::regclass AND depend.objid = class.oid AND depend.deptype = 'e'
)
UNION ALL
SELECT CASE type.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, namespace.nspname::text, type.typname::text
FROM pg_catalog.pg_type AS type
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = type.typnamespace
WHERE type.typtype IN ('e', 'd')
AND namespace.nspname = ANY($1)
AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS depend
    WHERE depend.classid = 'pg_catalog.pg_type'::regclass AND depend.objid = type.oid AND depend.deptype = 'e'
)
