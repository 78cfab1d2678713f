-- Installed extensions.
SELECT e.oid, e.extname, e.extnamespace, e.extversion, e.extrelocatable
FROM pg_catalog.pg_extension AS e
