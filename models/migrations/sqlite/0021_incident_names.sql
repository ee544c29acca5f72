-- An incident is called after the item that says best what it is about, unless a person named it.
ALTER TABLE incident ADD COLUMN named BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE incident SET named = TRUE WHERE id IN (
  SELECT subject_id FROM audit WHERE subject_kind = 'incident' AND action = 'incident.name');
