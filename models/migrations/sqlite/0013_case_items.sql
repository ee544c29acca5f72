-- A case answers its own item and those that were taken into it: callers of one incident get one answer. The PostgreSQL
-- file of the same number makes the same tables.

CREATE TABLE case_item (case_id BIGINT NOT NULL, item_id BIGINT NOT NULL, PRIMARY KEY (case_id, item_id));
CREATE INDEX case_item_of ON case_item(item_id);
INSERT INTO case_item (case_id, item_id) SELECT id, item_id FROM case_file WHERE state <> 'void';

-- A merged case answers nothing any more, so its item may get a case of its own again.
DROP INDEX case_file_item;
CREATE UNIQUE INDEX case_file_item ON case_file(item_id) WHERE state NOT IN ('void','merged') AND NOT is_split;

-- The item points to its own case, not to one that was split off it.
UPDATE item SET case_id = (SELECT c.id FROM case_file c WHERE c.item_id = item.id AND c.state <> 'void' AND NOT c.is_split)
WHERE case_id IN (SELECT id FROM case_file WHERE is_split)
  AND EXISTS (SELECT 1 FROM case_file c WHERE c.item_id = item.id AND c.state <> 'void' AND NOT c.is_split);

-- Whether what else comes to the incident of its item goes into the case.
ALTER TABLE case_file ADD COLUMN takes_incident BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX case_file_takes ON case_file(id) WHERE takes_incident;

-- An answer goes back once for each item that it answers.
DROP INDEX backfill_state;
DROP INDEX backfill_of;
ALTER TABLE backfill RENAME TO backfill_of_replies;
CREATE TABLE backfill (
  reply_id BIGINT NOT NULL, item_id BIGINT NOT NULL, case_id BIGINT NOT NULL, source_id BIGINT NOT NULL, state TEXT NOT NULL,
  batch_id BIGINT, reason TEXT, at BIGINT NOT NULL, sent BIGINT NOT NULL, PRIMARY KEY (reply_id, item_id)
);
INSERT INTO backfill (reply_id, item_id, case_id, source_id, state, batch_id, reason, at, sent)
SELECT b.reply_id, c.item_id, b.case_id, b.source_id, b.state, b.batch_id, b.reason, b.at, b.sent
FROM backfill_of_replies b JOIN case_file c ON c.id = b.case_id;
DROP TABLE backfill_of_replies;
CREATE INDEX backfill_state ON backfill(source_id, state, reply_id);
CREATE INDEX backfill_of ON backfill(batch_id, reply_id);
