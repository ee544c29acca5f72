-- Notices: what happened that somebody is to be told, who was told in the page, and what goes out by which channel.
-- The PostgreSQL file of the same number makes the same tables.

-- Written in the transaction of the change that causes it; the key makes it exist once.
CREATE TABLE notice_event (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, case_id BIGINT, alert_id BIGINT,
  urgency BIGINT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL,
  told_at BIGINT, lease_by TEXT, lease_until BIGINT NOT NULL, attempts BIGINT NOT NULL, error TEXT
);
CREATE INDEX notice_event_untold ON notice_event(id) WHERE told_at IS NULL;
CREATE INDEX notice_event_case ON notice_event(case_id, kind);
CREATE INDEX notice_event_alert ON notice_event(alert_id, kind);

CREATE TABLE notice (
  id INTEGER PRIMARY KEY, event_id BIGINT NOT NULL, user_id BIGINT NOT NULL, family TEXT, grade BIGINT NOT NULL,
  incident_id BIGINT, at BIGINT NOT NULL, read_at BIGINT, held TEXT,
  UNIQUE (event_id, user_id)
);
CREATE INDEX notice_unread ON notice(user_id) WHERE read_at IS NULL AND held IS NULL;
CREATE INDEX notice_of ON notice(user_id, id);

CREATE TABLE notice_rule (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, enabled BOOLEAN NOT NULL, plan TEXT NOT NULL, version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL
);

CREATE TABLE notice_channel (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, enabled BOOLEAN NOT NULL, settings TEXT NOT NULL, secret_id BIGINT,
  version BIGINT NOT NULL, changed_at BIGINT NOT NULL, changed_by TEXT NOT NULL
);

-- Where a user is reached outside; the addresses themselves are sealed.
CREATE TABLE contact (
  user_id BIGINT PRIMARY KEY, sealed_id BIGINT NOT NULL, has_email BOOLEAN NOT NULL, has_phone BOOLEAN NOT NULL
);

CREATE TABLE shift (
  id INTEGER PRIMARY KEY, user_id BIGINT NOT NULL, starts_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, note TEXT NOT NULL,
  at BIGINT NOT NULL, by_whom TEXT NOT NULL
);
CREATE INDEX shift_ends ON shift(ends_at);

-- A message to one receiver (0: whoever a channel reaches) by one channel. Its id is the key under which it is sent.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY, channel_id BIGINT NOT NULL, receiver BIGINT NOT NULL, mentions TEXT NOT NULL, state TEXT NOT NULL,
  tries BIGINT NOT NULL, next_at BIGINT NOT NULL, lease_by TEXT, lease_until BIGINT NOT NULL, error TEXT,
  made_at BIGINT NOT NULL, sent_at BIGINT, note TEXT, changed_by TEXT
);
CREATE INDEX delivery_waiting ON delivery(channel_id, next_at) WHERE state = 'waiting';
CREATE INDEX delivery_state ON delivery(state, id);

-- What a message tells. An event goes to a receiver by a channel once.
CREATE TABLE delivery_event (
  event_id BIGINT NOT NULL, receiver BIGINT NOT NULL, channel_id BIGINT NOT NULL, delivery_id BIGINT NOT NULL,
  family TEXT, grade BIGINT NOT NULL, incident_id BIGINT, at BIGINT NOT NULL, line TEXT NOT NULL,
  PRIMARY KEY (event_id, receiver, channel_id)
) WITHOUT ROWID;
CREATE INDEX delivery_event_of ON delivery_event(delivery_id);
CREATE INDEX delivery_event_incident ON delivery_event(incident_id, channel_id);
