-- Agreed wordings, reply templates, drafts of replies and promises. The PostgreSQL file of the same number makes the same tables.

CREATE TABLE line (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, confidential BOOLEAN NOT NULL, version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL, body TEXT NOT NULL
);
-- Whose matter a line is; a line without rows here is every department's.
CREATE TABLE line_department (line_id BIGINT NOT NULL, department TEXT NOT NULL, PRIMARY KEY (line_id, department)) WITHOUT ROWID;
CREATE TABLE line_version (
  line_id BIGINT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (line_id, version)
);

CREATE TABLE reply_template (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, department TEXT, version BIGINT NOT NULL, changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL, body TEXT NOT NULL
);

-- What a department has written of its reply so far, sealed; one that another's overtook is kept aside.
CREATE TABLE reply_draft (
  case_id BIGINT NOT NULL, department TEXT NOT NULL, version BIGINT NOT NULL, saved_at BIGINT NOT NULL, saved_by TEXT NOT NULL,
  sealed_id BIGINT NOT NULL, PRIMARY KEY (case_id, department)
) WITHOUT ROWID;
CREATE TABLE reply_draft_aside (
  id INTEGER PRIMARY KEY, case_id BIGINT NOT NULL, department TEXT NOT NULL, saved_at BIGINT NOT NULL, saved_by TEXT NOT NULL,
  sealed_id BIGINT NOT NULL
);
CREATE INDEX reply_draft_aside_of ON reply_draft_aside(case_id, department, id);

-- The dated promises of approved replies. `by_day` is YYYY-MM-DD.
CREATE TABLE promise (
  reply_id BIGINT NOT NULL, place BIGINT NOT NULL, case_id BIGINT NOT NULL, department TEXT NOT NULL, what TEXT NOT NULL,
  by_day TEXT NOT NULL, state TEXT NOT NULL, marked_at BIGINT, marked_by TEXT, note TEXT, PRIMARY KEY (reply_id, place)
) WITHOUT ROWID;
CREATE INDEX promise_open ON promise(by_day) WHERE state = 'open';
CREATE INDEX promise_case ON promise(case_id);
CREATE INDEX case_file_answered ON case_file(id) WHERE state IN ('replied', 'closed');

INSERT INTO promise (reply_id, place, case_id, department, what, by_day, state)
SELECT r.id, p.key, r.case_id, json_extract(r.body, '$.department'), json_extract(p.value, '$.what'), json_extract(p.value, '$.by'), 'open'
FROM reply r, json_each(r.body, '$.promises') p WHERE json_extract(r.body, '$.review') = 'approved';
