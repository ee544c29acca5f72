-- What happened, for programs of others. The PostgreSQL file of the same number makes the same tables.

-- Written with its cause; `seq` is given afterwards, by one hand, so that whoever reads from a number on misses nothing. `data`
-- holds ids, codes and times, never text. Either `item_id` or `case_id` says what it is about.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, seq BIGINT, at BIGINT NOT NULL, kind TEXT NOT NULL, item_id BIGINT, case_id BIGINT, data TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_seq ON outbox(seq) WHERE seq IS NOT NULL;
CREATE INDEX outbox_new ON outbox(id) WHERE seq IS NULL;
-- The last number that was given, and up to which number events were dropped because of their age.
CREATE TABLE outbox_head (one BIGINT PRIMARY KEY, seq BIGINT NOT NULL, dropped BIGINT NOT NULL);
INSERT INTO outbox_head (one, seq, dropped) VALUES (1, 0, 0);

-- Whom events are sent to. `seen` is the number of the last event that arrived there or was not for it.
CREATE TABLE webhook (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, enabled BOOLEAN NOT NULL, settings TEXT NOT NULL, secret_id BIGINT NOT NULL,
  version BIGINT NOT NULL, changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL, seen BIGINT NOT NULL, tries BIGINT NOT NULL,
  next_at BIGINT NOT NULL, error TEXT, arrived_at BIGINT, lease_by TEXT, lease_until BIGINT NOT NULL
);
