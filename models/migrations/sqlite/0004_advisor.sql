-- What the helper model proposed, at most once for each item and incident. While one is being asked about, next_at is when
-- the asking ends, and asked_by who does it. The PostgreSQL file of the same number makes the same tables.

CREATE TABLE advice (
  item_id INTEGER PRIMARY KEY, item_version BIGINT NOT NULL, model TEXT NOT NULL, topics TEXT, why TEXT NOT NULL,
  at BIGINT NOT NULL, tries BIGINT NOT NULL, next_at BIGINT, asked_by TEXT
);

CREATE TABLE incident_advice (
  incident_id INTEGER PRIMARY KEY, text TEXT, item_ids TEXT NOT NULL, items BIGINT NOT NULL, model TEXT NOT NULL,
  at BIGINT NOT NULL, tries BIGINT NOT NULL, next_at BIGINT, asked_by TEXT
);
