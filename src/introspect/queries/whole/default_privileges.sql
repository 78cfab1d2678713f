-- Privileges that objects get when they are made.
SELECT
    'default privileges',
    ARRAY[
        COALESCE(n.nspname::text, ''),
        pg_catalog.pg_get_userbyid(a.defaclrole)::text,
        CASE a.defaclobjtype
            WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
            WHEN 'n' THEN 'schemas' ELSE 'large objects'
        END
    ],
    pg_catalog.pg_get_userbyid(a.defaclrole)::text AS "acl owner",
    pg_catalog.array_to_string(a.defaclacl, E'\n') AS "acl",
    CASE
        WHEN a.defaclobjtype IN ('r', 'S', 'f', 'T', 'n')
        THEN pg_catalog.array_to_string(
            pg_catalog.acldefault(
                CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype::text END::"char", a.defaclrole
            ), E'\n'
        )
    END AS "acl default"
FROM pg_catalog.pg_default_acl AS a
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = a.defaclnamespace
WHERE n.nspname IS NULL OR n.nspname = ANY ($1)
