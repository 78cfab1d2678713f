-- What belongs to the database and to no namespace: extensions, casts, transforms, languages, access methods, event
-- triggers. Objects of the server itself have identifiers below 16384.
SELECT
    'extension' AS kind,
    ARRAY[e.extname::text] AS path,
    n.nspname::text AS "schema",
    -- Minor versions come with the server's packages.
    pg_catalog.substring(e.extversion, '^[0-9]+') AS "version",
    NULL::text AS "function",
    NULL::text AS "context",
    NULL::text AS "method",
    NULL::text AS "to sql",
    NULL::text AS "inline",
    NULL::text AS "validator",
    NULL::text AS "trusted",
    NULL::text AS "type",
    NULL::text AS "event",
    NULL::text AS "tags",
    NULL::text AS "fires",
    pg_catalog.pg_get_userbyid(e.extowner)::text AS "owner",
    NULL::text AS "acl",
    NULL::text AS "acl default",
    NULL::text AS "comment"
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
UNION ALL
SELECT
    'cast',
    ARRAY['(' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' || pg_catalog.format_type(c.casttarget, NULL) || ')'],
    NULL, NULL,
    CASE WHEN c.castfunc <> 0 THEN c.castfunc::regprocedure::text END,
    CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END,
    CASE c.castmethod WHEN 'b' THEN 'without function' WHEN 'i' THEN 'inout' END,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    d.description
FROM pg_catalog.pg_cast AS c
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_cast'::regclass
WHERE c.oid >= 16384
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_cast'::regclass AND e.objid = c.oid AND e.deptype IN ('e', 'i')
    )
UNION ALL
SELECT
    'transform',
    ARRAY['FOR ' || pg_catalog.format_type(t.trftype, NULL) || ' LANGUAGE ' || l.lanname],
    NULL, NULL,
    CASE WHEN t.trffromsql::oid <> 0 THEN t.trffromsql::oid::regprocedure::text END,
    NULL, NULL,
    CASE WHEN t.trftosql::oid <> 0 THEN t.trftosql::oid::regprocedure::text END,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    d.description
FROM pg_catalog.pg_transform AS t
JOIN pg_catalog.pg_language AS l ON l.oid = t.trflang
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_transform'::regclass
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS e
    WHERE e.classid = 'pg_catalog.pg_transform'::regclass AND e.objid = t.oid AND e.deptype = 'e'
)
UNION ALL
SELECT
    'language',
    ARRAY[l.lanname::text],
    NULL, NULL,
    CASE WHEN l.lanplcallfoid <> 0 THEN l.lanplcallfoid::regproc::text END,
    NULL, NULL, NULL,
    CASE WHEN l.laninline <> 0 THEN l.laninline::regproc::text END,
    CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::regproc::text END,
    CASE WHEN l.lanpltrusted THEN 'yes' END,
    NULL, NULL, NULL, NULL,
    pg_catalog.pg_get_userbyid(l.lanowner)::text,
    pg_catalog.array_to_string(l.lanacl, E'\n'),
    CASE
        WHEN l.lanacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('l', l.lanowner), E'\n')
    END,
    d.description
FROM pg_catalog.pg_language AS l
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = l.oid AND d.classoid = 'pg_catalog.pg_language'::regclass
WHERE l.oid >= 16384
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_language'::regclass AND e.objid = l.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'access method',
    ARRAY[a.amname::text],
    NULL, NULL,
    a.amhandler::text,
    NULL, NULL, NULL, NULL, NULL, NULL,
    CASE a.amtype WHEN 't' THEN 'table' ELSE 'index' END,
    NULL, NULL, NULL, NULL, NULL, NULL,
    d.description
FROM pg_catalog.pg_am AS a
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = a.oid AND d.classoid = 'pg_catalog.pg_am'::regclass
WHERE a.oid >= 16384
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_am'::regclass AND e.objid = a.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'event trigger',
    ARRAY[t.evtname::text],
    NULL, NULL,
    t.evtfoid::regproc::text,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    t.evtevent::text,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ' ORDER BY tag) FROM pg_catalog.unnest(t.evttags) AS tag),
    CASE t.evtenabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END,
    pg_catalog.pg_get_userbyid(t.evtowner)::text,
    NULL, NULL,
    d.description
FROM pg_catalog.pg_event_trigger AS t
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_event_trigger'::regclass
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS e
    WHERE e.classid = 'pg_catalog.pg_event_trigger'::regclass AND e.objid = t.oid AND e.deptype = 'e'
)
