CREATE TABLE head (
    one      boolean PRIMARY KEY CHECK (one),   -- one row: who locks it is the one who writes
    format   integer NOT NULL,
    position bigint NOT NULL                    -- of the newest entry
) WITH (fillfactor = 10);
CREATE TABLE entries (
    position bigint PRIMARY KEY CHECK (position > 0),   -- 1, 2, 3 …, assigned under the lock
    stream   bytea NOT NULL,                            -- the 128 bits of the stream's id
    version  bigint NOT NULL,
    type     text COLLATE "C" NOT NULL,
    entry    bytea NOT NULL,                            -- the bytes that are hashed and served
    UNIQUE (stream, version)
);
CREATE TABLE commands (
    id             bytea PRIMARY KEY,   -- a command that is here has happened
    first_position bigint NOT NULL,
    entries        bigint NOT NULL,
    digest         bytea NOT NULL       -- of what it asked, without its texts
);
INSERT INTO head VALUES (true, 1, 0);
CREATE FUNCTION log_never_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what is in the log is never changed' USING ERRCODE = '23000';
END
$$;
CREATE FUNCTION log_in_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    before bigint;
    newest bigint;
    added  bigint;
BEGIN
    SELECT position INTO before FROM head FOR UPDATE;
    SELECT COALESCE(MAX(position), before), COUNT(*) INTO newest, added FROM entries WHERE position > before;
    IF newest - before <> added THEN
        RAISE EXCEPTION 'an entry stands at the next position' USING ERRCODE = '23000';
    END IF;
    IF added > 0 THEN
        UPDATE head SET position = newest;
        PERFORM pg_notify('archive_' || TG_RELID, '');
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION log_head() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.position <> (SELECT COALESCE(MAX(position), 0) FROM entries) THEN
        RAISE EXCEPTION 'the head is the position of the newest entry' USING ERRCODE = '23000';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER entries_in_turn AFTER INSERT ON entries
FOR EACH STATEMENT EXECUTE FUNCTION log_in_turn();
CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes();
CREATE TRIGGER commands_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON commands
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes();
CREATE TRIGGER head_follows BEFORE UPDATE ON head
FOR EACH ROW EXECUTE FUNCTION log_head();
CREATE TRIGGER head_never_goes BEFORE DELETE OR TRUNCATE ON head
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes();
