-- Since when it is known what should be in the database: NULL is since the first migration. What was different at that
-- time already is taken for right, because nobody had recorded what the migrations made.
ALTER TABLE snapshot ADD COLUMN baseline timestamptz;

-- Until now every snapshot took what it found for right.
UPDATE snapshot SET baseline = taken_at;
