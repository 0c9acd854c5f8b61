CREATE TABLE sealed (
    seal     bytea PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    stream   text COLLATE "C" NOT NULL,             -- the subject
    field    text COLLATE "C" NOT NULL,             -- the class of text
    position bigint NOT NULL,          -- the entry that first carried the seal
    nonce    bytea NOT NULL,
    value    bytea NOT NULL,             -- AES-256-GCM of salt and value; bound to stream, field and seal
    moved    bigint                    -- the entry that cleared it: the opening is public, and this row goes
);
CREATE INDEX sealed_stream ON sealed (stream, field);
CREATE INDEX sealed_position ON sealed (position);
CREATE INDEX sealed_moved ON sealed (moved) WHERE moved IS NOT NULL;
CREATE TABLE vault_keys (
    stream text COLLATE "C" PRIMARY KEY,
    key    bytea NOT NULL                -- 32 random bytes
);
CREATE TABLE vault_reads (
    number  bigint PRIMARY KEY,
    at      text COLLATE "C" NOT NULL,              -- UTC
    by      text COLLATE "C" NOT NULL,              -- the office that read
    account text COLLATE "C" NOT NULL,              -- the account of the operating system
    reason  text COLLATE "C" NOT NULL,              -- why
    stream  text COLLATE "C" NOT NULL,
    field   text COLLATE "C" NOT NULL,
    found   bigint NOT NULL            -- how many values were given out
);
ALTER TABLE sealed ALTER nonce SET STATISTICS 0;
ALTER TABLE sealed ALTER value SET STATISTICS 0;
ALTER TABLE vault_keys ALTER key SET STATISTICS 0;
CREATE TABLE vault_format (
    format integer PRIMARY KEY
);
INSERT INTO vault_format VALUES (1);
CREATE FUNCTION vault_never_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what is in the log is never changed' USING ERRCODE = '23000';
END
$$;
CREATE TRIGGER vault_reads_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON vault_reads
FOR EACH STATEMENT EXECUTE FUNCTION vault_never_changes();
CREATE TRIGGER vault_format_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON vault_format
FOR EACH STATEMENT EXECUTE FUNCTION vault_never_changes();
