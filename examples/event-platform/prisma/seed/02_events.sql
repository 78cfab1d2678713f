INSERT INTO rooms (name, seats) VALUES ('Great hall', 120), ('Library', 24) ON CONFLICT (name) DO NOTHING;

INSERT INTO events (title, starts_at, room_id)
SELECT 'Opening night', '2026-09-01 19:00:00+00', id FROM rooms WHERE name = 'Great hall'
AND NOT EXISTS (SELECT FROM events WHERE title = 'Opening night');

INSERT INTO bookings (person_id, event_id)
SELECT people.id, events.id FROM people, events ON CONFLICT (person_id, event_id) DO NOTHING;
