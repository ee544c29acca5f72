-- Alerts: the office's rules, what they found, and silences. The PostgreSQL file of the same number makes the same tables.

CREATE TABLE alert_rule (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, enabled BOOLEAN NOT NULL, condition TEXT NOT NULL, version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL
);

CREATE TABLE alert (
  id INTEGER PRIMARY KEY, rule_id BIGINT NOT NULL, rule_name TEXT NOT NULL, incident_id BIGINT NOT NULL,
  item_id BIGINT NOT NULL, why TEXT NOT NULL, items BIGINT NOT NULL, urgency BIGINT NOT NULL,
  first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, seen_at BIGINT, seen_by TEXT, note TEXT
);
CREATE UNIQUE INDEX alert_unseen ON alert(rule_id, incident_id) WHERE seen_at IS NULL;
CREATE INDEX alert_of ON alert(incident_id, id);

-- An item fires a rule once.
CREATE TABLE alert_item (rule_id BIGINT NOT NULL, item_id BIGINT NOT NULL, alert_id BIGINT NOT NULL, PRIMARY KEY (rule_id, item_id)) WITHOUT ROWID;
CREATE INDEX alert_item_of ON alert_item(alert_id);

CREATE TABLE alert_silence (
  id INTEGER PRIMARY KEY, rule_id BIGINT NOT NULL, incident_id BIGINT, reason TEXT NOT NULL, by_whom TEXT NOT NULL,
  at BIGINT NOT NULL, until BIGINT NOT NULL
);
CREATE INDEX alert_silence_until ON alert_silence(until);
