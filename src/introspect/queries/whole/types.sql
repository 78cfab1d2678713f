-- Enums, domains, composite types, ranges and base types. What the server makes by itself (arrays, row types,
-- multiranges) follows from something else.
SELECT
    CASE t.typtype
        WHEN 'e' THEN 'enum'
        WHEN 'd' THEN 'domain'
        WHEN 'c' THEN 'composite type'
        WHEN 'r' THEN 'range type'
        ELSE 'base type'
    END,
    ARRAY[n.nspname::text, t.typname::text],
    CASE
        WHEN t.typtype = 'e'
        THEN (
            SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
            FROM pg_catalog.pg_enum AS e
            WHERE e.enumtypid = t.oid
        )
    END AS "values",
    CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS "type",
    CASE
        WHEN t.typtype = 'd' AND t.typcollation <> base.typcollation
        THEN (
            SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
            FROM pg_catalog.pg_collation AS co
            JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = t.typcollation
        )
    END AS "collation",
    CASE WHEN t.typtype = 'd' AND t.typnotnull THEN 'yes' END AS "not null",
    CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) END AS "default",
    CASE
        WHEN t.typtype = 'c'
        THEN (
            SELECT pg_catalog.string_agg(
                pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                || CASE
                    WHEN a.attcollation <> aty.typcollation
                    THEN ' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                    ELSE ''
                END,
                E'\n' ORDER BY a.attnum
            )
            FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_type AS aty ON aty.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
            LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        )
    END AS "attributes",
    pg_catalog.format_type(r.rngsubtype, NULL) AS "subtype",
    CASE WHEN NOT oc.opcdefault THEN pg_catalog.quote_ident(ocn.nspname) || '.' || pg_catalog.quote_ident(oc.opcname) END
        AS "operator class",
    CASE
        WHEN r.rngcollation <> sub.typcollation
        THEN (
            SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
            FROM pg_catalog.pg_collation AS co
            JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = r.rngcollation
        )
    END AS "range collation",
    CASE WHEN r.rngcanonical::oid <> 0 THEN r.rngcanonical::text END AS "canonical",
    CASE WHEN r.rngsubdiff::oid <> 0 THEN r.rngsubdiff::text END AS "difference",
    CASE WHEN t.typtype = 'b' THEN t.typinput::text END AS "input",
    CASE WHEN t.typtype = 'b' THEN t.typoutput::text END AS "output",
    CASE WHEN t.typtype = 'b' AND t.typreceive::oid <> 0 THEN t.typreceive::text END AS "receive",
    CASE WHEN t.typtype = 'b' AND t.typsend::oid <> 0 THEN t.typsend::text END AS "send",
    CASE WHEN t.typtype = 'b' AND t.typanalyze::oid <> 0 THEN t.typanalyze::text END AS "analyze",
    CASE WHEN t.typtype = 'b' AND t.typmodin::oid <> 0 THEN t.typmodin::text END AS "modifier input",
    CASE WHEN t.typtype = 'b' AND t.typmodout::oid <> 0 THEN t.typmodout::text END AS "modifier output",
    CASE
        WHEN t.typtype = 'b'
        THEN pg_catalog.concat_ws(
            ' ', 'length', t.typlen, CASE WHEN t.typbyval THEN 'by value' END, 'alignment', t.typalign::text,
            'storage', t.typstorage::text, 'category', t.typcategory::text, CASE WHEN t.typispreferred THEN 'preferred' END,
            'delimiter', t.typdelim::text, CASE WHEN t.typcollation <> 0 THEN 'collatable' END,
            CASE WHEN t.typelem <> 0 THEN 'element ' || pg_catalog.format_type(t.typelem, NULL) END,
            CASE WHEN t.typdefault IS NOT NULL THEN 'default ' || pg_catalog.quote_literal(t.typdefault) END
        )
    END AS "layout",
    pg_catalog.pg_get_userbyid(t.typowner)::text AS "owner",
    pg_catalog.array_to_string(t.typacl, E'\n') AS "acl",
    CASE
        WHEN t.typacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('T', t.typowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type AS base ON base.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_catalog.pg_type AS sub ON sub.oid = r.rngsubtype
LEFT JOIN pg_catalog.pg_opclass AS oc ON oc.oid = r.rngsubopc
LEFT JOIN pg_catalog.pg_namespace AS ocn ON ocn.oid = oc.opcnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_type'::regclass AND d.objsubid = 0
WHERE n.nspname = ANY ($1)
    AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'b' AND t.typcategory <> 'A')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e'
    )
