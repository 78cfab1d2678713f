-- How far the work on a table has come, and whom it waits for. $1: the table, $2: the process that works.
SELECT at.phase, at.done, at.whole, waiting.blockers
FROM (SELECT pg_catalog.pg_blocking_pids($2) AS blockers) AS waiting
LEFT JOIN (
    SELECT
        v.phase,
        -- Reading takes longer than the second pass; both together are the whole.
        2 * v.heap_blks_scanned + v.heap_blks_vacuumed AS done,
        3 * v.heap_blks_total AS whole
    FROM pg_catalog.pg_stat_progress_vacuum AS v
    WHERE v.datname = pg_catalog.current_database() AND v.relid = $1
    UNION ALL
    SELECT c.phase, 2 * c.heap_blks_scanned + CASE WHEN c.index_rebuild_count > 0 THEN c.heap_blks_total ELSE 0 END, 3 * c.heap_blks_total
    FROM pg_catalog.pg_stat_progress_cluster AS c
    WHERE c.datname = pg_catalog.current_database() AND c.relid = $1
    UNION ALL
    SELECT 'analyzing', a.sample_blks_scanned, a.sample_blks_total
    FROM pg_catalog.pg_stat_progress_analyze AS a
    WHERE a.datname = pg_catalog.current_database() AND a.relid = $1
) AS at ON true
