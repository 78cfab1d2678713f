-- The family of each operator class.
SELECT o.oid, o.opcfamily
FROM pg_catalog.pg_opclass AS o
