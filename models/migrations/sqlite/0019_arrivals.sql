-- What came in within a time is counted by source, topic and town from the index alone; the rows are wide.
CREATE INDEX item_arrived ON item(first_seen_at, source_id, main_topic, town, judged_version, confidential);
DROP INDEX item_seen;
