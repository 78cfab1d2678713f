-- Functions, window functions and procedures.
SELECT
    CASE found.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
    ARRAY[
        n.nspname::text,
        p.proname::text,
        '(' || pg_catalog.array_to_string(ARRAY(
            SELECT pg_catalog.format_type(t.ty, NULL)
            FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS t (ty, position)
            ORDER BY t.position
        ), ', ') || ')'
    ],
    pg_catalog.pg_get_function_arguments(p.oid) AS "arguments",
    pg_catalog.pg_get_function_result(p.oid) AS "returns",
    l.lanname::text AS "language",
    CASE found.prokind WHEN 'w' THEN 'yes' END AS "window",
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS "volatility",
    CASE WHEN p.proisstrict THEN 'yes' END AS "strict",
    CASE WHEN p.prosecdef THEN 'definer' END AS "security",
    CASE WHEN p.proleakproof THEN 'yes' END AS "leakproof",
    CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS "parallel",
    p.procost::text AS "cost",
    CASE WHEN p.proretset THEN p.prorows::text END AS "rows",
    CASE WHEN found.prosupport::oid <> 0 THEN found.prosupport::text END AS "support",
    (SELECT pg_catalog.string_agg(s, E'\n' ORDER BY s) FROM pg_catalog.unnest(p.proconfig) AS s) AS "settings",
    (
        SELECT pg_catalog.string_agg(pg_catalog.format_type(t.ty, NULL), ', ' ORDER BY t.ty)
        FROM pg_catalog.unnest(p.protrftypes) AS t (ty)
    ) AS "transforms",
    p.probin AS "library",
    CASE
        -- A body in the standard's form is kept as a tree and printed with the definition alone.
        WHEN p.prosrc = '' THEN pg_catalog.substring(pg_catalog.pg_get_functiondef(p.oid), '\n((?:BEGIN ATOMIC|RETURN ).*)$')
        ELSE p.prosrc
    END AS "body",
    pg_catalog.pg_get_functiondef(p.oid) AS "sql",
    pg_catalog.pg_get_userbyid(p.proowner)::text AS "owner",
    pg_catalog.array_to_string(p.proacl, E'\n') AS "acl",
    CASE
        WHEN p.proacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('f', p.proowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass
CROSS JOIN (SELECT 'f'::"char" AS prokind, 0::regproc AS prosupport) AS absent
CROSS JOIN LATERAL (SELECT prokind, prosupport FROM (SELECT p.*) AS known) AS found
WHERE n.nspname = ANY ($1)
    AND found.prokind <> 'a'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        -- Of an extension, or made together with a range type.
        WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i')
    )
