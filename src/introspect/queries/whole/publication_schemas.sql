-- Publications of whole namespaces, which there are since 15.
SELECT
    'publication',
    ARRAY[p.pubname::text],
    pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', ' ORDER BY n.nspname) AS "schemas"
FROM pg_catalog.pg_publication_namespace AS m
JOIN pg_catalog.pg_publication AS p ON p.oid = m.pnpubid
JOIN pg_catalog.pg_namespace AS n ON n.oid = m.pnnspid
GROUP BY p.pubname
