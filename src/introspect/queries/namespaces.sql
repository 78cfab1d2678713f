-- Every namespace, because a foreign key or a type may come from outside the scope.
SELECT n.oid, n.nspname
FROM pg_catalog.pg_namespace AS n
