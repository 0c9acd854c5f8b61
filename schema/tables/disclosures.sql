CREATE TABLE openings (
    seal     BLOB PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    position INTEGER NOT NULL,          -- the entry that first carried it
    salt     BLOB NOT NULL,
    value    BLOB NOT NULL,             -- canonical JSON of the text
    cleared  INTEGER                    -- the entry that made it public; NULL: nobody may see it
) STRICT;
CREATE INDEX openings_position ON openings (position);
CREATE INDEX openings_cleared ON openings (cleared) WHERE cleared IS NOT NULL;
