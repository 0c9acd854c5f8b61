CREATE TABLE sealed (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    stream   TEXT NOT NULL,             -- the subject
    field    TEXT NOT NULL,             -- the class of text
    position INTEGER NOT NULL,          -- the entry that first carried the seal
    nonce    BLOB NOT NULL,
    value    BLOB NOT NULL,             -- AES-256-GCM of salt and value; bound to stream, field and seal
    moved    INTEGER                    -- the entry that cleared it: the opening is public, and this row goes
) STRICT;
CREATE INDEX sealed_stream ON sealed (stream, field);
CREATE INDEX sealed_position ON sealed (position);
CREATE INDEX sealed_moved ON sealed (moved) WHERE moved IS NOT NULL;
CREATE TABLE keys (
    stream TEXT PRIMARY KEY,
    key    BLOB NOT NULL                -- 32 random bytes
) STRICT, WITHOUT ROWID;
CREATE TABLE reads (
    number  INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,              -- UTC
    by      TEXT NOT NULL,              -- the office that read
    account TEXT NOT NULL,              -- the account of the operating system
    reason  TEXT NOT NULL,              -- why
    stream  TEXT NOT NULL,
    field   TEXT NOT NULL,
    found   INTEGER NOT NULL            -- how many values were given out
) STRICT;
