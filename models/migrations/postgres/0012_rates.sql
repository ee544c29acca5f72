-- What the rates of departments are counted from: for each case and rate what is in the denominator at which moment, who is
-- charged, and whether it is in the numerator. Written with the change that brings it about. Of cases that were stored before,
-- the program draws it (Desk::draw_facts), because what counts follows from the whole case. The SQLite file of the same
-- number makes the same table.

CREATE TABLE case_fact (
  case_id BIGINT NOT NULL, rate TEXT NOT NULL, seq BIGINT NOT NULL, department TEXT NOT NULL, at BIGINT NOT NULL, holds BOOLEAN NOT NULL,
  way TEXT, waited_ms BIGINT NOT NULL, extended_days BIGINT NOT NULL, confidential BOOLEAN NOT NULL, PRIMARY KEY (case_id, rate, seq)
);
-- Holds all that a count needs.
CREATE INDEX case_fact_at ON case_fact(at, rate, department, holds, confidential, waited_ms, extended_days);
