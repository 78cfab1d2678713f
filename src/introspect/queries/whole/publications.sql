-- Publications and subscriptions. How a subscription connects holds a password and is not read.
SELECT
    'publication',
    ARRAY[p.pubname::text],
    pg_catalog.concat_ws(
        ', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN found.pubtruncate THEN 'truncate' END
    ) AS "publishes",
    CASE WHEN found.pubviaroot THEN 'yes' END AS "via root",
    CASE
        WHEN p.puballtables THEN 'all'
        ELSE (
            SELECT pg_catalog.string_agg(
                r.prrelid::regclass::text
                || CASE
                    WHEN members.prattrs IS NULL THEN ''
                    ELSE ' (' || (
                        SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname)
                        FROM pg_catalog.pg_attribute AS a
                        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (members.prattrs)
                    ) || ')'
                END
                || COALESCE(' WHERE (' || pg_catalog.pg_get_expr(members.prqual, r.prrelid) || ')', ''),
                E'\n' ORDER BY r.prrelid::regclass::text
            )
            FROM pg_catalog.pg_publication_rel AS r
            CROSS JOIN (SELECT NULL::int2[] AS prattrs, NULL::pg_node_tree AS prqual) AS absent
            CROSS JOIN LATERAL (SELECT prattrs::int2[], prqual FROM (SELECT r.*) AS known) AS members
            WHERE r.prpubid = p.oid
        )
    END AS "tables",
    CASE WHEN found.pubgencols::text NOT IN ('n', 'false') THEN 'published' END AS "generated columns",
    NULL::text AS "publications",
    NULL::text AS "fires",
    pg_catalog.pg_get_userbyid(p.pubowner)::text AS "owner",
    d.description AS "comment"
FROM pg_catalog.pg_publication AS p
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_publication'::regclass
CROSS JOIN (SELECT true AS pubtruncate, false AS pubviaroot, 'n'::"char" AS pubgencols) AS absent
CROSS JOIN LATERAL (SELECT pubtruncate, pubviaroot, pubgencols FROM (SELECT p.*) AS known) AS found
UNION ALL
SELECT
    'subscription',
    ARRAY[s.subname::text],
    NULL,
    NULL,
    NULL,
    NULL,
    (SELECT pg_catalog.string_agg(name, ', ' ORDER BY name) FROM pg_catalog.unnest(s.subpublications) AS name),
    CASE WHEN NOT s.subenabled THEN 'never' END,
    pg_catalog.pg_get_userbyid(s.subowner)::text,
    d.description
FROM pg_catalog.pg_subscription AS s
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = s.oid AND d.classoid = 'pg_catalog.pg_subscription'::regclass
WHERE s.subdbid = (SELECT db.oid FROM pg_catalog.pg_database AS db WHERE db.datname = pg_catalog.current_database())
