-- Tokens by which programs act for a user. The PostgreSQL file of the same number makes the same tables.

-- `digest` is keyed; `scopes` is a JSON list of codes.
CREATE TABLE user_token (
  id INTEGER PRIMARY KEY, account_id BIGINT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
  made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT, ended_at BIGINT
);
CREATE INDEX user_token_of ON user_token(account_id, id);
