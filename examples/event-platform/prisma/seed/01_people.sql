INSERT INTO people (email, name) VALUES
  ('ada@example.com', 'Ada'),
  ('emmy@example.com', 'Emmy'),
  ('grace@example.com', 'Grace')
ON CONFLICT (email) DO NOTHING;
