-- Events go by the month: what is older than the rule says is dropped with its table, in the place of row by row. An id begins
-- with its time, so months are ranges of ids. What no month was made for in time stands in `outbox_rest`. SQLite keeps one table.
ALTER TABLE outbox RENAME TO outbox_before;
ALTER TABLE outbox_before RENAME CONSTRAINT outbox_pkey TO outbox_before_pkey;
DROP INDEX outbox_seq;
DROP INDEX outbox_new;
CREATE TABLE outbox (
  id BIGINT PRIMARY KEY, seq BIGINT, at BIGINT NOT NULL, kind TEXT NOT NULL, item_id BIGINT, case_id BIGINT, data TEXT NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;
INSERT INTO outbox (id, seq, at, kind, item_id, case_id, data) SELECT id, seq, at, kind, item_id, case_id, data FROM outbox_before;
DROP TABLE outbox_before;
-- One hand gives the numbers: over all months no index can hold them apart.
CREATE INDEX outbox_seq ON outbox(seq) WHERE seq IS NOT NULL;
CREATE INDEX outbox_new ON outbox(id) WHERE seq IS NULL;
