-- Operators, operator families and operator classes with their members.
SELECT
    'operator',
    ARRAY[
        n.nspname::text,
        o.oprname::text,
        '(' || pg_catalog.concat_ws(
            ', ',
            CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
            CASE WHEN o.oprright = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END
        ) || ')'
    ],
    o.oprcode::text AS "function",
    CASE WHEN o.oprcom <> 0 THEN o.oprcom::regoperator::text END AS "commutator",
    CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::regoperator::text END AS "negator",
    CASE WHEN o.oprrest::oid <> 0 THEN o.oprrest::text END AS "restrict",
    CASE WHEN o.oprjoin::oid <> 0 THEN o.oprjoin::text END AS "join",
    CASE WHEN o.oprcanhash THEN 'yes' END AS "hashes",
    CASE WHEN o.oprcanmerge THEN 'yes' END AS "merges",
    NULL::text AS "method",
    NULL::text AS "family",
    NULL::text AS "type",
    NULL::text AS "default",
    NULL::text AS "members",
    pg_catalog.pg_get_userbyid(o.oprowner)::text AS "owner",
    d.description AS "comment"
FROM pg_catalog.pg_operator AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = o.oid AND d.classoid = 'pg_catalog.pg_operator'::regclass
WHERE n.nspname = ANY ($1)
    -- One that is only promised, as the commutator of another.
    AND o.oprcode::oid <> 0
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'operator family',
    ARRAY[n.nspname::text, f.opfname::text, 'USING ' || am.amname],
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    (
        SELECT pg_catalog.string_agg(member, E'\n' ORDER BY member)
        FROM (
            -- Members that come with a class are the class's.
            SELECT 'OPERATOR ' || a.amopstrategy || ' ' || a.amopopr::regoperator::text AS member
            FROM pg_catalog.pg_amop AS a
            WHERE a.amopfamily = f.oid
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend AS dep
                    WHERE dep.classid = 'pg_catalog.pg_amop'::regclass AND dep.objid = a.oid
                        AND dep.refclassid = 'pg_catalog.pg_opclass'::regclass
                )
            UNION ALL
            SELECT
                'FUNCTION ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, NULL) || ', '
                || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::oid::regprocedure::text
            FROM pg_catalog.pg_amproc AS p
            WHERE p.amprocfamily = f.oid
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend AS dep
                    WHERE dep.classid = 'pg_catalog.pg_amproc'::regclass AND dep.objid = p.oid
                        AND dep.refclassid = 'pg_catalog.pg_opclass'::regclass
                )
        ) AS members
    ),
    pg_catalog.pg_get_userbyid(f.opfowner)::text,
    d.description
FROM pg_catalog.pg_opfamily AS f
JOIN pg_catalog.pg_namespace AS n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = f.opfmethod
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = f.oid AND d.classoid = 'pg_catalog.pg_opfamily'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_opfamily'::regclass AND e.objid = f.oid AND e.deptype = 'e'
    )
UNION ALL
SELECT
    'operator class',
    ARRAY[n.nspname::text, c.opcname::text, 'USING ' || am.amname],
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL,
    pg_catalog.quote_ident(fn.nspname) || '.' || pg_catalog.quote_ident(f.opfname),
    pg_catalog.format_type(c.opcintype, NULL),
    CASE WHEN c.opcdefault THEN 'yes' END,
    (
        SELECT pg_catalog.string_agg(member, E'\n' ORDER BY member)
        FROM (
            SELECT 'OPERATOR ' || a.amopstrategy || ' ' || a.amopopr::regoperator::text AS member
            FROM pg_catalog.pg_amop AS a
            JOIN pg_catalog.pg_depend AS dep
                ON dep.classid = 'pg_catalog.pg_amop'::regclass AND dep.objid = a.oid
                AND dep.refclassid = 'pg_catalog.pg_opclass'::regclass AND dep.refobjid = c.oid
            UNION ALL
            SELECT 'FUNCTION ' || p.amprocnum || ' ' || p.amproc::oid::regprocedure::text
            FROM pg_catalog.pg_amproc AS p
            JOIN pg_catalog.pg_depend AS dep
                ON dep.classid = 'pg_catalog.pg_amproc'::regclass AND dep.objid = p.oid
                AND dep.refclassid = 'pg_catalog.pg_opclass'::regclass AND dep.refobjid = c.oid
            UNION ALL
            SELECT 'STORAGE ' || pg_catalog.format_type(c.opckeytype, NULL)
            WHERE c.opckeytype <> 0
        ) AS members
    ),
    pg_catalog.pg_get_userbyid(c.opcowner)::text,
    d.description
FROM pg_catalog.pg_opclass AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.opcnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = c.opcmethod
JOIN pg_catalog.pg_opfamily AS f ON f.oid = c.opcfamily
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.opfnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_opclass'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_opclass'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
