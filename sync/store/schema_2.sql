-- Version 2: which mailbox is read next, and by whom.
CREATE TABLE job (
	mailbox        TEXT PRIMARY KEY,
	due            INTEGER NOT NULL,
	priority       INTEGER NOT NULL DEFAULT 0,
	tries          INTEGER NOT NULL DEFAULT 0, -- failures in a row
	token          INTEGER NOT NULL DEFAULT 0, -- of the newest claim; grows with each claim and its end
	lease          INTEGER,                    -- claimed until then; NULL: not claimed
	woken_due      INTEGER,                    -- asked for while claimed
	woken_priority INTEGER
) WITHOUT ROWID;
-- In the order in which jobs are handed out.
CREATE INDEX job_free ON job (priority DESC, due) WHERE lease IS NULL;
CREATE INDEX job_due ON job (due) WHERE lease IS NULL;
CREATE INDEX job_claimed ON job (lease) WHERE lease IS NOT NULL;

INSERT INTO job (mailbox, due, tries) SELECT address, next, 0 FROM mailbox;
