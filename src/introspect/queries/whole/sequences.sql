-- Sequences that have a name of their own; those of identity columns are the column's. Where they stand is data.
SELECT
    'sequence',
    ARRAY[n.nspname::text, c.relname::text],
    pg_catalog.format_type(s.seqtypid, NULL) AS "type",
    s.seqincrement::text AS "increment",
    s.seqmin::text AS "minimum",
    s.seqmax::text AS "maximum",
    s.seqstart::text AS "start",
    s.seqcache::text AS "cache",
    CASE WHEN s.seqcycle THEN 'yes' END AS "cycle",
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS "persistence",
    owner.refobjid::regclass::text || '.' || pg_catalog.quote_ident(a.attname) AS "owned by",
    pg_catalog.pg_get_userbyid(c.relowner)::text AS "owner",
    pg_catalog.array_to_string(c.relacl, E'\n') AS "acl",
    CASE
        WHEN c.relacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('s', c.relowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS owner
    ON owner.classid = 'pg_catalog.pg_class'::regclass
    AND owner.objid = c.oid
    AND owner.refclassid = 'pg_catalog.pg_class'::regclass
    AND owner.refobjsubid > 0
    AND owner.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = owner.refobjid AND a.attnum = owner.refobjsubid
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
WHERE n.nspname = ANY ($1)
    AND owner.deptype IS DISTINCT FROM 'i'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
