-- The server, and what the user of this session may do in the database.
SELECT
    pg_catalog.current_setting('server_version') AS version,
    pg_catalog.current_setting('server_version_num') AS number,
    pg_catalog.version() AS full_version,
    role.rolname AS user,
    role.rolsuper AS superuser,
    role.rolcreatedb AS may_create_databases,
    pg_catalog.pg_is_in_recovery() AS standby,
    pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only,
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create_namespaces
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = current_user
