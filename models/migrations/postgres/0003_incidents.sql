-- Incidents: items about one matter, the index under which they are found, and what people changed by hand. The SQLite
-- file of the same number makes the same tables.

CREATE TABLE incident (
  id BIGINT PRIMARY KEY, title TEXT NOT NULL, confidential BOOLEAN NOT NULL, merged_into BIGINT, items BIGINT NOT NULL,
  callers BIGINT NOT NULL, channels TEXT NOT NULL, topic TEXT, town TEXT, urgency BIGINT NOT NULL, first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL, heat DOUBLE PRECISION NOT NULL, heat_at BIGINT NOT NULL
);
CREATE INDEX incident_hot ON incident(heat, id) WHERE merged_into IS NULL AND items > 0;
CREATE INDEX incident_merged ON incident(merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE incident_member (
  item_id BIGINT PRIMARY KEY, incident_id BIGINT NOT NULL, at BIGINT NOT NULL, kinship DOUBLE PRECISION, by_person BOOLEAN NOT NULL,
  told BOOLEAN NOT NULL
);
CREATE INDEX incident_member_of ON incident_member(incident_id, at, item_id);

CREATE TABLE incident_move (
  id BIGINT PRIMARY KEY, item_id BIGINT NOT NULL, source_id BIGINT NOT NULL, target_id BIGINT NOT NULL, at BIGINT NOT NULL,
  actor TEXT NOT NULL, why TEXT NOT NULL
);
CREATE INDEX incident_move_item ON incident_move(item_id);
CREATE INDEX incident_move_source ON incident_move(source_id, id);
CREATE INDEX incident_move_target ON incident_move(target_id, id);

CREATE TABLE incident_apart (one BIGINT NOT NULL, other BIGINT NOT NULL, PRIMARY KEY (one, other));
CREATE TABLE incident_caller (incident_id BIGINT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (incident_id, digest));

CREATE TABLE item_signature (item_id BIGINT PRIMARY KEY, signature BYTEA NOT NULL);
CREATE TABLE incident_term (term BIGINT PRIMARY KEY, holders BYTEA NOT NULL);

CREATE TABLE join_stage (one BIGINT PRIMARY KEY, lease_by TEXT, lease_until BIGINT NOT NULL, changes BIGINT NOT NULL);
INSERT INTO join_stage (one, lease_until, changes) VALUES (1, 0, 0);

-- In how many items of a day a word stands, to tell which words rise; days since 1970 in Asia/Shanghai.
CREATE TABLE word_day (day BIGINT NOT NULL, word TEXT NOT NULL, items BIGINT NOT NULL, PRIMARY KEY (word, day));
CREATE INDEX word_day_of ON word_day(day, items);
CREATE TABLE counted_day (day BIGINT PRIMARY KEY, items BIGINT NOT NULL, counted_at BIGINT NOT NULL);

-- Items that were judged before there were incidents are joined as if they came now.
INSERT INTO work (stage, subject, ready_at, lease_until, attempts)
  SELECT 'join', id, updated_at, 0, 0 FROM item WHERE judged_version > 0;
