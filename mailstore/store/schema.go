package store

import "lifeboat/mailstore/fulltext"

// migrations[n] brings the index from version n to n+1. What has been published is
// never changed: a file of any version must become today's. Each runs in a
// transaction of its own, together with the version's new number.
var migrations = []string{tables, fulltext.Schema + describeAgain, clock, wholeLists}

// tables is version 1. Times are Unix seconds, 0 for none.
//
// Few indexes, as each costs a write for every message. A message's id holds its
// date, so that lists by date need none: messages_account is (account, id), places_list
// (folder, message, uid), as every index ends in its table's key.
const tables = `
CREATE TABLE accounts (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a removed account's number may be noted elsewhere
	address TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,
	days INTEGER NOT NULL,
	removed INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0,    -- that are not hidden
	bytes INTEGER NOT NULL DEFAULT 0,       -- of those
	undescribed INTEGER NOT NULL DEFAULT 0, -- hidden ones too
	complete INTEGER NOT NULL DEFAULT 0,
	tried INTEGER NOT NULL DEFAULT 0,
	since INTEGER NOT NULL DEFAULT 0,
	retry INTEGER NOT NULL DEFAULT 0,
	missing INTEGER NOT NULL DEFAULT 0,
	failed TEXT NOT NULL DEFAULT '',  -- a sentence, in JSON
	expiries TEXT NOT NULL DEFAULT '' -- in JSON
) STRICT;

CREATE TABLE folders (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	account INTEGER NOT NULL REFERENCES accounts (id),
	name TEXT NOT NULL,
	delimiter TEXT NOT NULL,
	role TEXT NOT NULL,
	remote TEXT NOT NULL,
	gone INTEGER NOT NULL DEFAULT 0,
	held TEXT NOT NULL DEFAULT '', -- in JSON
	uidvalidity INTEGER NOT NULL DEFAULT 0,
	uidnext INTEGER NOT NULL DEFAULT 0,
	modseq INTEGER NOT NULL DEFAULT 0,
	present INTEGER NOT NULL DEFAULT 0,
	since INTEGER NOT NULL DEFAULT 0,
	reconciled INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0, -- places that are not hidden
	unseen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX folders_account ON folders (account);

-- Bytes, once for all accounts. The index holds the first 8 octets of the hash only.
CREATE TABLE bodies (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a copy of the index may be older
	prefix INTEGER NOT NULL,
	hash BLOB NOT NULL,
	size INTEGER NOT NULL,
	segment INTEGER NOT NULL,
	place BLOB NOT NULL,
	damaged INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX bodies_prefix ON bodies (prefix);
CREATE INDEX bodies_segment ON bodies (segment);

-- When the last copy of the index was made.
CREATE TABLE copied (at INTEGER NOT NULL) STRICT;
INSERT INTO copied VALUES (0);

-- How many octets of each segment somebody wants.
CREATE TABLE segments (id INTEGER PRIMARY KEY, live INTEGER NOT NULL) STRICT;

CREATE TABLE messages (
	id INTEGER PRIMARY KEY,
	account INTEGER NOT NULL,
	body INTEGER NOT NULL,
	size INTEGER NOT NULL,
	received INTEGER NOT NULL,
	live INTEGER NOT NULL, -- places that are not hidden
	described INTEGER NOT NULL DEFAULT 0,
	damaged INTEGER NOT NULL DEFAULT 0,
	remote TEXT
) STRICT;
CREATE INDEX messages_account ON messages (account);
CREATE INDEX messages_body ON messages (body, account);
CREATE INDEX messages_remote ON messages (account, remote) WHERE remote IS NOT NULL;
CREATE INDEX messages_undescribed ON messages (id) WHERE described = 0;
CREATE INDEX messages_damaged ON messages (id) WHERE damaged <> 0;

-- A line of a list; in JSON, as the database never looks into it.
CREATE TABLE summaries (id INTEGER PRIMARY KEY, summary TEXT NOT NULL) STRICT;

CREATE TABLE flagsets (id INTEGER PRIMARY KEY, flags TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE places (
	folder INTEGER NOT NULL,
	uidvalidity INTEGER NOT NULL, -- -1: displaced, and uid is the message
	uid INTEGER NOT NULL,
	message INTEGER NOT NULL,
	flags INTEGER NOT NULL,
	received INTEGER NOT NULL,
	gone INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_message ON places (message);
CREATE INDEX places_list ON places (folder, message);
CREATE INDEX places_gone ON places (gone) WHERE gone <> 0;
`

// describeAgain has everything read anew, as version 1 had no words to search for.
const describeAgain = `
UPDATE messages SET described = 0;
UPDATE accounts SET undescribed = (SELECT count(*) FROM messages WHERE account = accounts.id);
`

// clock is how late it was, as far as the clock was believed, when the mail was last
// tidied, and since when it is not.
const clock = `
CREATE TABLE clock (believed INTEGER NOT NULL, doubted INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (0, 0);
`

// wholeLists lets a list of any length be read from an index alone, without a look at
// each of its rows.
const wholeLists = `
DROP INDEX places_list;
CREATE INDEX places_list ON places (folder, message, gone);
DROP INDEX messages_account;
CREATE INDEX messages_account ON messages (account, id, live);
`
