-- Kept briefs: reports of the kind `brief`, whose scope names an incident. The PostgreSQL file of the same number is the same.

-- On the same incident one at a time is being worked on.
CREATE UNIQUE INDEX report_brief_open ON report(scope) WHERE kind = 'brief' AND state <> 'approved';
CREATE INDEX report_brief ON report(scope) WHERE kind = 'brief';
