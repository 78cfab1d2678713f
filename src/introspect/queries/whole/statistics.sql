-- Extended statistics.
SELECT
    'statistics',
    ARRAY[n.nspname::text, s.stxname::text],
    pg_catalog.pg_get_statisticsobjdef(s.oid) AS "definition",
    CASE WHEN (SELECT stxstattarget FROM (SELECT s.*) AS known) >= 0
        THEN (SELECT stxstattarget FROM (SELECT s.*) AS known)::text
    END AS "target",
    pg_catalog.pg_get_userbyid(s.stxowner)::text AS "owner",
    d.description AS "comment"
FROM pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = s.oid AND d.classoid = 'pg_catalog.pg_statistic_ext'::regclass
CROSS JOIN (SELECT -1 AS stxstattarget) AS absent
WHERE n.nspname = ANY ($1)
