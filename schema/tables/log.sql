CREATE TABLE entries (
    position INTEGER PRIMARY KEY,       -- 1, 2, 3 …, assigned under the write lock
    stream   BLOB NOT NULL,             -- the 128 bits of the stream's id
    version  INTEGER NOT NULL,
    type     TEXT NOT NULL,
    entry    BLOB NOT NULL,             -- the bytes that are hashed and served
    UNIQUE (stream, version)
) STRICT;
CREATE TABLE commands (
    id             BLOB PRIMARY KEY,    -- a command that is here has happened
    first_position INTEGER NOT NULL,
    entries        INTEGER NOT NULL,
    digest         BLOB NOT NULL        -- of what it asked, without its texts
) STRICT, WITHOUT ROWID;
CREATE TRIGGER entries_in_turn BEFORE INSERT ON entries
WHEN NEW.position <> (SELECT COALESCE(MAX(position), 0) + 1 FROM entries)
  OR EXISTS (SELECT 1 FROM entries WHERE stream = NEW.stream AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'an entry stands at the next position and the next version'); END;
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER commands_once BEFORE INSERT ON commands
WHEN EXISTS (SELECT 1 FROM commands WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a command happens once'); END;
CREATE TRIGGER commands_never_change BEFORE UPDATE ON commands
BEGIN SELECT RAISE(ABORT, 'a command is never changed'); END;
CREATE TRIGGER commands_never_go BEFORE DELETE ON commands
BEGIN SELECT RAISE(ABORT, 'a command is never deleted'); END;
