-- Version 1. Instants are microseconds since 1970 in UTC; 0001-01-01 is "never".

CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE room (
	mailbox  TEXT PRIMARY KEY,
	checksum INTEGER NOT NULL,
	content  BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE person (
	mailbox  TEXT PRIMARY KEY,
	checksum INTEGER NOT NULL,
	content  BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE calendar (
	mailbox TEXT NOT NULL,
	ordinal INTEGER NOT NULL,
	content BLOB NOT NULL,
	PRIMARY KEY (mailbox, ordinal)
) WITHOUT ROWID;

-- A mailbox of which anything is mirrored. window_start = window_end means that
-- no calendar was read to its end yet: its events are not shown.
CREATE TABLE mailbox (
	id           INTEGER PRIMARY KEY,
	address      TEXT NOT NULL UNIQUE,
	zone         TEXT NOT NULL DEFAULT '', -- IANA name of its own time zone
	last_good    INTEGER NOT NULL,
	last_full    INTEGER NOT NULL,
	next         INTEGER NOT NULL,
	window_start INTEGER NOT NULL,
	window_end   INTEGER NOT NULL,
	row_count    INTEGER NOT NULL DEFAULT 0,
	longest      INTEGER NOT NULL DEFAULT 0, -- no event lasts longer: bounds the search by start
	unconfirmed  INTEGER NOT NULL DEFAULT 0, -- rows kept although the tenant stopped naming them
	problem      BLOB
);

-- How far the reading of a mailbox got. Apart from mailbox because cursors are long.
CREATE TABLE round (
	mailbox_id   INTEGER PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
	delta        TEXT NOT NULL DEFAULT '',   -- begins the next round of changes
	kind         INTEGER NOT NULL DEFAULT 0, -- of the unfinished round; 0: none
	cursor       TEXT NOT NULL DEFAULT '',   -- continues the unfinished round
	window_start INTEGER NOT NULL DEFAULT 0,
	window_end   INTEGER NOT NULL DEFAULT 0,
	removed      INTEGER NOT NULL DEFAULT 0, -- removals in the unfinished round
	suspect      BLOB                        -- id hashes missing once, not removed yet
);

-- Pages of an unfinished full re-read, kept apart until the whole replaces the
-- mailbox's rows in one step.
CREATE TABLE round_page (
	id         INTEGER PRIMARY KEY,
	mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
	seen       BLOB NOT NULL, -- id hashes, eight bytes each
	gone       BLOB NOT NULL, -- id hashes that the page takes back
	staged     BLOB NOT NULL  -- events that are new or differ
);
CREATE INDEX round_page_mailbox ON round_page (mailbox_id);

CREATE TABLE event (
	row_id      INTEGER PRIMARY KEY,
	mailbox_id  INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
	id_hash     INTEGER NOT NULL, -- of id: an index over Graph's long ids is five times slower
	id          TEXT NOT NULL,
	series_hash INTEGER NOT NULL, -- id_hash of the series master; 0: none
	start       INTEGER NOT NULL,
	"end"       INTEGER NOT NULL,
	flags       INTEGER NOT NULL,
	ical_uid    TEXT NOT NULL,
	subject     TEXT NOT NULL,
	detail      BLOB NOT NULL,
	checksum    INTEGER NOT NULL, -- of everything
	visible     INTEGER NOT NULL, -- of everything that a person could see
	UNIQUE (mailbox_id, id_hash)
);
-- flags decide without the row whether it belongs to an answer.
CREATE INDEX event_time ON event (mailbox_id, start, "end", flags);

CREATE TABLE availability (
	mailbox_id   INTEGER PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
	window_start INTEGER NOT NULL,
	window_end   INTEGER NOT NULL,
	as_of        INTEGER NOT NULL,
	blocks       BLOB NOT NULL,
	problem      BLOB
);

CREATE TABLE booking (
	id       TEXT PRIMARY KEY,
	created  INTEGER NOT NULL,
	settled  INTEGER NOT NULL,
	ical_uid TEXT NOT NULL,
	content  TEXT NOT NULL -- JSON
) WITHOUT ROWID;
CREATE INDEX booking_ical_uid ON booking (ical_uid);
CREATE INDEX booking_created ON booking (created);
