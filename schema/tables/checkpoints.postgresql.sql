CREATE TABLE checkpoints (
    number    bigint PRIMARY KEY,      -- 1, 2, 3 …, in the order they were signed
    size      bigint NOT NULL,         -- how many entries it covers
    root      bytea NOT NULL CHECK (length(root) = 32),
    note      bytea NOT NULL,            -- the signed note, byte for byte
    signed_at text COLLATE "C" NOT NULL,            -- UTC, to the millisecond, by the clock of who signed
    quorum    bigint                   -- 1: enough witnesses signed too; 0: too few; NULL: none were asked
);
CREATE INDEX checkpoints_size ON checkpoints (size);
CREATE TABLE checkpoint_keys (
    vkey      text COLLATE "C" PRIMARY KEY,         -- a verifier key of the log, as people print it
    from_size bigint NOT NULL          -- of the first checkpoint that it signs
);
CREATE TABLE retirements (
    vkey      text COLLATE "C" PRIMARY KEY REFERENCES checkpoint_keys,
    from_size bigint NOT NULL          -- of the first checkpoint that it no longer signs
);
CREATE TABLE timestamps (
    number     bigint PRIMARY KEY REFERENCES checkpoints,
    token      bytea NOT NULL,           -- the response of RFC 3161 over the note, DER, as it came
    stamped_at text COLLATE "C" NOT NULL            -- UTC, the moment that it names
);
CREATE TABLE checkpoints_format (
    format integer PRIMARY KEY
);
INSERT INTO checkpoints_format VALUES (1);
CREATE FUNCTION checkpoints_never_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what is in the log is never changed' USING ERRCODE = '23000';
END
$$;
CREATE TRIGGER checkpoints_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_never_changes();
CREATE TRIGGER checkpoint_keys_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint_keys
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_never_changes();
CREATE TRIGGER retirements_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON retirements
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_never_changes();
CREATE TRIGGER timestamps_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON timestamps
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_never_changes();
CREATE TRIGGER checkpoints_format_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints_format
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_never_changes();
CREATE FUNCTION checkpoints_extend() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM checkpoints AS one WHERE one.number >= NEW.number OR one.size > NEW.size
             OR (one.size = NEW.size AND one.root <> NEW.root)) THEN
        RAISE EXCEPTION 'a checkpoint extends the last one' USING ERRCODE = '23000';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER checkpoints_extend BEFORE INSERT ON checkpoints
FOR EACH ROW EXECUTE FUNCTION checkpoints_extend();
