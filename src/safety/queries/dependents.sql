-- What depends on tables, columns and enums that are about to be dropped, or to get another type: what the server
-- would refuse to leave behind (blocks), and what it would drop along without a word (goes).
-- $1 to $4, one element for each target: namespace; table or type; column, or an empty text; what is to happen.
-- The rules are those of the server (PostgreSQL documentation, "Dependency Tracking" and "ALTER TABLE").
WITH asked AS (
    SELECT t.namespace, t.name, t.attribute, t.action, t.nth
    FROM ROWS FROM (
        pg_catalog.unnest($1::text[]),
        pg_catalog.unnest($2::text[]),
        pg_catalog.unnest($3::text[]),
        pg_catalog.unnest($4::text[])
    ) WITH ORDINALITY AS t (namespace, name, attribute, action, nth)
),
relations AS (
    SELECT asked.nth, asked.action, c.oid AS relation, c.reltype, a.attnum, a.attinhcount
    FROM asked
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.namespace
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = asked.name
    LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid AND a.attname = asked.attribute AND a.attnum > 0 AND NOT a.attisdropped
    WHERE asked.action <> 'drop-type'
        AND c.relkind IN ('r', 'p')
),
types AS (
    SELECT asked.nth, asked.action, part.oid AS type
    FROM asked
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = asked.namespace
    JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid AND t.typname = asked.name
    CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray)) AS part (oid)
    WHERE asked.action = 'drop-type'
    UNION ALL
    -- A table is a type too.
    SELECT r.nth, r.action, part.oid
    FROM relations AS r
    JOIN pg_catalog.pg_type AS t ON t.oid = r.reltype
    CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray)) AS part (oid)
    WHERE r.action = 'drop-table'
),
edges AS (
    SELECT r.nth, r.action, r.relation, r.attnum, d.classid, d.objid, d.objsubid, d.deptype
    FROM relations AS r
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = r.relation
        AND (r.action = 'drop-table' OR d.refobjsubid = r.attnum)
    UNION ALL
    SELECT t.nth, t.action, NULL, NULL, d.classid, d.objid, d.objsubid, d.deptype
    FROM types AS t
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.type
),
found AS (
    SELECT
        e.nth,
        e.action,
        e.classid,
        e.objid,
        e.objsubid,
        -- What goes along by one way is not in the way by another.
        pg_catalog.bool_or(e.deptype IN ('a', 'i')) AS goes,
        pg_catalog.bool_or(e.deptype = 'n') AS stays
    FROM edges AS e
    WHERE e.deptype IN ('a', 'i', 'n')
        -- The partition key and the column's own default.
        AND NOT (e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = e.relation AND e.objsubid = 0)
        AND NOT (
            e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            AND EXISTS (
                SELECT FROM pg_catalog.pg_attrdef AS own
                WHERE own.oid = e.objid AND own.adrelid = e.relation AND own.adnum = e.attnum
            )
        )
    GROUP BY e.nth, e.action, e.classid, e.objid, e.objsubid
),
dependents AS (
    SELECT
        f.nth,
        f.action,
        f.goes,
        f.stays,
        f.classid AS class,
        -- A view is found by its rule, a generated column by its expression.
        CASE
            WHEN v.oid IS NOT NULL THEN 'pg_catalog.pg_class'::pg_catalog.regclass
            WHEN g.oid IS NOT NULL THEN 'pg_catalog.pg_class'::pg_catalog.regclass
            ELSE f.classid
        END AS classid,
        COALESCE(v.oid, g.adrelid, f.objid) AS objid,
        COALESCE(g.adnum, CASE WHEN w.oid IS NULL THEN f.objsubid ELSE 0 END) AS objsubid
    FROM found AS f
    LEFT JOIN pg_catalog.pg_rewrite AS rule
        ON f.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND rule.oid = f.objid
    LEFT JOIN pg_catalog.pg_class AS v ON v.oid = rule.ev_class AND v.relkind IN ('v', 'm')
    -- Of a view the columns do not count.
    LEFT JOIN pg_catalog.pg_class AS w
        ON f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND w.oid = f.objid AND w.relkind IN ('v', 'm')
    LEFT JOIN pg_catalog.pg_attrdef AS g
        ON f.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND g.oid = f.objid
),
judged AS (
    SELECT
        d.nth,
        d.classid,
        d.objid,
        d.objsubid,
        CASE
            WHEN d.action = 'retype' THEN
                -- Constraints, indexes and statistics are rebuilt by the server.
                d.class IN (
                    'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                    'pg_catalog.pg_policy'::pg_catalog.regclass,
                    'pg_catalog.pg_trigger'::pg_catalog.regclass,
                    'pg_catalog.pg_attrdef'::pg_catalog.regclass,
                    'pg_catalog.pg_proc'::pg_catalog.regclass,
                    'pg_catalog.pg_publication_rel'::pg_catalog.regclass
                )
                OR (d.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0)
            ELSE d.stays AND NOT d.goes
        END AS blocks,
        d.action = 'drop-column' AND d.goes AS goes,
        NULL AS role
    FROM dependents AS d
    UNION ALL
    -- The column is that of a parent table.
    SELECT r.nth, 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhparent, 0, true, false, 'parent table'
    FROM relations AS r
    JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = r.relation
    JOIN pg_catalog.pg_attribute AS own ON own.attrelid = r.relation AND own.attnum = r.attnum
    JOIN pg_catalog.pg_attribute AS of_parent
        ON of_parent.attrelid = i.inhparent AND of_parent.attname = own.attname AND NOT of_parent.attisdropped
    WHERE r.attinhcount > 0
    UNION ALL
    -- The column is part of the partition key.
    SELECT r.nth, 'pg_catalog.pg_class'::pg_catalog.regclass, r.relation, 0, true, false, 'partition key'
    FROM relations AS r
    JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = r.relation
    WHERE r.attnum = ANY (p.partattrs::int2[])
)
SELECT DISTINCT
    j.nth,
    j.blocks,
    COALESCE(j.role, identity.type),
    identity.identity,
    n.nspname,
    c.relname,
    COALESCE(a.attname, k.conname, x.relname)::text
FROM judged AS j
CROSS JOIN LATERAL pg_catalog.pg_identify_object(j.classid, j.objid, j.objsubid) AS identity
LEFT JOIN pg_catalog.pg_attribute AS a
    ON j.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.attrelid = j.objid AND a.attnum = j.objsubid
    AND j.objsubid > 0
LEFT JOIN pg_catalog.pg_constraint AS k
    ON j.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = j.objid
LEFT JOIN pg_catalog.pg_index AS i
    ON j.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = j.objid
LEFT JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_class AS c
    ON c.oid = COALESCE(
        a.attrelid,
        k.conrelid,
        i.indrelid,
        CASE WHEN j.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN j.objid END
    )
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE (j.blocks OR j.goes)
    -- A sequence goes with its column.
    AND (c.relkind IS DISTINCT FROM 'S')
    -- That a column is required is known from the column (18 has constraints for it).
    AND k.contype IS DISTINCT FROM 'n'
    -- The types that come with a table or an enum.
    AND NOT (j.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND NOT j.blocks)
ORDER BY 1, 3, 4
