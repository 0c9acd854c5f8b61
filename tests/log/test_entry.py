"""Entries: canonical bytes that come back as they were, and nothing that is not of its type gets in or comes out."""

import json
import re
from contextlib import nullcontext
from datetime import date
from functools import cache
from typing import Any, Final

import jsonschema
import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct, inspect
from msgspec.structs import replace

from archive.domain.codes import Event
from archive.domain.errors import Corrupt, Phrase
from archive.domain.events import STREAMS, TABLE, UPCASTS, kinds_of
from archive.domain.items import ItemPublished
from archive.domain.request_intake import RequestReceived
from archive.domain.seals import seal_text
from archive.log.entry import (
    FORMS,
    MAX_ENTRY_BYTES,
    MAX_INTEGER,
    Entry,
    decode_entry,
    decode_exactly,
    decode_for_fold,
    encode_entry,
    is_canonical,
)
from stories import AGENCY, ORIGIN, item_id
from strategies import entries, fields_of

EVENTS: Final = sorted(TABLE.values(), key=lambda event: event.TYPE)
EACH = pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: f"{cls.TYPE}.v{cls.VERSION}")
# Thirty types have thirty searches; each may be short.
SHORT = settings(max_examples=max(8, settings().max_examples // 10))
# What must never stand in an entry: Chinese, a space, a quote, a control character, a whole sentence.
FREE_TEXT: Final = ("张三 今天", "a b", "张", 'a"b', "a\\b", "a\nb", "a\x00", "Zhang San, 12 Main Street", "é", "")

PUBLISHED: Final = Entry(
    position=120,
    stream=item_id(),
    version=4,
    at="2018-03-14T02:00:00Z",
    by="role:publisher",
    cmd="0190" * 8,
    log=ORIGIN,
    prev=118,
    event=ItemPublished(
        agency=AGENCY,
        mode="proactive",
        made_on=date(2018, 3, 5),
        categories=[],
        channel="website",
        published_on=date(2018, 3, 14),
        text=seal_text(bytes(range(32))),
        link=seal_text(bytes(range(32, 64))),
    ),
)
WRITTEN: Final = (
    b'{"at":"2018-03-14T02:00:00Z","by":"role:publisher","cmd":"01900190019001900190019001900190","data":'
    b'{"agency":"agency-a0000000000000000000000000000001","categories":[],"channel":"website","made_on":"2018-03-05",'
    b'"mode":"proactive","published_on":"2018-03-14"},"log":"archive.example/fgj","prev":118,"seals":'
    b'{"link":"s1:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8","text":"s1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},'
    b'"stream":"item-10000000000000000000000000000001","type":"item-published","v":2,"ver":4}'
)


def encoded(entry: Entry) -> bytes:
    return encode_entry(
        entry.event,
        at=entry.at,
        by=entry.by,
        cmd=entry.cmd,
        log=entry.log,
        prev=entry.prev,
        stream=entry.stream,
        version=entry.version,
    )


def decoded(raw: bytes, entry: Entry = PUBLISHED) -> Entry:
    return decode_entry(entry.position, entry.event.TYPE, raw)


def newest(entry: Entry) -> Entry:
    """The entry as it is read: an older version of an event is read as the newest."""
    upcast = UPCASTS.get(type(entry.event))
    return entry if upcast is None else entry._replace(event=upcast(entry.event))


def refuses(raw: bytes, entry: Entry = PUBLISHED) -> bool:
    """Whether the bytes are told to be no entry; the error names the position and repeats nothing of them."""
    found: Corrupt | None = None
    try:
        decoded(raw, entry)
    except Corrupt as error:
        found = error
    if found is not None:
        assert found.code == "LOG-007"
        assert found.facts["position"] == entry.position
        reason = found.facts["reason"]
        assert isinstance(reason, Phrase)
        assert reason.en in {"unknown type or version", "not the form of its type"}
    return found is not None


# --- what is written ---------------------------------------------------------------------------------------------------
def test_entry_is_these_bytes() -> None:
    assert encoded(PUBLISHED) == WRITTEN
    assert decoded(WRITTEN) == PUBLISHED


@EACH
def test_entry_comes_back_as_it_was(cls: type[Event]) -> None:
    """Goal: nothing is lost or changed by storing. Method: round trip of entries drawn from the types."""

    @SHORT
    @given(entries(cls))
    def check(entry: Entry) -> None:
        raw = encoded(entry)
        read = decoded(raw, entry)
        assert read == newest(entry)
        assert is_canonical(read, raw)
        assert decode_exactly(entry.position, entry.event.TYPE, raw) == (read, True)

    check()


# An entry as the program wrote it before a receipt had a version 2.
RECEIVED_V1: Final = (
    b'{"at":"2018-09-03T02:00:00Z","by":"role:information-officer","cmd":"01900190019001900190019001900190","data":'
    b'{"agency":"agency-a0000000000000000000000000000001","applicant_kind":"natural-person","channel":"letter",'
    b'"received_on":"2018-09-03"},"log":"archive.example/fgj","seals":{},'
    b'"stream":"request-e0000000000000000000000000000001","type":"request-received","v":1,"ver":1}'
)


def test_entry_of_an_older_version_is_read_as_the_newest_and_keeps_its_bytes() -> None:
    entry = decode_entry(7, "request-received", RECEIVED_V1)
    assert entry.event == RequestReceived(
        agency=AGENCY,
        received_on=date(2018, 9, 3),
        channel="letter",
        applicant_kind="natural-person",
        co_applicants=0,
        person=UNSET,
        text=UNSET,
    )
    assert is_canonical(entry, RECEIVED_V1)
    assert decode_exactly(7, "request-received", RECEIVED_V1) == (entry, True)
    assert not is_canonical(entry, RECEIVED_V1.replace(b"letter", b"online"))
    assert not is_canonical(entry, RECEIVED_V1.replace(b'"ver":1}', b'"ver": 1}'))


@pytest.mark.parametrize("duty", [b"", b'"duty":"budget",'])
def test_publication_of_version_1_is_read_with_and_without_a_duty(duty: bytes) -> None:
    raw = WRITTEN.replace(b'"v":2', b'"v":1').replace(b'"made_on"', duty + b'"made_on"')
    entry = decoded(raw)
    assert entry.event == replace(PUBLISHED.event, duty="budget" if duty else UNSET)
    assert is_canonical(entry, raw)
    assert not is_canonical(entry, raw.replace(b"website", b"gazette"))


@pytest.mark.parametrize("found", [b'"v":3', b'"v":0', b'"v":"1"', b'"v":2'])
def test_entry_of_a_version_that_does_not_fit_is_none(found: bytes) -> None:
    with pytest.raises(Corrupt) as corrupt:
        decode_entry(7, "request-received", RECEIVED_V1.replace(b'"v":1', found))
    assert corrupt.value.code == "LOG-007"


@EACH
def test_bytes_are_canonical_json_of_the_profile(cls: type[Event]) -> None:
    """Goal: anybody's canonicaliser gives the same bytes. Method: RFC 8785 by another hand, and a walk over the values."""

    @SHORT
    @given(entries(cls))
    def check(entry: Entry) -> None:
        raw = encoded(entry)
        assert rfc8785.dumps(json.loads(raw, object_pairs_hook=without_twins)) == raw
        assert len(raw) <= MAX_ENTRY_BYTES
        assert profile_breaches(json.loads(raw)) == []

    check()


def without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({key for key, _ in pairs}) == len(pairs), "no key stands twice"
    return dict(pairs)


def profile_breaches(value: object, depth: int = 1) -> list[str]:
    """What in a value is outside the profile: names, types, sizes, depth."""
    match value:
        case dict():
            named = [key for key in value if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", key)]
            inner = [breach for part in value.values() for breach in profile_breaches(part, depth + 1)]
            return named + inner + (["too deep"] if depth > 4 else [])
        case list():
            return [breach for part in value for breach in profile_breaches(part, depth + 1)]
        case bool():
            return []
        case int():
            return [] if abs(value) <= MAX_INTEGER else ["an integer beyond 2^53"]
        case str():
            return [] if re.fullmatch(r"[!-~]+", value) else ["text"]
        case _:
            return [type(value).__name__]


# The longest that each pattern lets through; a new pattern needs its line.
LONGEST: Final = {
    r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z": "a" * 32,
    r"^[a-z]([a-z0-9_.]{0,58}[a-z0-9])?\Z": "a" * 60,
    r"^[a-z]([a-z0-9_.]{0,78}[a-z0-9])?\Z": "a" * 80,
    r"^I-[A-Z][0-9]{1,2}\Z": "I-C12",
    r"^[0-9A-Za-z]([0-9A-Za-z._-]{0,62}[0-9A-Za-z])?\Z": "A" * 64,
    r"^[0-9]{4}-[0-9]{1,6}\Z": "2018-123456",
    r"^[0-9]{6}\Z": "421202",
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]\+08:00\Z": (
        "2018-08-01T09:30+08:00"
    ),
    r"^[0-9A-HJ-NPQRTUWXY]{18}\Z": "11421202011336163X",
    r"^[0-9a-f]{64}\Z": "f" * 64,
    **{rf"^{kind}-[0-9a-f]{{32}}\Z": f"{kind}-{'f' * 32}" for kind in STREAMS},
    r"^s1:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z": seal_text(b"\xff" * 32),
}


def largest(wanted: inspect.Type) -> Any:  # noqa: ANN401, PLR0911 - Any: what the type says, an arm a type
    match wanted:
        case inspect.Metadata():
            return largest(wanted.type)
        case inspect.StrType(pattern=str(pattern)):
            assert re.search(pattern, LONGEST[pattern])
            return LONGEST[pattern]
        case inspect.IntType():
            assert wanted.le is not None
            return wanted.le
        case inspect.BoolType():
            return False
        case inspect.DateType():
            return date(9999, 12, 31)
        case inspect.LiteralType():
            return max(wanted.values, key=lambda value: len(str(value)))
        case inspect.ListType():
            assert wanted.max_length is not None, "a list in an entry is bounded"
            return [largest(wanted.item_type)] * wanted.max_length
        case inspect.StructType():
            return largest_of(wanted.cls)
        case _:
            raise AssertionError(f"say here how large {wanted} can be")


def largest_of(cls: type[Struct]) -> Struct:
    return cls(**{field.name: largest(field.type) for field in fields_of(cls)})


@EACH
def test_largest_entry_of_each_type_is_within_its_limit(cls: type[Event]) -> None:
    event = largest_of(cls)
    assert isinstance(event, Event)
    entry = Entry(
        position=MAX_INTEGER,
        stream=f"{kinds_of(cls)[0]}-{'f' * 32}",
        version=MAX_INTEGER,
        at="9999-12-31T23:59:59Z",
        by="role:" + "a" * 24,
        cmd="f" * 32,
        log="a" * 128 + ("/" + "a" * 64) * 8,
        prev=MAX_INTEGER,
        event=event,
    )
    assert len(encoded(entry)) <= MAX_ENTRY_BYTES
    assert decoded(encoded(entry), entry) == newest(entry)


# --- what is no entry --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        WRITTEN[:-1],
        WRITTEN + b"}",
        WRITTEN.replace(b'"v":2', b'"v":3'),
        WRITTEN.replace(b'"v":2', b'"v":"2"'),
        WRITTEN.replace(b'"v":2', b'"v":true'),
        WRITTEN.replace(b'"v":2,', b""),
        WRITTEN.replace(b'"type":"item-published"', b'"type":"item-updated"'),
        WRITTEN.replace(b'"type":"item-published"', b'"type":"ItemPublished"'),
        WRITTEN.replace(b'"ver":4', b'"ver":4,"why":1'),
        WRITTEN.replace(b'"mode":"proactive"', b'"mode":"proactive","title":"a"'),
        WRITTEN.replace(b'"mode":"proactive"', b'"mode":"secret"'),
        WRITTEN.replace(b'"mode":"proactive",', b""),
        WRITTEN.replace(b'"made_on":"2018-03-05"', b'"made_on":null'),
        WRITTEN.replace(b'"made_on":"2018-03-05"', b'"made_on":"2018-02-30"'),
        WRITTEN.replace(b'"made_on":"2018-03-05"', b'"made_on":"2018-03-05T00:00:00Z"'),
        WRITTEN.replace(b'"made_on":"2018-03-05"', b'"made_on":1.5'),
        WRITTEN.replace(b'"seals":{', b'"seals":{"person":"s1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",'),
        WRITTEN.replace(b"Hh8", b"Hh9"),
        WRITTEN.replace(b'"stream":"item-', b'"stream":"request-'),
        WRITTEN.replace(b'"ver":4', b'"ver":0'),
        WRITTEN.replace(b'"ver":4', b'"ver":-4'),
        WRITTEN.replace(b'"ver":4', b'"ver":4.5'),
        WRITTEN.replace(b'"ver":4', b'"ver":9007199254740992'),
        WRITTEN.replace(b'"prev":118', b'"prev":0'),
        WRITTEN.replace(b"2018-03-14T02:00:00Z", b"2018-03-14T02:00:00"),
        WRITTEN.replace(b"2018-03-14T02:00:00Z", b"2018-03-14 02:00:00Z"),
        WRITTEN.replace(b"role:publisher", b"publisher"),
        WRITTEN.replace(b"role:publisher", b"role:li-na\\n"),
        WRITTEN.replace(b"archive.example/fgj", b"Archive"),
        WRITTEN.replace(b"website", "网站".encode()),
        WRITTEN.replace(b"website", b"web site"),
        WRITTEN.replace(b"website", b"web\xffsite"),
        WRITTEN.replace(b"website", b"website\\n"),
    ],
    ids=range(38),
)
def test_bytes_that_are_no_entry_are_told_so(wrong: bytes) -> None:
    assert wrong != WRITTEN
    assert refuses(wrong)


@pytest.mark.parametrize(
    "read, other, taken",
    [
        (b'"2018-03-14T02:00:00Z"', b'"yesterday"', True),
        (b'"role:publisher"', b'"somebody"', True),
        (b'"at":"2018-03-14T02:00:00Z"', b'"at":7', False),
        (b'"type":"item-published"', b'"type":"item-withdrawn"', False),
        (b'"channel":"website"', b'"channel":"Web Site"', False),
        (b'"v":2', b'"v":3', False),
        (b'"ver":4', b'"ver":0', False),
        (b'"ver":4', b'"ver":4,"more":1', False),
        (b'"by":"role:publisher",', b"", False),
        (b'"s1:', b'"s2:', False),
        (b'"stream":"item-', b'"stream":"issue-', False),
    ],
)
def test_fold_takes_what_a_reader_takes_but_for_the_words_of_the_envelope_that_it_does_not_read(
    read: bytes, other: bytes, *, taken: bool
) -> None:
    assert decode_for_fold(120, "item-published", WRITTEN) == decode_entry(120, "item-published", WRITTEN)
    changed = WRITTEN.replace(read, other)
    assert changed != WRITTEN
    assert refuses(changed)
    with nullcontext() if taken else pytest.raises(Corrupt, match="LOG-007"):
        decode_for_fold(120, "item-published", changed)


@pytest.mark.parametrize("unknown", ["", "item-published.v1", "item-vanished", "builtins.eval", "ITEM-PUBLISHED"])
def test_type_that_is_not_in_the_table_is_an_error(unknown: str) -> None:
    with pytest.raises(Corrupt, match="LOG-007"):
        decode_entry(120, unknown, WRITTEN)


@pytest.mark.parametrize(
    "same_meaning",
    [
        WRITTEN + b"\n",
        WRITTEN.replace(b",", b", ", 1),
        WRITTEN.replace(b"website", b"websit\\u0065"),
        WRITTEN.replace(b'"ver":4', b'"ver":4,"ver":4'),
        WRITTEN.replace(
            b'{"at":"2018-03-14T02:00:00Z","by":"role:publisher"', b'{"by":"role:publisher","at":"2018-03-14T02:00:00Z"'
        ),
    ],
    ids=["line feed", "space", "escape", "key twice", "order"],
)
def test_other_bytes_of_the_same_meaning_are_not_canonical(same_meaning: bytes) -> None:
    assert decoded(same_meaning) == PUBLISHED
    assert not is_canonical(PUBLISHED, same_meaning)
    assert decode_exactly(PUBLISHED.position, PUBLISHED.event.TYPE, same_meaning) == (PUBLISHED, False)


def test_version_is_read_wherever_it_stands() -> None:
    """The bytes of an entry end with it; bytes that are not canonical may have it anywhere, and twice."""
    moved = b'{"v":1,' + RECEIVED_V1.replace(b'"v":1,', b"")[1:]
    assert decode_exactly(7, "request-received", moved) == (decode_entry(7, "request-received", RECEIVED_V1), False)
    for other in (RECEIVED_V1.replace(b'"v":1,', b'"v":3,'), RECEIVED_V1.replace(b'"v":1,', b'"v":01,')):
        with pytest.raises(Corrupt):
            decode_entry(7, "request-received", other)


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 255))
def test_changed_byte_is_seen(place: int, byte: int) -> None:
    """Goal: no byte can be changed silently. Method: change each to any other; it is no entry, or not canonical, or another."""
    changed = WRITTEN[:place] + bytes([byte]) + WRITTEN[place + 1 :]
    if changed == WRITTEN or refuses(changed):
        return
    entry = decoded(changed)
    assert not is_canonical(entry, changed) or entry != PUBLISHED
    assert decode_exactly(entry.position, entry.event.TYPE, changed) == (entry, is_canonical(entry, changed))


# --- no free text ------------------------------------------------------------------------------------------------------
def strings_in(cls: type[Struct]) -> list[tuple[str, ...]]:
    """The way to each string in a struct: its field, and the field in that."""
    found: list[tuple[str, ...]] = []
    for field in fields_of(cls):
        wanted = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
        match wanted:
            case inspect.StrType() | inspect.LiteralType():
                found.append((field.name,))
            case inspect.ListType(item_type=inspect.StructType(cls=inner)):
                found.extend((field.name, *way) for way in strings_in(inner))
            case inspect.ListType(item_type=inspect.DateType()):
                pass
            case inspect.ListType():
                found.append((field.name, "*"))
            case _:
                pass
    return found


def with_text(event: Struct, way: tuple[str, ...], text: str) -> Struct:
    """The event with this text in that place."""
    name, *rest = way
    if not rest:
        return replace(event, **{name: text})
    if rest == ["*"]:
        return replace(event, **{name: [text]})
    (inner,) = (field.type for field in fields_of(type(event)) if field.name == name)
    inner = inner.type if isinstance(inner, inspect.Metadata) else inner
    assert isinstance(inner, inspect.ListType)
    assert isinstance(inner.item_type, inspect.StructType)
    element = largest_of(inner.item_type.cls)
    return replace(event, **{name: [with_text(element, tuple(rest), text)]})


PLACES: Final = [(cls, way) for cls in EVENTS for way in strings_in(cls)]


@pytest.mark.parametrize("cls, way", PLACES, ids=[f"{cls.TYPE}-{'-'.join(way)}" for cls, way in PLACES])
def test_free_text_fits_nowhere(cls: type[Event], way: tuple[str, ...]) -> None:
    """Goal: nobody leaks into the log. Method: a name and a sentence in every string of every type; neither written nor read."""
    event = largest_of(cls)
    stream = f"{kinds_of(cls)[0]}-{'f' * 32}"
    whole = json.loads(encoded(PUBLISHED._replace(event=event, stream=stream)))  # type: ignore[arg-type] # largest_of gives an event of its class
    for text in FREE_TEXT:
        leaking = with_text(event, way, text)
        if way[0] not in cls.SEALS:
            with pytest.raises(AssertionError, match="not of its type"):
                encoded(PUBLISHED._replace(event=leaking, stream=stream))  # type: ignore[arg-type] # see above
        part = msgspec.to_builtins(leaking)
        forged = whole | {
            "data": {name: value for name, value in part.items() if name not in cls.SEALS},
            "seals": {name: value for name, value in part.items() if name in cls.SEALS},
        }
        raw = rfc8785.dumps(forged)
        assert refuses(raw, PUBLISHED._replace(event=leaking))  # type: ignore[arg-type] # see above
        with pytest.raises(jsonschema.ValidationError):
            validator_of(cls).validate(forged)


def test_free_text_of_ascii_letters_is_not_a_code() -> None:
    for name in ("Zhang", "ZhangSan", "zhang_san", "zhang.san"):
        assert refuses(WRITTEN.replace(b'"channel":"website"', f'"channel":"{name}"'.encode()))


@pytest.mark.parametrize("member", ["at", "by", "cmd", "log", "stream", "type"])
def test_free_text_fits_into_no_member_of_the_envelope(member: str) -> None:
    whole = json.loads(WRITTEN)
    for text in FREE_TEXT:
        assert refuses(rfc8785.dumps(whole | {member: text}))
        with pytest.raises(jsonschema.ValidationError):
            validator_of(ItemPublished).validate(whole | {member: text})


# --- what outsiders check with -----------------------------------------------------------------------------------------
def schema_of(cls: type[Event]) -> dict[str, Any]:  # Any: a JSON Schema
    return msgspec.json.schema(FORMS[cls.TYPE, cls.VERSION].envelope)


@cache
def validator_of(cls: type[Event]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_of(cls))


@EACH
def test_published_schema_accepts_the_stored_bytes(cls: type[Event]) -> None:
    """Goal: an outsider's validator takes what we store. Method: another hand's JSON Schema over drawn entries."""

    @SHORT
    @given(entries(cls))
    def check(entry: Entry) -> None:
        validator_of(cls).validate(json.loads(encoded(entry)))

    check()


@EACH
def test_published_schema_is_closed(cls: type[Event]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(cls))
    open_objects = [
        name for name, part in schema_of(cls)["$defs"].items() if part.get("additionalProperties") is not False
    ]
    assert open_objects == []


def test_table_has_a_form_for_every_type() -> None:
    assert set(FORMS) == set(TABLE)
    assert {cls.__name__ for cls in TABLE.values()} == {cls.__name__ for events in STREAMS.values() for cls in events}
    assert all(kinds_of(cls) for cls in TABLE.values())
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", event_type) for event_type, _ in TABLE)


def test_absent_is_not_null() -> None:
    assert isinstance(PUBLISHED.event, ItemPublished)
    without = PUBLISHED._replace(prev=None, version=1, event=replace(PUBLISHED.event, made_on=UNSET))
    raw = encoded(without)
    assert b"null" not in raw
    assert b"prev" not in raw
    assert b"made_on" not in raw
    assert decoded(raw) == without
