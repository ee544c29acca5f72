-- Cases that another platform runs and we watch, with their timelines. The PostgreSQL file of the same number makes the same tables.

-- One row for an item of a source in mirror mode. `sort_at` is the platform's due time, or where it gives none, ours.
CREATE TABLE mirrored (
  item_id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, number TEXT NOT NULL, office TEXT, department TEXT, finished BOOLEAN NOT NULL,
  due_at BIGINT, sort_at BIGINT, unsatisfied BOOLEAN NOT NULL, watched BOOLEAN NOT NULL, pressed BIGINT NOT NULL,
  version BIGINT NOT NULL, changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX mirrored_open ON mirrored(sort_at, item_id) WHERE NOT finished;
CREATE INDEX mirrored_department ON mirrored(department, sort_at);
CREATE INDEX mirrored_number ON mirrored(number);

CREATE TABLE mirrored_line (id INTEGER PRIMARY KEY, item_id BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX mirrored_line_of ON mirrored_line(item_id, id);

-- A notice may be about one.
ALTER TABLE notice_event ADD COLUMN mirrored_id BIGINT;
CREATE INDEX notice_event_mirrored ON notice_event(mirrored_id, kind) WHERE mirrored_id IS NOT NULL;

-- For what a rule catches of a time against what it caught in the weeks before.
CREATE INDEX incident_member_at ON incident_member(at);

-- Items that were judged before there were mirrored cases are looked at once more.
INSERT INTO work (stage, subject, ready_at, lease_until, attempts)
  SELECT 'route', i.id, i.updated_at, 0, 0 FROM item i JOIN source s ON s.id = i.source_id
  WHERE s.mode = 'mirror' AND i.judged_version > 0 AND i.channel IN ('hotline', 'complaint', 'petition')
    AND i.external_id NOT LIKE 'sha:%'
ON CONFLICT DO NOTHING;
