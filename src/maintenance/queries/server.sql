-- The database as a whole, and what its counters mean. Times are microseconds since 1970.
SELECT
    d.datname,
    pg_catalog.current_setting('server_version'),
    CURRENT_USER::text,
    CASE
        WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
        THEN pg_catalog.pg_database_size(d.oid)
    END,
    pg_catalog.pg_is_in_recovery(),
    (extract(epoch FROM pg_catalog.now()) * 1000000)::int8,
    (extract(epoch FROM s.stats_reset) * 1000000)::int8,
    (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::int8,
    pg_catalog.current_setting('track_counts')::bool,
    pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication)
        + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots WHERE slot_type = 'physical' AND NOT active),
    s.blks_hit,
    s.blks_read,
    pg_catalog.age(d.datfrozenxid),
    pg_catalog.current_setting('autovacuum')::bool,
    pg_catalog.current_setting('autovacuum_freeze_max_age')::int8,
    pg_catalog.current_setting('autovacuum_vacuum_threshold')::int8,
    pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8,
    -- Since 18.
    pg_catalog.current_setting('autovacuum_vacuum_max_threshold', true)::int8
FROM pg_catalog.pg_database AS d
LEFT JOIN pg_catalog.pg_stat_database AS s ON s.datid = d.oid
WHERE d.datname = pg_catalog.current_database()
