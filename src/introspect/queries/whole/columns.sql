-- Columns of tables; of views those about which something is said that does not follow from the view's definition.
SELECT
    'column',
    ARRAY[n.nspname::text, c.relname::text, a.attname::text],
    CASE WHEN c.relkind IN ('r', 'p', 'f') THEN pg_catalog.format_type(a.atttypid, a.atttypmod) END AS "type",
    CASE
        WHEN c.relkind IN ('r', 'p', 'f') AND a.attcollation <> ty.typcollation
        THEN (
            SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
            FROM pg_catalog.pg_collation AS co
            JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = a.attcollation
        )
    END AS "collation",
    CASE
        WHEN NOT a.attnotnull THEN NULL
        WHEN NOT nn.convalidated THEN 'not valid'
        WHEN nn.connoinherit THEN 'no inherit'
        ELSE 'yes'
    END AS "not null",
    CASE WHEN found.attgenerated = '' THEN pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) END AS "default",
    CASE found.attgenerated
        WHEN 's' THEN '(' || pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) || ') stored'
        WHEN 'v' THEN '(' || pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) || ') virtual'
    END AS "generated",
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS "identity",
    sequences.options AS "identity options",
    CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS "statistics",
    CASE
        WHEN c.relkind IN ('r', 'p', 'f') AND a.attstorage <> ty.typstorage
        THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END
    END AS "storage",
    CASE found.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS "compression",
    CASE
        WHEN a.attoptions IS NOT NULL
        THEN (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(a.attoptions) AS o)
    END AS "options",
    CASE
        WHEN a.attfdwoptions IS NOT NULL
        THEN (SELECT pg_catalog.string_agg(o, E'\n' ORDER BY o) FROM pg_catalog.unnest(a.attfdwoptions) AS o)
    END AS "server options",
    pg_catalog.array_to_string(a.attacl, E'\n') AS "acl",
    CASE
        WHEN a.attacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('c', c.relowner), E'\n')
    END AS "acl default",
    d.description AS "comment",
    a.attnum::text AS "position"
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
-- Constraints of this kind exist since 18.
LEFT JOIN pg_catalog.pg_constraint AS nn
    ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = a.attrelid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = a.attnum
LEFT JOIN (
    -- What the server would choose by itself is not said.
    SELECT dep.refobjid, dep.refobjsubid, pg_catalog.concat_ws(
        ' ',
        CASE WHEN s.seqincrement <> 1 THEN 'INCREMENT BY ' || s.seqincrement END,
        CASE
            WHEN s.seqincrement > 0 AND s.seqmin <> 1 OR s.seqincrement < 0 AND s.seqmin <> bounds.lowest
            THEN 'MINVALUE ' || s.seqmin
        END,
        CASE
            WHEN s.seqincrement > 0 AND s.seqmax <> bounds.highest OR s.seqincrement < 0 AND s.seqmax <> -1
            THEN 'MAXVALUE ' || s.seqmax
        END,
        CASE
            WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
            THEN 'START WITH ' || s.seqstart
        END,
        CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END,
        CASE WHEN s.seqcycle THEN 'CYCLE' END
    ) AS options
    FROM pg_catalog.pg_depend AS dep
    JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = dep.objid
    CROSS JOIN LATERAL (
        SELECT
            CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END AS highest,
            CASE s.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 ELSE -9223372036854775808 END AS lowest
    ) AS bounds
    WHERE dep.classid = 'pg_catalog.pg_class'::regclass
        AND dep.refclassid = 'pg_catalog.pg_class'::regclass
        AND dep.refobjsubid > 0
        AND dep.deptype = 'i'
) AS sequences ON sequences.refobjid = a.attrelid AND sequences.refobjsubid = a.attnum
CROSS JOIN (SELECT ''::"char" AS attgenerated, ''::"char" AS attcompression) AS absent
-- Found in the row if the server knows such columns (12, 14), else in the stand-in.
CROSS JOIN LATERAL (SELECT attgenerated, attcompression FROM (SELECT a.*) AS known) AS found
WHERE n.nspname = ANY ($1)
    AND (
        c.relkind IN ('r', 'p', 'f')
        OR c.relkind IN ('v', 'm', 'c') AND (
            a.atthasdef OR d.description IS NOT NULL OR a.attacl IS NOT NULL OR a.attoptions IS NOT NULL
            OR a.attstattarget >= 0
        )
    )
    AND a.attnum > 0
    AND NOT a.attisdropped
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
