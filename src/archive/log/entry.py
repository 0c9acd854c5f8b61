"""An entry: an event with its envelope. Its bytes are what is stored, hashed and served.

An entry of an older version of its event is read as the newest version says it; its bytes stay as they were written.

The bytes are one JSON object in UTF-8: sorted keys, no spaces, no floats, no null, no key twice, integers within
±(2^53−1), at most 32 KiB. Within this profile they equal RFC 8785. They are never serialised again on a read path.

    {"at":…,"by":…,"cmd":…,"data":{…},"log":…,"prev":…,"seals":{…},"stream":…,"type":…,"v":…,"ver":…}
"""

from __future__ import annotations

import re
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from archive.domain.codes import CommandId, Event, Origin, Role, Seal
from archive.domain.errors import Corrupt, Phrase
from archive.domain.events import TABLE, UPCASTS, stream_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ENTRY_BYTES: Final = 32 * 1024
MAX_INTEGER: Final = 2**53 - 1

Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Position = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]


class Entry(NamedTuple):
    """An event and where it stands: its position in the log, its version in its stream."""

    position: int
    stream: str
    version: int
    at: str
    by: str
    cmd: str
    log: str
    prev: int | None
    event: Event


class _Form:
    """How one event type is written and read: made once from its class, what reads it not before it is needed."""

    def __init__(self, event: type[Event]) -> None:
        self.event = event
        self.upcast = UPCASTS.get(event)
        # The schema of a version is printed under this name, which must not change when a newer version comes.
        self.name = event.__name__.removesuffix(f"V{event.VERSION}")
        self.data = tuple(sorted(name for name in event.__struct_fields__ if name not in event.SEALS))
        self.seals = tuple(sorted(event.SEALS))
        self.members = (*self.data, *self.seals)
        self.stream_pattern = stream_pattern(event)
        self.data_values = _values(self.data)
        self.seal_values = _values(self.seals)
        # Members of the envelope that are the same in every entry of this type.
        self.tail = f'","type":"{event.TYPE}","v":{event.VERSION},"ver":'.encode()

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:  # Any: a struct made at run time
        """Reads the bytes of an entry of this type, and nothing else."""
        return msgspec.json.Decoder(self.envelope)

    @cached_property
    def fold_decoder(self) -> msgspec.json.Decoder[Any]:  # Any: a struct made at run time
        """Reads the same, but takes any text for what no fold reads: `at`, `by`, `cmd` and `log`."""
        unread = [("at", str), ("by", str), ("cmd", str), ("log", str)]
        fixed = [("type", Literal[self.event.TYPE]), ("v", Literal[self.event.VERSION])]
        return msgspec.json.Decoder(self._envelope(f"{self.name}Folded", [*unread, *fixed]))

    @cached_property
    def data_decoder(self) -> msgspec.json.Decoder[Any]:  # Any: a struct made at run time
        """Reads the bytes of `data` alone."""
        return msgspec.json.Decoder(self.data_type)

    @cached_property
    def data_type(self) -> type[Struct]:
        """The fields of `data`."""
        fields = {field.name: field for field in msgspec.structs.fields(self.event)}
        return msgspec.defstruct(
            f"{self.name}Data",
            [
                (field, fields[field].type) if fields[field].required else (field, fields[field].type, UNSET)
                for field in self.data
            ],
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
        )

    @cached_property
    def envelope(self) -> type[Struct]:
        """The whole entry: its members, with `data` and `seals`."""
        checked = [
            ("at", Moment),
            ("by", Role),
            ("cmd", CommandId),
            ("log", Origin),
            ("type", Annotated[str, Meta(pattern=rf"^{self.event.TYPE}\Z")]),
            ("v", Annotated[int, Meta(ge=self.event.VERSION, le=self.event.VERSION)]),
        ]
        return self._envelope(f"{self.name}Entry", checked)

    def _envelope(self, name: str, members: list[tuple[str, Any]]) -> type[Struct]:  # Any: types of members
        seals = msgspec.defstruct(
            f"{self.name}Seals",
            [(field, Seal) for field in self.seals],
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        others: list[tuple[str, Any] | tuple[str, Any, Any]] = [  # Any: types of members
            ("data", self.data_type),
            ("prev", Position | UnsetType, UNSET),
            ("seals", seals),
            ("stream", Annotated[str, Meta(pattern=self.stream_pattern)]),
            ("ver", Position),
        ]
        # In the order of their names, as they are written.
        fields = sorted([*members, *others], key=itemgetter(0))
        return msgspec.defstruct(name, fields, frozen=True, kw_only=True, forbid_unknown_fields=True)


def _values(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """Read so many attributes at once; `attrgetter` gives a bare value for one name."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda owner: (one(owner),)
    return attrgetter(*names)


FORMS: Final = {key: _Form(event) for key, event in TABLE.items()}
_BY_EVENT: Final = {form.event: form for form in FORMS.values()}
_VERSIONS: Final = {event_type: sorted(v for t, v in FORMS if t == event_type) for event_type, _ in FORMS}
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def encode_entry(  # noqa: PLR0913 - the envelope has this many members
    event: Event, *, at: str, by: str, cmd: str, log: str, prev: int | None, stream: str, version: int
) -> bytes:
    """The canonical bytes of an entry. All members of the envelope are ASCII without quotes, by their patterns."""
    form = _BY_EVENT[type(event)]
    values = form.data_values(event)
    data = dict(zip(form.data, values, strict=True))
    if UNSET in values:
        data = {name: value for name, value in data.items() if value is not UNSET}
    written = _encode(data)
    assert _is_of_its_types(form, written), f"a value in {event.TYPE} is not of its type"
    seals = _encode(dict(zip(form.seals, form.seal_values(event), strict=True))) if form.seals else b"{}"
    before = f'"prev":{prev},' if prev is not None else ""
    raw = b"".join(
        (
            f'{{"at":"{at}","by":"{by}","cmd":"{cmd}","data":'.encode(),
            written,
            f',"log":"{log}",{before}"seals":'.encode(),
            seals,
            f',"stream":"{stream}'.encode(),
            form.tail,
            b"%d}" % version,
        )
    )
    assert raw.isascii(), "text is never in an entry"
    assert len(raw) <= MAX_ENTRY_BYTES, "an entry holds codes only; lists are bounded by their types"
    return raw


def _is_of_its_types(form: _Form, data: bytes) -> bool:
    """Whether a reader will take the data. Commands may be made by programs: what no reader takes never gets in."""
    try:
        form.data_decoder.decode(data)
    except msgspec.DecodeError:
        return False
    return True


def decode_entry(position: int, event_type: str, raw: bytes) -> Entry:
    """The entry behind stored bytes; `Corrupt` when they are not an entry of a type in the table."""
    form, entry = _stored(position, event_type, raw)
    return entry if form.upcast is None else entry._replace(event=form.upcast(entry.event))


def decode_for_fold(position: int, event_type: str, raw: bytes) -> Entry:
    """The same as `decode_entry` for bytes of the log, but what no fold reads of the envelope is not compared with its pattern.

    That was done before it was written, and an audit does it again. Data, seals, stream, type and version are.
    """
    form, envelope = _parsed(position, event_type, raw, for_fold=True)
    entry = _entry(position, form, envelope)
    return entry if form.upcast is None else entry._replace(event=form.upcast(entry.event))


def decode_exactly(position: int, event_type: str, raw: bytes) -> tuple[Entry, bool]:
    """The entry behind stored bytes, and whether it has no other bytes: `decode_entry` and `is_canonical` in one reading."""
    form, envelope = _parsed(position, event_type, raw)
    entry = _entry(position, form, envelope)
    # Every member, in the order of names: what the envelope's type does not have was refused.
    exact = raw == _encode(envelope)
    return entry if form.upcast is None else entry._replace(event=form.upcast(entry.event)), exact


def _stored(position: int, event_type: str, raw: bytes) -> tuple[_Form, Entry]:
    """The entry in the version in which it was written."""
    form, envelope = _parsed(position, event_type, raw)
    return form, _entry(position, form, envelope)


def _parsed(
    position: int, event_type: str, raw: bytes, *, for_fold: bool = False
) -> tuple[_Form, Any]:  # Any: a struct made at run time
    try:
        form = _form_of(event_type, raw)
        return form, (form.fold_decoder if for_fold else form.decoder).decode(raw)
    except KeyError as error:
        raise Corrupt(
            "LOG-007", position=position, reason=Phrase("没有这个类型或版本", "unknown type or version")
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(
            "LOG-007", position=position, reason=Phrase("不合其类型的格式", "not the form of its type")
        ) from error


def _entry(position: int, form: _Form, envelope: Any) -> Entry:  # noqa: ANN401 - Any: a struct made at run time
    read = (*form.data_values(envelope.data), *form.seal_values(envelope.seals))
    return Entry(
        position,
        envelope.stream,
        envelope.ver,
        envelope.at,
        envelope.by,
        envelope.cmd,
        envelope.log,
        None if envelope.prev is UNSET else envelope.prev,
        form.event(**dict(zip(form.members, read, strict=True))),
    )


class _Version(Struct):
    v: int


_version_of: Final = msgspec.json.Decoder(_Version).decode
_ENDING_BYTES: Final = 64
_ENDING: Final = re.compile(rb',"v":([0-9]{1,6}),"ver":[0-9]{1,16}\}\Z')


def _form_of(event_type: str, raw: bytes) -> _Form:
    versions = _VERSIONS[event_type]
    if len(versions) == 1:
        return FORMS[event_type, versions[0]]
    # Canonical bytes end with the version; what ends otherwise is parsed for it. Whoever reads demands this version.
    found = _ENDING.search(raw, max(0, len(raw) - _ENDING_BYTES))
    return FORMS[event_type, int(found[1]) if found else _version_of(raw).v]


def is_canonical(entry: Entry, raw: bytes) -> bool:
    """Whether the bytes are the only bytes that this entry has, in the version in which it was written."""
    event = entry.event
    if len(_VERSIONS[event.TYPE]) > 1:
        event = _stored(entry.position, event.TYPE, raw)[1].event
        upcast = _BY_EVENT[type(event)].upcast
        if (event if upcast is None else upcast(event)) != entry.event:
            return False
    return raw == encode_entry(
        event,
        at=entry.at,
        by=entry.by,
        cmd=entry.cmd,
        log=entry.log,
        prev=entry.prev,
        stream=entry.stream,
        version=entry.version,
    )
