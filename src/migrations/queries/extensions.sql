-- $1: names of extensions. Which are there, and which the user may add. `trusted` is unknown before 13.
SELECT
    wanted.name,
    available.name IS NOT NULL AS available,
    available.installed_version IS NOT NULL AS installed,
    COALESCE(version.superuser AND NOT COALESCE((pg_catalog.to_jsonb(version) ->> 'trusted')::boolean, false), false)
        AS needs_superuser
FROM pg_catalog.unnest($1) WITH ORDINALITY AS wanted (name, position)
LEFT JOIN pg_catalog.pg_available_extensions AS available ON available.name = wanted.name
LEFT JOIN pg_catalog.pg_available_extension_versions AS version
    ON version.name = available.name AND version.version = available.default_version
ORDER BY wanted.position
