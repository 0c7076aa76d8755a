-- Version 5: which of an organisation's two providers reaches a mailbox, and the
-- journal of a move from one to the other.
CREATE TABLE home (
	mailbox  TEXT PRIMARY KEY,
	provider TEXT NOT NULL,
	cause    TEXT NOT NULL, -- listed, learnt, moved
	since    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE migration (
	id       TEXT PRIMARY KEY,
	created  INTEGER NOT NULL,
	revision INTEGER NOT NULL, -- grows with each write to any of its rows
	content  TEXT NOT NULL     -- JSON
) WITHOUT ROWID;

-- One row for each mailbox of the newest migration, so that a step of one is a small
-- write.
CREATE TABLE migration_mailbox (
	mailbox   TEXT PRIMARY KEY,
	migration TEXT NOT NULL,
	content   TEXT NOT NULL -- JSON
) WITHOUT ROWID;

-- In what the two sides of a mailbox differed when they were last compared.
CREATE TABLE parity (
	mailbox TEXT PRIMARY KEY,
	content BLOB NOT NULL -- JSON
);

-- The side that a mailbox was moved from: its position, and the entries as it named
-- them. With its changes since then it is whole again.
CREATE TABLE kept_side (
	mailbox      TEXT NOT NULL,
	provider     TEXT NOT NULL,
	at           INTEGER NOT NULL,
	window_start INTEGER NOT NULL,
	window_end   INTEGER NOT NULL,
	last_full    INTEGER NOT NULL,
	delta        TEXT NOT NULL,
	events       BLOB NOT NULL, -- deflated
	PRIMARY KEY (mailbox, provider)
);

-- What ids that bookings and relocations held before a switch are called now.
CREATE TABLE moved_id (
	mailbox TEXT NOT NULL,
	id      TEXT NOT NULL,
	now     TEXT NOT NULL,
	PRIMARY KEY (mailbox, id)
) WITHOUT ROWID;

-- Who writes to a mailbox just now, or keeps others from it for the moment of a switch.
CREATE TABLE hold (
	mailbox   TEXT NOT NULL,
	holder    TEXT NOT NULL,
	exclusive INTEGER NOT NULL,
	until     INTEGER NOT NULL,
	PRIMARY KEY (mailbox, holder)
) WITHOUT ROWID;

-- How often the mailbox was switched: a page that was read before is not stored after.
ALTER TABLE mailbox ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- By whose calendar the ids in a booking are.
CREATE INDEX booking_organizer ON booking (content ->> 'organizer') WHERE json_valid(content);
