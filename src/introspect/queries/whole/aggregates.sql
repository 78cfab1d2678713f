-- Aggregates.
SELECT
    'aggregate',
    ARRAY[n.nspname::text, p.proname::text, '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'],
    CASE g.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical set' END AS "form",
    g.aggtransfn::regproc::text AS "sfunc",
    pg_catalog.format_type(g.aggtranstype, NULL) AS "stype",
    CASE WHEN g.aggtransspace <> 0 THEN g.aggtransspace::text END AS "sspace",
    CASE WHEN g.aggfinalfn::oid <> 0 THEN g.aggfinalfn::regproc::text END AS "finalfunc",
    CASE WHEN g.aggfinalextra THEN 'yes' END AS "finalfunc_extra",
    CASE WHEN g.aggcombinefn::oid <> 0 THEN g.aggcombinefn::regproc::text END AS "combinefunc",
    CASE WHEN g.aggserialfn::oid <> 0 THEN g.aggserialfn::regproc::text END AS "serialfunc",
    CASE WHEN g.aggdeserialfn::oid <> 0 THEN g.aggdeserialfn::regproc::text END AS "deserialfunc",
    g.agginitval AS "initcond",
    CASE WHEN g.aggmtransfn::oid <> 0 THEN g.aggmtransfn::regproc::text END AS "msfunc",
    CASE WHEN g.aggminvtransfn::oid <> 0 THEN g.aggminvtransfn::regproc::text END AS "minvfunc",
    CASE WHEN g.aggmtranstype <> 0 THEN pg_catalog.format_type(g.aggmtranstype, NULL) END AS "mstype",
    CASE WHEN g.aggmfinalfn::oid <> 0 THEN g.aggmfinalfn::regproc::text END AS "mfinalfunc",
    g.aggminitval AS "minitcond",
    CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END AS "sortop",
    CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS "parallel",
    pg_catalog.pg_get_userbyid(p.proowner)::text AS "owner",
    pg_catalog.array_to_string(p.proacl, E'\n') AS "acl",
    CASE
        WHEN p.proacl IS NOT NULL
        THEN pg_catalog.array_to_string(pg_catalog.acldefault('f', p.proowner), E'\n')
    END AS "acl default",
    d.description AS "comment"
FROM pg_catalog.pg_aggregate AS g
JOIN pg_catalog.pg_proc AS p ON p.oid = g.aggfnoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass
WHERE n.nspname = ANY ($1)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'
    )
