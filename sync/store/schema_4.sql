-- Version 4: the journal of relocations, each with all of its steps.
CREATE TABLE relocation (
	id       TEXT PRIMARY KEY,
	created  INTEGER NOT NULL,
	open     INTEGER NOT NULL, -- 1 while something is still to be done
	revision INTEGER NOT NULL,
	content  TEXT NOT NULL     -- JSON
) WITHOUT ROWID;
CREATE INDEX relocation_open ON relocation (created) WHERE open = 1;
