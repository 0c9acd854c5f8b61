"""The tables of the log in PostgreSQL, what guards them, and who may do what with them.

Positions are contiguous whoever inserts, and whether he took the lock or not: `head` says how far the log reaches, and
each insert must continue it. Nothing that is there can be changed, by triggers for everybody and by privileges for the
roles that write and read. Names are looked for in the schema in which the log was made, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

from psycopg.sql import SQL, Identifier

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

FORMAT: Final = 1
# What a trigger of ours raises: integrity_constraint_violation.
OUT_OF_TURN: Final = "23000"

NEVER: Final[LiteralString] = """
BEGIN
    RAISE EXCEPTION 'what is in the log is never changed' USING ERRCODE = '23000';
END
"""
_IN_TURN: Final[LiteralString] = """
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
"""
_HEAD: Final[LiteralString] = """
BEGIN
    IF NEW.position <> (SELECT COALESCE(MAX(position), 0) FROM entries) THEN
        RAISE EXCEPTION 'the head is the position of the newest entry' USING ERRCODE = '23000';
    END IF;
    RETURN NEW;
END
"""

# {schema} is the schema in which the log is made.
TABLES: Final[tuple[LiteralString, ...]] = (
    """CREATE TABLE head (
    one      boolean PRIMARY KEY CHECK (one),   -- one row: who locks it is the one who writes
    format   integer NOT NULL,
    position bigint NOT NULL                    -- of the newest entry
) WITH (fillfactor = 10)""",
    """CREATE TABLE entries (
    position bigint PRIMARY KEY CHECK (position > 0),   -- 1, 2, 3 …, assigned under the lock
    stream   bytea NOT NULL,                            -- the 128 bits of the stream's id
    version  bigint NOT NULL,
    type     text COLLATE "C" NOT NULL,
    entry    bytea NOT NULL,                            -- the bytes that are hashed and served
    UNIQUE (stream, version)
)""",
    """CREATE TABLE commands (
    id             bytea PRIMARY KEY,   -- a command that is here has happened
    first_position bigint NOT NULL,
    entries        bigint NOT NULL,
    digest         bytea NOT NULL       -- of what it asked, without its texts
)""",
    f"INSERT INTO head VALUES (true, {FORMAT}, 0)",
    f"""CREATE FUNCTION log_never_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = {{schema}}, pg_temp AS $${NEVER}$$""",
    # With its owner's rights: who writes may lock the head, and only this moves it.
    f"""CREATE FUNCTION log_in_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {{schema}}, pg_temp AS $${_IN_TURN}$$""",
    f"""CREATE FUNCTION log_head() RETURNS trigger LANGUAGE plpgsql
SET search_path = {{schema}}, pg_temp AS $${_HEAD}$$""",
    """CREATE TRIGGER entries_in_turn AFTER INSERT ON entries
FOR EACH STATEMENT EXECUTE FUNCTION log_in_turn()""",
    """CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes()""",
    """CREATE TRIGGER commands_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON commands
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes()""",
    """CREATE TRIGGER head_follows BEFORE UPDATE ON head
FOR EACH ROW EXECUTE FUNCTION log_head()""",
    """CREATE TRIGGER head_never_goes BEFORE DELETE OR TRUNCATE ON head
FOR EACH STATEMENT EXECUTE FUNCTION log_never_changes()""",
)
# FOR UPDATE asks for the right to update one column: the one that has one value only.
WRITER: Final[tuple[LiteralString, ...]] = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT ON entries, commands TO {role}",
    "GRANT SELECT, UPDATE (one) ON head TO {role}",
)
READER: Final[tuple[LiteralString, ...]] = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON entries, commands, head TO {role}",
)

# What makes the log what it is, as the catalogue tells it. An index more does no harm; a trigger, a rule or a policy more
# could do anything, and an unlogged table forgets.
_FOUND: Final[LiteralString] = """
WITH ours AS (
    SELECT * FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
)
SELECT 'table', relname, relkind::text || relpersistence::text, relhasrules::text || relrowsecurity::text FROM ours
UNION ALL
SELECT 'column', relname, attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
FROM ours JOIN pg_attribute ON attrelid = ours.oid WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'key', relname, contype::text, replace(pg_get_constraintdef(pg_constraint.oid), '"', '')
FROM ours JOIN pg_constraint ON conrelid = ours.oid WHERE contype IN ('p', 'u')
UNION ALL
SELECT 'trigger', relname, tgname || ' ' || tgtype || ' ' || tgenabled::text, prosrc
FROM ours JOIN pg_trigger ON tgrelid = ours.oid JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal
"""
# The type of a trigger in bits (pg_trigger.h): row 1, before 2, insert 4, delete 8, update 16, truncate 32.
_EXPECTED: Final = frozenset(
    {
        *(("table", table, "rp", "falsefalse") for table in ("head", "entries", "commands")),
        ("column", "head", "one", "boolean not null"),
        ("column", "head", "format", "integer not null"),
        ("column", "head", "position", "bigint not null"),
        ("key", "head", "p", "PRIMARY KEY (one)"),
        ("column", "entries", "position", "bigint not null"),
        ("column", "entries", "stream", "bytea not null"),
        ("column", "entries", "version", "bigint not null"),
        ("column", "entries", "type", "text not null"),
        ("column", "entries", "entry", "bytea not null"),
        ("key", "entries", "p", "PRIMARY KEY (position)"),
        ("key", "entries", "u", "UNIQUE (stream, version)"),
        ("column", "commands", "id", "bytea not null"),
        ("column", "commands", "first_position", "bigint not null"),
        ("column", "commands", "entries", "bigint not null"),
        ("column", "commands", "digest", "bytea not null"),
        ("key", "commands", "p", "PRIMARY KEY (id)"),
        ("trigger", "entries", "entries_in_turn 4 O", _IN_TURN),
        ("trigger", "entries", "entries_never_change 58 O", NEVER),
        ("trigger", "commands", "commands_never_change 58 O", NEVER),
        ("trigger", "head", "head_follows 19 O", _HEAD),
        ("trigger", "head", "head_never_goes 42 O", NEVER),
    }
)
_IN_SCHEMA: Final = "{schema}"


def make(db: psycopg.Connection, *, writers: tuple[str, ...], readers: tuple[str, ...]) -> None:
    """The tables in the schema that the connection looks in first, and the privileges of these roles."""
    (schema,) = _one(db, "SELECT current_schema()")
    names = {"schema": Identifier(str(schema))}
    with db.transaction():
        # The same for two logs that are made at once in one schema: the second one finds the first.
        made = [SQL(statement).format(**names) if _IN_SCHEMA in statement else SQL(statement) for statement in TABLES]
        db.execute(SQL(";\n").join(made))
        for privileges, roles in ((WRITER, writers), (READER, readers)):
            for role in roles:
                for statement in privileges:
                    db.execute(SQL(statement).format(**names, role=Identifier(role)))


def format_of(db: psycopg.Connection) -> int | None:
    """The format of the log that stands there; None when there is no log."""
    (there,) = _one(db, "SELECT to_regclass('head') IS NOT NULL AND to_regclass('entries') IS NOT NULL")
    if not there:
        return None
    (found,) = _one(db, "SELECT format FROM head")
    return int(str(found))


def is_whole(db: psycopg.Connection) -> bool:
    """Whether tables and triggers are those that were made."""
    return found_of(db, ("head", "entries", "commands")) == _EXPECTED


def found_of(db: psycopg.Connection, names: Collection[str]) -> set[tuple[object, ...]]:
    """What the catalogue tells of these tables: (kind, table, name, value) of tables, columns, keys and triggers."""
    return set(db.execute(_FOUND, (list(names),)).fetchall())


def may_write(db: psycopg.Connection) -> bool:
    """Whether this role may append here; a standby takes nothing."""
    (allowed,) = _one(
        db,
        "SELECT has_table_privilege('entries', 'INSERT') AND has_table_privilege('commands', 'INSERT')"
        " AND has_column_privilege('head', 'one', 'UPDATE') AND NOT pg_is_in_recovery()",
    )
    return bool(allowed)


def _one(db: psycopg.Connection, sql: LiteralString) -> tuple[object, ...]:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row
