-- All operator classes; there are few.
SELECT o.oid, o.opcname, o.opcdefault
FROM pg_catalog.pg_opclass AS o
