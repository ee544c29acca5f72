-- Makes an installation into which sheets were imported without being judged, into one with a judged history:
-- topics, towns, incidents, cases and their facts, as many as a county would have, without judging a million texts. For
-- measuring what counts alone; the judgements mean nothing.
--
--   qingting init D; qingting sample --items N --seed 1 --out S; qingting import ... --dir D   (each sheet, without --judge)
--   sqlite3 D/qingting.db < respond/bench/fill.sql, or psql URL -f respond/bench/fill.sql, which knows no PRAGMA and goes on
--   qingting bench report --dir D

PRAGMA synchronous = OFF;
BEGIN;
CREATE TEMP TABLE topic_of (n INTEGER PRIMARY KEY, code TEXT, lead TEXT);
INSERT INTO topic_of VALUES (0,'wages','rsj'),(1,'urban','zfj'),(2,'environment','hbj'),(3,'transport','jtj'),(4,'safety','yjj'),
  (5,'housing','zjj'),(6,'food_drug','scjg'),(7,'edu_med_elder','jyj'),(8,'consumer','scjg'),(9,'rural','nyj');
CREATE TEMP TABLE town_of AS SELECT row_number() OVER () - 1 AS n, town FROM (SELECT DISTINCT town FROM item WHERE town IS NOT NULL) t;
INSERT INTO town_of SELECT n, v FROM (SELECT 0 AS n, '石浦镇' AS v UNION SELECT 1, '丹东街道' UNION SELECT 2, '西周镇') t
  WHERE NOT EXISTS (SELECT 1 FROM town_of);
UPDATE item SET judged_version = version, confidential = FALSE, kind = '投诉', urgency = CASE WHEN id % 41 = 0 THEN 2 ELSE 0 END,
  main_topic = (SELECT code FROM topic_of WHERE n = id % 10), topics = '[]', topic_score = 0.9,
  town = CASE WHEN id % 5 > 0 THEN (SELECT town FROM town_of WHERE n = id / 10 % (SELECT count(*) FROM town_of)) END;
DELETE FROM work;

-- An incident for what one town says of one topic on one day, in sevenths.
CREATE TEMP TABLE joined AS SELECT id AS item_id,
  min(id) OVER (PARTITION BY main_topic, town, COALESCE(occurred_at, first_seen_at) / 86400000, id / 100 % 7) AS incident_id,
  COALESCE(occurred_at, first_seen_at) AS at FROM item;
INSERT INTO incident_member SELECT item_id, incident_id, at, 0.9, FALSE, TRUE FROM joined;
INSERT INTO incident SELECT i.id, i.title, FALSE, NULL, count(*), count(*), '{}', i.main_topic, i.town, i.urgency, min(j.at), max(j.at), 1.0, max(j.at)
  FROM joined j JOIN item i ON i.id = j.incident_id GROUP BY i.id;

-- A case for each fourth item, nine of ten closed, with its facts.
INSERT INTO case_file SELECT i.id, 'B' || i.id, i.id, CASE WHEN i.id / 7 % 10 = 0 THEN 'handling' ELSE 'closed' END, t.lead, i.main_topic, i.town,
  i.urgency, FALSE, COALESCE(i.occurred_at, i.first_seen_at), 1, i.first_seen_at, 'system',
  CASE WHEN i.id / 7 % 10 = 0 THEN COALESCE(i.occurred_at, i.first_seen_at) + 432000000 END, NULL, '{}', FALSE, FALSE
  FROM item i JOIN topic_of t ON t.code = i.main_topic WHERE i.id / 3 % 4 = 0;
INSERT INTO case_item SELECT id, item_id FROM case_file;
UPDATE item SET case_id = id WHERE id IN (SELECT id FROM case_file);
INSERT INTO case_fact SELECT c.id, r.rate, 0, c.lead, c.opened_at + r.after, c.id / 11 % 6 > 0, NULL, 0, 0, FALSE
  FROM case_file c JOIN (SELECT 'on_time' AS rate, 432000000 AS after UNION SELECT 'contact', 86400000 UNION SELECT 'sent_back', 172800000
  UNION SELECT 'satisfied', 518400000 UNION SELECT 'repeated', 0) r ON TRUE;
COMMIT;
ANALYZE;
