-- Approved answers on their way back to the platforms that sent the matters. The SQLite file of the same number makes
-- the same tables.

CREATE TABLE backfill_batch (
  id BIGINT PRIMARY KEY, source_id BIGINT NOT NULL, made_at BIGINT NOT NULL, made_by TEXT NOT NULL, answers BIGINT NOT NULL
);
CREATE INDEX backfill_batch_of ON backfill_batch(source_id, id);

-- An answer stands here once: waiting, sent in a batch, accepted, or rejected with a reason and then waiting again.
CREATE TABLE backfill (
  reply_id BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, source_id BIGINT NOT NULL, state TEXT NOT NULL, batch_id BIGINT,
  reason TEXT, at BIGINT NOT NULL, sent BIGINT NOT NULL
);
CREATE INDEX backfill_state ON backfill(source_id, state, reply_id);
CREATE INDEX backfill_of ON backfill(batch_id, reply_id);

-- The columns of the sheet for a source, where they are not those that a new source has.
CREATE TABLE backfill_columns (
  source_id BIGINT PRIMARY KEY, columns TEXT NOT NULL, version BIGINT NOT NULL, changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL
);

INSERT INTO backfill (reply_id, case_id, source_id, state, batch_id, reason, at, sent)
SELECT r.id, r.case_id, i.source_id, 'waiting', NULL, NULL, c.changed_at, 0
FROM reply r JOIN case_file c ON c.id = r.case_id JOIN item i ON i.id = c.item_id JOIN source s ON s.id = i.source_id
WHERE (r.body::jsonb ->> 'review') = 'approved' AND s.mode = 'handle' AND i.external_id NOT LIKE 'sha:%'
  AND i.channel IN ('hotline','complaint','petition');
