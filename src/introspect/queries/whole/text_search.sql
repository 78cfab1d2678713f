-- Text search configurations, dictionaries, parsers and templates.
SELECT
    'text search configuration',
    ARRAY[n.nspname::text, c.cfgname::text],
    pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.prsname) AS "parser",
    (
        SELECT pg_catalog.string_agg(token || ': ' || dictionaries, E'\n' ORDER BY token)
        FROM (
            SELECT
                (
                    SELECT t.alias FROM pg_catalog.ts_token_type(c.cfgparser) AS t WHERE t.tokid = m.maptokentype
                ) AS token,
                pg_catalog.string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dictionaries
            FROM pg_catalog.pg_ts_config_map AS m
            WHERE m.mapcfg = c.oid
            GROUP BY m.maptokentype
        ) AS maps
    ) AS "mappings",
    NULL::text AS "template",
    NULL::text AS "options",
    NULL::text AS "functions",
    pg_catalog.pg_get_userbyid(c.cfgowner)::text AS "owner",
    d.description AS "comment"
FROM pg_catalog.pg_ts_config AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.prsnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_ts_config'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_ts_config'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'text search dictionary',
    ARRAY[n.nspname::text, c.dictname::text],
    NULL,
    NULL,
    pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.tmplname),
    c.dictinitoption,
    NULL,
    pg_catalog.pg_get_userbyid(c.dictowner)::text,
    d.description
FROM pg_catalog.pg_ts_dict AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.dictnamespace
JOIN pg_catalog.pg_ts_template AS t ON t.oid = c.dicttemplate
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.tmplnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_ts_dict'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_ts_dict'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'text search parser',
    ARRAY[n.nspname::text, c.prsname::text],
    NULL,
    NULL,
    NULL,
    NULL,
    pg_catalog.concat_ws(
        ', ', 'START = ' || c.prsstart::text, 'GETTOKEN = ' || c.prstoken::text, 'END = ' || c.prsend::text,
        CASE WHEN c.prsheadline::oid <> 0 THEN 'HEADLINE = ' || c.prsheadline::text END,
        'LEXTYPES = ' || c.prslextype::text
    ),
    NULL,
    d.description
FROM pg_catalog.pg_ts_parser AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.prsnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_ts_parser'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_ts_parser'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'text search template',
    ARRAY[n.nspname::text, c.tmplname::text],
    NULL,
    NULL,
    NULL,
    NULL,
    pg_catalog.concat_ws(
        ', ', CASE WHEN c.tmplinit::oid <> 0 THEN 'INIT = ' || c.tmplinit::text END, 'LEXIZE = ' || c.tmpllexize::text
    ),
    NULL,
    d.description
FROM pg_catalog.pg_ts_template AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.tmplnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_ts_template'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_ts_template'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
