-- Sources of every kind, records that appear at several places or are withdrawn, quarantine that is worked
-- through, and receipts of what was pushed. The PostgreSQL file of the same number makes the same tables.

ALTER TABLE source ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE source ADD COLUMN secret_id BIGINT;
ALTER TABLE source ADD COLUMN token_digest TEXT;
ALTER TABLE source ADD COLUMN moved_to TEXT;
ALTER TABLE source ADD COLUMN cursor TEXT;
ALTER TABLE source ADD COLUMN pace_s BIGINT;
ALTER TABLE source ADD COLUMN removed_at BIGINT;
CREATE UNIQUE INDEX source_token ON source(token_digest) WHERE token_digest IS NOT NULL;

ALTER TABLE item ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE item ADD COLUMN language TEXT;
ALTER TABLE item ADD COLUMN appearances BIGINT NOT NULL DEFAULT 1;

CREATE TABLE appearance (
  id INTEGER PRIMARY KEY, item_id BIGINT NOT NULL, source_id BIGINT NOT NULL, external_id TEXT NOT NULL, url TEXT,
  at BIGINT NOT NULL, digest TEXT NOT NULL, by_url BOOLEAN NOT NULL, sealed_id BIGINT NOT NULL, UNIQUE (source_id, external_id)
);
CREATE INDEX appearance_item ON appearance(item_id);

CREATE TABLE item_link (digest TEXT PRIMARY KEY, item_id BIGINT NOT NULL) WITHOUT ROWID;

ALTER TABLE quarantine ADD COLUMN kind TEXT NOT NULL DEFAULT 'other';
ALTER TABLE quarantine ADD COLUMN form TEXT NOT NULL DEFAULT 'row';
ALTER TABLE quarantine ADD COLUMN closed_at BIGINT;
ALTER TABLE quarantine ADD COLUMN closed_as TEXT;
ALTER TABLE quarantine ADD COLUMN closed_note TEXT;
CREATE INDEX quarantine_open ON quarantine(source_id, kind, id) WHERE closed_at IS NULL;

CREATE TABLE receipt (
  id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, key_digest TEXT NOT NULL, body_digest TEXT NOT NULL, at BIGINT NOT NULL,
  status BIGINT NOT NULL, answer TEXT NOT NULL, UNIQUE (source_id, key_digest)
);
