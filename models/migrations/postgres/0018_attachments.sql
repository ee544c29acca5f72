-- Files that were added to cases. The SQLite file of the same number makes the same tables.

-- `name` and `note` are masked, and empty once it was removed; the name as it was sent stands in `sealed`, with the key of
-- the pieces. `digest` is keyed.
CREATE TABLE attachment (
  id BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, reply_id BIGINT, department TEXT, with_reply BOOLEAN NOT NULL, kind TEXT NOT NULL,
  size BIGINT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, digest TEXT NOT NULL, sealed_id BIGINT NOT NULL,
  added_at BIGINT NOT NULL, added_by TEXT NOT NULL, removed_at BIGINT, removed_by TEXT, removed_because TEXT
);
CREATE INDEX attachment_of ON attachment(case_id, id);

-- Its content, sealed piece by piece, so that nobody holds all of it.
CREATE TABLE attachment_piece (
  attachment_id BIGINT NOT NULL, place BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (attachment_id, place)
);
-- What is sealed does not get smaller; trying costs time.
ALTER TABLE attachment_piece ALTER COLUMN body SET STORAGE EXTERNAL;
