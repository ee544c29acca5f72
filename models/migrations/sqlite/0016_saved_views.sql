-- Filters of a list that a user keeps under a name. The PostgreSQL file of the same number makes the same table.
CREATE TABLE saved_view (
  id INTEGER PRIMARY KEY, account_id BIGINT NOT NULL, page TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
  UNIQUE (account_id, page, name)
);
