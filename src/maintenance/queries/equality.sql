-- Which operator families know the operators by which foreign keys are checked.
SELECT DISTINCT m.amopopr, m.amopfamily
FROM pg_catalog.pg_constraint AS k
CROSS JOIN LATERAL pg_catalog.unnest(k.conpfeqop) AS key (operator)
JOIN pg_catalog.pg_operator AS o ON o.oid = key.operator
JOIN pg_catalog.pg_amop AS m ON m.amopopr = o.oprcom AND m.amoppurpose = 's'
WHERE k.contype = 'f'
