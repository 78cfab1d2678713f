-- Collations and conversions. The version of a collation is the operating system's.
SELECT
    'collation',
    ARRAY[n.nspname::text, c.collname::text],
    CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' END AS "provider",
    COALESCE(found.collcollate, found.colliculocale, found.colllocale) AS "locale",
    CASE WHEN found.collctype <> found.collcollate THEN found.collctype END AS "character type",
    found.collicurules AS "rules",
    CASE WHEN NOT found.collisdeterministic THEN 'no' END AS "deterministic",
    NULL::text AS "from",
    NULL::text AS "to",
    NULL::text AS "function",
    NULL::text AS "default",
    pg_catalog.pg_get_userbyid(c.collowner)::text AS "owner",
    d.description AS "comment"
FROM pg_catalog.pg_collation AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_collation'::regclass
CROSS JOIN (
    SELECT
        NULL::text AS collcollate, NULL::text AS collctype, NULL::text AS colliculocale, NULL::text AS colllocale,
        NULL::text AS collicurules, true AS collisdeterministic
) AS absent
CROSS JOIN LATERAL (
    SELECT
        collcollate::text, collctype::text, colliculocale::text, colllocale::text, collicurules::text,
        collisdeterministic
    FROM (SELECT c.*) AS known
) AS found
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_collation'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'conversion',
    ARRAY[n.nspname::text, c.conname::text],
    NULL, NULL, NULL, NULL, NULL,
    pg_catalog.pg_encoding_to_char(c.conforencoding)::text,
    pg_catalog.pg_encoding_to_char(c.contoencoding)::text,
    c.conproc::text,
    CASE WHEN c.condefault THEN 'yes' END,
    pg_catalog.pg_get_userbyid(c.conowner)::text,
    d.description
FROM pg_catalog.pg_conversion AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_conversion'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_conversion'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
