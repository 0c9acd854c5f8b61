CREATE TABLE checkpoints (
    number    INTEGER PRIMARY KEY,      -- 1, 2, 3 …, in the order they were signed
    size      INTEGER NOT NULL,         -- how many entries it covers
    root      BLOB NOT NULL CHECK (length(root) = 32),
    note      BLOB NOT NULL,            -- the signed note, byte for byte
    signed_at TEXT NOT NULL,            -- UTC, to the millisecond, by the clock of who signed
    quorum    INTEGER                   -- 1: enough witnesses signed too; 0: too few; NULL: none were asked
) STRICT;
CREATE INDEX checkpoints_size ON checkpoints (size);
CREATE TABLE keys (
    vkey      TEXT PRIMARY KEY,         -- a verifier key of the log, as people print it
    from_size INTEGER NOT NULL          -- of the first checkpoint that it signs
) STRICT, WITHOUT ROWID;
CREATE TABLE retirements (
    vkey      TEXT PRIMARY KEY REFERENCES keys,
    from_size INTEGER NOT NULL          -- of the first checkpoint that it no longer signs
) STRICT, WITHOUT ROWID;
CREATE TABLE timestamps (
    number     INTEGER PRIMARY KEY REFERENCES checkpoints,
    token      BLOB NOT NULL,           -- the response of RFC 3161 over the note, DER, as it came
    stamped_at TEXT NOT NULL            -- UTC, the moment that it names
) STRICT;
CREATE TRIGGER checkpoints_extend BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints AS one WHERE one.number >= NEW.number OR one.size > NEW.size
             OR (one.size = NEW.size AND one.root <> NEW.root))
BEGIN SELECT RAISE(ABORT, 'a checkpoint extends the last one'); END;
CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER keys_update BEFORE UPDATE ON keys
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER keys_delete BEFORE DELETE ON keys
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER retirements_update BEFORE UPDATE ON retirements
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER retirements_delete BEFORE DELETE ON retirements
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER timestamps_update BEFORE UPDATE ON timestamps
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER timestamps_delete BEFORE DELETE ON timestamps
BEGIN SELECT RAISE(ABORT, 'append only'); END;
