-- The first schema. Times are milliseconds since 1970 UTC; ids are made by the application.
-- The PostgreSQL file of the same number makes the same tables.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE node (number BIGINT PRIMARY KEY, until_ms BIGINT NOT NULL);

CREATE TABLE source (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, channel TEXT NOT NULL, mode TEXT NOT NULL,
  url TEXT, cutoff BIGINT, allow_host TEXT, paused BOOLEAN NOT NULL, column_map TEXT, created_at BIGINT NOT NULL,
  interval_s BIGINT NOT NULL, next_at BIGINT, last_success_at BIGINT, last_tried_at BIGINT, last_error TEXT,
  failures BIGINT NOT NULL, etag TEXT, last_modified TEXT, lease_by TEXT, lease_until BIGINT NOT NULL
);
CREATE INDEX source_due ON source(next_at);

CREATE TABLE source_run (
  id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, at BIGINT NOT NULL, what TEXT NOT NULL, n_read BIGINT NOT NULL,
  n_new BIGINT NOT NULL, n_updated BIGINT NOT NULL, n_unchanged BIGINT NOT NULL, n_quarantined BIGINT NOT NULL, error TEXT
);
CREATE INDEX source_run_of ON source_run(source_id, id);

CREATE TABLE sealed (id INTEGER PRIMARY KEY, wrapped_key BLOB NOT NULL, body BLOB NOT NULL);

CREATE TABLE item_key (
  source_id BIGINT NOT NULL, external_id TEXT NOT NULL, item_id BIGINT NOT NULL, PRIMARY KEY (source_id, external_id)
) WITHOUT ROWID;

CREATE TABLE item (
  id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, external_id TEXT NOT NULL, channel TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, body TEXT NOT NULL, url TEXT, occurred_at BIGINT, upstream TEXT NOT NULL, digest TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, archived TEXT, judged_version BIGINT NOT NULL,
  judged_by_person BOOLEAN NOT NULL, main_topic TEXT, topics TEXT NOT NULL, topic_score DOUBLE PRECISION, unsure BOOLEAN NOT NULL,
  kind TEXT, urgency BIGINT NOT NULL, town TEXT, office TEXT, confidential BOOLEAN NOT NULL, dismissed TEXT,
  case_id BIGINT, sealed_id BIGINT NOT NULL
);
CREATE INDEX item_waiting ON item(id) WHERE case_id IS NULL AND dismissed IS NULL AND archived IS NULL;
CREATE INDEX item_case ON item(case_id) WHERE case_id IS NOT NULL;
CREATE INDEX item_topic ON item(main_topic, id);
CREATE INDEX item_source ON item(source_id, id);
CREATE INDEX item_seen ON item(first_seen_at);

CREATE TABLE item_version (
  item_id BIGINT NOT NULL, version BIGINT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, url TEXT, occurred_at BIGINT,
  upstream TEXT NOT NULL, replaced_at BIGINT NOT NULL, sealed_id BIGINT NOT NULL, PRIMARY KEY (item_id, version)
);

CREATE TABLE judgement (
  id INTEGER PRIMARY KEY, item_id BIGINT NOT NULL, item_version BIGINT NOT NULL, by_person BOOLEAN NOT NULL, at BIGINT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX judgement_item ON judgement(item_id, id);

CREATE VIRTUAL TABLE item_words USING fts5(words, content='', contentless_delete=1, tokenize='unicode61');

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, digest TEXT NOT NULL, at BIGINT NOT NULL, place TEXT NOT NULL,
  reason TEXT NOT NULL, sealed_id BIGINT NOT NULL, UNIQUE (source_id, digest)
);

CREATE TABLE work (
  stage TEXT NOT NULL, subject BIGINT NOT NULL, ready_at BIGINT NOT NULL, lease_by TEXT, lease_until BIGINT NOT NULL,
  attempts BIGINT NOT NULL, error TEXT, PRIMARY KEY (stage, subject)
) WITHOUT ROWID;

CREATE TABLE case_number (office TEXT NOT NULL, year BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (office, year));

CREATE TABLE case_file (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, item_id BIGINT NOT NULL, state TEXT NOT NULL, lead TEXT NOT NULL,
  topic TEXT, town TEXT, urgency BIGINT NOT NULL, confidential BOOLEAN NOT NULL, opened_at BIGINT NOT NULL,
  version BIGINT NOT NULL, changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL, due_at BIGINT, wake_at BIGINT, body TEXT NOT NULL,
  is_split BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX case_file_item ON case_file(item_id) WHERE state <> 'void' AND NOT is_split;
CREATE INDEX case_file_state ON case_file(state, due_at);
CREATE INDEX case_file_lead ON case_file(lead, state);
CREATE INDEX case_file_wake ON case_file(wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE case_department (
  case_id BIGINT NOT NULL, department TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (case_id, department)
);
CREATE INDEX case_department_of ON case_department(department, case_id);

CREATE TABLE case_clock (
  id INTEGER PRIMARY KEY, case_id BIGINT NOT NULL, rule TEXT NOT NULL, due_at BIGINT NOT NULL, is_open BOOLEAN NOT NULL, body TEXT NOT NULL
);
CREATE INDEX case_clock_case ON case_clock(case_id);
CREATE TABLE reply (id INTEGER PRIMARY KEY, case_id BIGINT NOT NULL, sealed_id BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX reply_case ON reply(case_id);
CREATE TABLE rating (id INTEGER PRIMARY KEY, case_id BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX rating_case ON rating(case_id);
CREATE TABLE timeline (id INTEGER PRIMARY KEY, case_id BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX timeline_case ON timeline(case_id);

CREATE TABLE account (
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL, department TEXT,
  disabled BOOLEAN NOT NULL, created_at BIGINT NOT NULL, must_change_password BOOLEAN NOT NULL, password_hash TEXT NOT NULL
);

CREATE TABLE session (
  token_digest TEXT PRIMARY KEY, account_id BIGINT NOT NULL, csrf TEXT NOT NULL, idle_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, idle_s BIGINT NOT NULL
);
CREATE INDEX session_account ON session(account_id);

CREATE TABLE login_try (id INTEGER PRIMARY KEY, login TEXT NOT NULL, origin TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX login_try_login ON login_try(login, at);
CREATE INDEX login_try_origin ON login_try(origin, at);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL, detail TEXT NOT NULL, seq BIGINT UNIQUE, hash TEXT
);
CREATE INDEX audit_subject ON audit(subject_kind, subject_id);
CREATE INDEX audit_unchained ON audit(id) WHERE seq IS NULL;

CREATE TABLE audit_head (one BIGINT PRIMARY KEY, seq BIGINT NOT NULL, hash TEXT NOT NULL);
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, '');
