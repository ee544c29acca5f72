-- When an item's originals were erased. The PostgreSQL file of the same number makes the same column.
ALTER TABLE item ADD COLUMN erased_at BIGINT;
