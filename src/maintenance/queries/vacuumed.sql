-- What became of tables. $1: their identifiers.
SELECT
    c.oid,
    pg_catalog.pg_total_relation_size(c.oid),
    pg_catalog.pg_stat_get_dead_tuples(c.oid),
    pg_catalog.pg_stat_get_vacuum_count(c.oid)
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY ($1)
