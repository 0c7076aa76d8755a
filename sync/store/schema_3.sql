-- Version 3: how rooms answer requests, from an administrator's export.
CREATE TABLE room_rule (
	mailbox TEXT PRIMARY KEY,
	content BLOB NOT NULL -- JSON
) WITHOUT ROWID;
