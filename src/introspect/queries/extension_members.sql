-- Tables, views and types that belong to an extension.
SELECT d.objid, d.classid = 'pg_catalog.pg_type'::regclass, d.refobjid
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass
    AND d.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass)
    AND d.deptype = 'e'
