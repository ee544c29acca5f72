-- Reports. The SQLite file of the same number makes the same tables.

-- The days on which matters were reported, see AT in store/reports/counts.rs.
CREATE INDEX item_reported ON item((CASE WHEN occurred_at < first_seen_at THEN occurred_at ELSE first_seen_at END));
CREATE INDEX alert_fired ON alert(first_at);

-- Kept reports. Days are YYYY-MM-DD; `body` holds figures, what editors wrote and what was done, `digest` is of the figures.
CREATE TABLE report (
  id BIGINT PRIMARY KEY, kind TEXT NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL, scope TEXT NOT NULL, state TEXT NOT NULL,
  number TEXT UNIQUE, cutoff BIGINT NOT NULL, digest TEXT NOT NULL, version BIGINT NOT NULL, changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL, body TEXT NOT NULL
);
-- Of the same days and scope one at a time is being worked on.
CREATE UNIQUE INDEX report_open ON report(kind, from_day, to_day, scope) WHERE state <> 'approved';
CREATE INDEX report_of ON report(kind, from_day);
CREATE TABLE report_number (kind TEXT NOT NULL, year BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (kind, year));

-- The items that a kept report counts, with the marks by which it counts them.
CREATE TABLE report_item (
  report_id BIGINT NOT NULL, at BIGINT NOT NULL, item_id BIGINT NOT NULL, channel TEXT NOT NULL, main_topic TEXT, town TEXT,
  urgency BIGINT NOT NULL, PRIMARY KEY (report_id, at, item_id)
);

-- A notice may be about one.
ALTER TABLE notice_event ADD COLUMN report_id BIGINT;
CREATE INDEX notice_event_report ON notice_event(report_id, kind) WHERE report_id IS NOT NULL;
