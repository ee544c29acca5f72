-- Heads of the audit chain, signed with a key outside the database. The SQLite file of the same number makes the same table.

CREATE TABLE audit_checkpoint (seq BIGINT PRIMARY KEY, hash TEXT NOT NULL, at BIGINT NOT NULL, signature TEXT NOT NULL);
