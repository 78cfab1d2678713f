-- Who keeps VACUUM from removing dead rows, oldest first: transactions, prepared ones, replication slots.
-- Of sessions of other users only `pg_read_all_stats` sees more than the process.
SELECT
    'transaction',
    a.pid::text,
    a.usename::text,
    a.application_name,
    a.state,
    (extract(epoch FROM a.xact_start) * 1000000)::int8,
    pg_catalog.age(a.backend_xmin)
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database()
    AND a.backend_xmin IS NOT NULL
    AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.backend_type = 'client backend'
UNION ALL
SELECT
    'prepared transaction',
    p.gid,
    p.owner::text,
    NULL,
    NULL,
    (extract(epoch FROM p.prepared) * 1000000)::int8,
    pg_catalog.age(p.transaction)
FROM pg_catalog.pg_prepared_xacts AS p
WHERE p.database = pg_catalog.current_database()
UNION ALL
SELECT 'replication slot', s.slot_name::text, NULL, NULL, NULL, NULL, pg_catalog.age(s.xmin)
FROM pg_catalog.pg_replication_slots AS s
WHERE s.xmin IS NOT NULL
ORDER BY 7 DESC
LIMIT 20
