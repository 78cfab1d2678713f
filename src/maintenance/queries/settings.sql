-- Pins, for this transaction alone, what the answers depend on. Names in expressions come out qualified.
SELECT
    pg_catalog.set_config('search_path', 'pg_catalog', true),
    pg_catalog.set_config('quote_all_identifiers', 'off', true),
    -- The functions that measure wait for an exclusive lock that came after we looked for one; not for ever.
    pg_catalog.set_config('lock_timeout', '5s', true),
    CASE
        WHEN pg_catalog.current_setting('jit', true) IS NOT NULL
        THEN pg_catalog.set_config('jit', 'off', true)
    END,
    -- All counters as of one moment (15); before, a transaction sees one moment anyway.
    CASE
        WHEN pg_catalog.current_setting('stats_fetch_consistency', true) IS NOT NULL
        THEN pg_catalog.set_config('stats_fetch_consistency', 'snapshot', true)
    END
