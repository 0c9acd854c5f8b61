CREATE TABLE openings (
    seal     bytea PRIMARY KEY,          -- the 32 bytes behind "s1:…"
    position bigint NOT NULL,          -- the entry that first carried it
    salt     bytea NOT NULL,
    value    bytea NOT NULL,             -- canonical JSON of the text
    cleared  bigint NOT NULL           -- the entry that made it public
);
CREATE INDEX openings_position ON openings (position);
CREATE INDEX openings_cleared ON openings (cleared);
CREATE TABLE tombstones (
    seal     bytea PRIMARY KEY,
    position bigint NOT NULL           -- the entry that erased it
);
CREATE INDEX tombstones_position ON tombstones (position);
CREATE TABLE erasures (
    position bigint PRIMARY KEY        -- an entry that erased, whose texts are not yet destroyed everywhere
);
ALTER TABLE openings ALTER salt SET STATISTICS 0;
ALTER TABLE openings ALTER value SET STATISTICS 0;
CREATE TABLE disclosures_format (
    format integer PRIMARY KEY
);
INSERT INTO disclosures_format VALUES (2);
CREATE FUNCTION disclosures_never_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what is in the log is never changed' USING ERRCODE = '23000';
END
$$;
CREATE TRIGGER disclosures_format_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosures_format
FOR EACH STATEMENT EXECUTE FUNCTION disclosures_never_changes();
