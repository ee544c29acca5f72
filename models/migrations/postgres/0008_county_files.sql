-- County files that were changed on a page; each version is kept. The SQLite file of the same number makes the same table.

-- Without a text the file counts as it stands in the county's folder.
CREATE TABLE county_file (
  name TEXT NOT NULL, version BIGINT NOT NULL, text TEXT, reason TEXT NOT NULL, changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL, PRIMARY KEY (name, version)
);
