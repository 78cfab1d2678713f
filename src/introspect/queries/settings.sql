-- Pins, for this transaction alone, what changes how the server prints expressions.
-- $1: the default namespace. A name comes out unqualified if and only if it is found there or in pg_catalog.
SELECT
    pg_catalog.set_config('search_path', pg_catalog.quote_ident($1), true),
    pg_catalog.set_config('TimeZone', 'UTC', true),
    pg_catalog.set_config('DateStyle', 'ISO, YMD', true),
    pg_catalog.set_config('IntervalStyle', 'postgres', true),
    pg_catalog.set_config('bytea_output', 'hex', true),
    pg_catalog.set_config('extra_float_digits', '1', true),
    pg_catalog.set_config('quote_all_identifiers', 'off', true),
    pg_catalog.set_config('standard_conforming_strings', 'on', true),
    pg_catalog.set_config('lc_monetary', 'C', true),
    -- Compiling a question that is asked once costs more than it saves. The setting is unknown before 11.
    CASE
        WHEN pg_catalog.current_setting('jit', true) IS NOT NULL
        THEN pg_catalog.set_config('jit', 'off', true)
    END
