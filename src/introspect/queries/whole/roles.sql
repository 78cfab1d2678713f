-- Who is who, so that a renamed role is known to be the same; and who owns the history, as whose own everything counts.
SELECT
    r.oid,
    r.rolname::text,
    r.oid = COALESCE(
        (
            SELECT c.relowner
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = '_prisma_migrations'
        ),
        (SELECT d.datdba FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    )
FROM pg_catalog.pg_roles AS r
