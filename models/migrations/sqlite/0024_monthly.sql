-- PostgreSQL keeps its events by the month from here on; a file has no use for it.
SELECT 1;
