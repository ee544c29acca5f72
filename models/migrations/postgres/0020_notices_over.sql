-- What was over before notices became read by themselves.
UPDATE notice SET read_at = at WHERE read_at IS NULL AND event_id IN (
  SELECT e.id FROM notice_event e JOIN case_file c ON c.id = e.case_id
  WHERE c.state NOT IN ('assigned', 'returned', 'handling', 'waiting', 'in_review', 'replied')
  OR (e.kind IN ('case_assigned', 'case_reassigned', 'case_reopened') AND c.state <> 'assigned')
  OR (e.kind = 'case_sent_back' AND c.state <> 'returned')
  OR (e.kind = 'reply_submitted' AND c.state <> 'in_review')
  OR (e.kind = 'reply_approved' AND c.state <> 'replied'));
UPDATE notice SET read_at = at WHERE read_at IS NULL AND event_id IN (
  SELECT e.id FROM notice_event e JOIN report r ON r.id = e.report_id
  WHERE (e.kind IN ('report_drafted', 'report_sent_back') AND r.state <> 'draft')
  OR (e.kind = 'report_submitted' AND r.state <> 'review'));
UPDATE notice SET read_at = at WHERE read_at IS NULL AND event_id IN (
  SELECT e.id FROM notice_event e JOIN mirrored m ON m.item_id = e.mirrored_id WHERE m.finished);
