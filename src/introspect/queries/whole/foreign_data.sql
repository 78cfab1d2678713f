-- Foreign data wrappers, servers and user mappings. Options of user mappings hold passwords and are not read.
SELECT
    'foreign data wrapper',
    ARRAY[f.fdwname::text],
    CASE WHEN f.fdwhandler <> 0 THEN f.fdwhandler::regproc::text END AS "handler",
    CASE WHEN f.fdwvalidator <> 0 THEN f.fdwvalidator::regproc::text END AS "validator",
    NULL::text AS "wrapper",
    NULL::text AS "type",
    NULL::text AS "version",
    (SELECT pg_catalog.string_agg(o, E'\n' ORDER BY o) FROM pg_catalog.unnest(f.fdwoptions) AS o) AS "server options",
    pg_catalog.pg_get_userbyid(f.fdwowner)::text AS "owner",
    pg_catalog.array_to_string(f.fdwacl, E'\n') AS "acl",
    CASE
        WHEN f.fdwacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('F', f.fdwowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_foreign_data_wrapper AS f
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = f.oid AND d.classoid = 'pg_catalog.pg_foreign_data_wrapper'::regclass
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS e
    WHERE e.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass AND e.objid = f.oid AND e.deptype = 'e'
)
UNION ALL
SELECT
    'server',
    ARRAY[s.srvname::text],
    NULL,
    NULL,
    f.fdwname::text,
    s.srvtype,
    s.srvversion,
    (SELECT pg_catalog.string_agg(o, E'\n' ORDER BY o) FROM pg_catalog.unnest(s.srvoptions) AS o),
    pg_catalog.pg_get_userbyid(s.srvowner)::text,
    pg_catalog.array_to_string(s.srvacl, E'\n'),
    CASE
        WHEN s.srvacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('S', s.srvowner), E'\n')
    END,
    d.description
FROM pg_catalog.pg_foreign_server AS s
JOIN pg_catalog.pg_foreign_data_wrapper AS f ON f.oid = s.srvfdw
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = s.oid AND d.classoid = 'pg_catalog.pg_foreign_server'::regclass
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS e
    WHERE e.classid = 'pg_catalog.pg_foreign_server'::regclass AND e.objid = s.oid AND e.deptype = 'e'
)
UNION ALL
SELECT
    'user mapping',
    ARRAY[m.srvname::text, CASE WHEN m.umuser = 0 THEN '' ELSE m.usename::text END],
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_user_mappings AS m
