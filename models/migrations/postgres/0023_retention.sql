-- When an item's originals were erased. The SQLite file of the same number makes the same column.
ALTER TABLE item ADD COLUMN erased_at BIGINT;
