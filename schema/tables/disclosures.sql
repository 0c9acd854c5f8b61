CREATE TABLE openings (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    position INTEGER NOT NULL,          -- the entry that first carried it
    salt     BLOB NOT NULL,
    value    BLOB NOT NULL,             -- canonical JSON of the text
    cleared  INTEGER NOT NULL           -- the entry that made it public
) STRICT;
CREATE INDEX openings_position ON openings (position);
CREATE INDEX openings_cleared ON openings (cleared);
CREATE TABLE tombstones (
    seal     BLOB PRIMARY KEY,
    position INTEGER NOT NULL           -- the entry that erased it
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_position ON tombstones (position);
CREATE TABLE erasures (
    position INTEGER PRIMARY KEY        -- an entry that erased, whose texts are not yet destroyed everywhere
) STRICT;
