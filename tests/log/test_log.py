"""The log: positions without a gap, streams by their names, moments turned into positions, all or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.commands import Writer
from archive.domain.agencies import AgencyRegistered, ChannelRegistered
from archive.domain.errors import Refused
from archive.domain.items import ItemDrafted
from archive.domain.seals import seal_text
from archive.log.log import Log, LogWrite, moment_text, stream_bytes
from stories import (
    AGENCY,
    BACKENDS,
    NOON,
    ORIGIN,
    Backend,
    Clerk,
    Clock,
    Home,
    a_bureau,
    a_small_archive,
    agency_id,
    item_id,
    tell,
)

SEAL = seal_text(bytes(32))
CHANNEL = ChannelRegistered(channel="website", kind="website", text=SEAL)


def append(
    write: LogWrite, *, version: int, at: str, number: int, stream: str = AGENCY, prev: int | None = None
) -> int:
    """One command's one event, for tests of the log itself."""
    event = AgencyRegistered(level="county", region="421202", text=SEAL) if version == 0 else CHANNEL
    return write.append(
        (event,),
        stream=stream,
        version=version,
        prev=prev,
        at=at,
        by="role:administrator",
        command_id=f"{number:032x}",
        digest=bytes(32),
    )


def fill(log: Log, moments: list[str]) -> None:
    """One entry at each moment."""
    with log.write() as write:
        for number, at in enumerate(moments):
            append(write, version=number, at=at, number=number, prev=number or None)


# --- reading -----------------------------------------------------------------------------------------------------------
def test_log_in_which_nothing_happened_has_no_entry(log: Log) -> None:
    assert log.head() == 0
    assert log.entries(after=0, limit=10) == []
    assert log.entry(1) is None
    assert log.row(1) is None
    assert log.history(AGENCY) == []
    assert log.moment_of(0) is None
    assert log.position_at(NOON, until=0) == 0


def test_entries_are_read_in_order_by_page_and_by_type(log: Log, writer: Writer) -> None:
    tell(writer, a_small_archive(Clerk()))
    every = log.entries(after=0, limit=1000)
    assert [entry.position for entry in every] == list(range(1, log.head() + 1))
    assert log.entries(after=10, limit=5) == every[10:15]
    assert log.entries(after=10, limit=100, until=12) == every[10:12]
    drafted = log.entries(after=0, limit=100, types=["item-drafted"])
    assert drafted == [entry for entry in every if isinstance(entry.event, ItemDrafted)]
    assert [row.entry for row in log.rows(after=0, limit=1000)] == [log.row(n).entry for n in range(1, log.head() + 1)]  # type: ignore[union-attr] # every position up to the head has a row
    assert log.entry(7) == every[6]


def test_history_is_the_stream_up_to_a_position(log: Log, writer: Writer) -> None:
    tell(writer, a_small_archive(Clerk()))
    of_item = [entry for entry in log.entries(after=0, limit=1000) if entry.stream == item_id(2)]
    assert log.history(item_id(2)) == of_item
    assert [entry.version for entry in of_item] == list(range(1, len(of_item) + 1))
    for position in range(log.head() + 1):
        assert log.history(item_id(2), until=position) == [entry for entry in of_item if entry.position <= position]


def test_id_of_another_kind_with_the_same_bits_has_no_history(log: Log, writer: Writer) -> None:
    tell(writer, a_bureau(Clerk()))
    assert log.history(AGENCY) != []
    assert log.history(AGENCY.replace("agency", "item")) == []


def test_entry_says_its_place_and_who_sent_it(log: Log, writer: Writer) -> None:
    command = Clerk().register_agency()
    writer.handle(command)
    entry = log.entry(1)
    assert entry is not None
    assert (entry.position, entry.stream, entry.version, entry.prev) == (1, AGENCY, 1, None)
    assert (entry.at, entry.by, entry.cmd, entry.log) == ("2018-12-10T04:00:00Z", command.by, command.id, ORIGIN)


def test_moment_of_a_position_that_is_not_there_is_refused(log: Log) -> None:
    fill(log, ["2018-01-01T00:00:00Z"])
    assert log.moment_of(1) == "2018-01-01T00:00:00Z"
    with pytest.raises(Refused) as refused:
        log.moment_of(2)
    assert (refused.value.code, refused.value.facts) == ("LOG-009", {"position": 2, "head": 1})


def test_data_version_changes_when_somebody_else_has_committed(home: Home) -> None:
    with home.open_log() as ours, home.open_log() as theirs:
        before = ours.data_version()
        assert ours.data_version() == before
        fill(theirs, ["2018-01-01T00:00:00Z"])
        assert ours.data_version() != before
        assert ours.head() == 1


def test_log_opened_to_read_is_not_written(home: Home) -> None:
    with home.open_log(read_only=True) as log:
        assert log.head() == 0
        with pytest.raises(Refused, match=r"LOG-002|LOG-013"), log.write():
            pytest.fail("there is no write lock for a reader")


# --- moments and positions ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def gapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Log, list[datetime]]]:
    """A log whose entries come one a second, several at once, and after long rests."""
    pauses = [0, 0, 1, 0, 3600, 1, 1, 0, 0, 0, 86_400, 2, 0, 31_536_000, 1, 0, 0]
    moments = [NOON + timedelta(seconds=sum(pauses[: number + 1])) for number in range(len(pauses))]
    home = Home.create(tmp_path_factory.mktemp("gapped") / "home", BACKENDS["sqlite"])
    with home.open_log() as log:
        fill(log, [moment_text(moment) for moment in moments])
        yield log, moments


@given(st.data())
def test_position_at_a_moment_is_the_last_one_recorded_by_then(
    gapped: tuple[Log, list[datetime]], data: st.DataObject
) -> None:
    """Goal: a moment means one position. Method: the bisection against a look at every entry, near and far of each."""
    log, moments = gapped
    until = data.draw(st.integers(0, len(moments)))
    near = st.sampled_from(moments).flatmap(
        lambda moment: st.integers(-2_000_000, 2_000_000).map(lambda micro: moment + timedelta(microseconds=micro))
    )
    moment = data.draw(st.one_of(near, st.datetimes(timezones=st.sampled_from(ZONES))))
    expected = sum(1 for recorded in moments[:until] if recorded <= moment)
    assert log.position_at(moment, until=until) == expected


ZONES = (UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-12)), timezone(timedelta(hours=14)))


@pytest.mark.parametrize(
    "moment, position",
    [
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), 0),
        (datetime(300, 1, 1, tzinfo=UTC), 0),
        (NOON - timedelta(microseconds=1), 0),
        (NOON.astimezone(timezone(timedelta(hours=8))), 2),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), 17),
    ],
    ids=["before the year 1 in UTC", "a year of three digits", "just before", "in China", "after the year 9999 in UTC"],
)
def test_moment_beyond_every_calendar_has_a_position(
    gapped: tuple[Log, list[datetime]], moment: datetime, position: int
) -> None:
    log, moments = gapped
    assert log.position_at(moment, until=len(moments)) == position


def test_clock_that_steps_back_or_stands_still_never_turns_the_log_back(log: Log, writer: Writer, clock: Clock) -> None:
    """Goal: `at` never decreases. Method: a command after each move of the clock, of which some go back a year."""
    clerk = Clerk()
    writer.handle(clerk.register_agency())
    for number, seconds in enumerate((0, -1, -31_536_000, 31_536_000, 3600, -7200, 0, 7199, 1, 1)):
        clock.move(timedelta(seconds=seconds))
        writer.handle(clerk.register_channel(f"c{number}"))
    moments = [entry.at for entry in log.entries(after=0, limit=100)]
    assert moments == sorted(moments)
    assert moments[0] == "2018-12-10T04:00:00Z"
    assert moments[-1] == "2018-12-10T05:00:00Z"
    # Once the clock has caught up, entries bear its time again.
    clock.move(timedelta(hours=3))
    writer.handle(clerk.register_channel("late"))
    assert log.moment_of(log.head()) == moment_text(clock())


def test_parts_of_a_second_are_left_out(log: Log, writer: Writer, clock: Clock) -> None:
    clock.move(timedelta(microseconds=999_999))
    writer.handle(Clerk().register_agency())
    assert log.moment_of(1) == "2018-12-10T04:00:00Z"


# --- writing -----------------------------------------------------------------------------------------------------------
def test_block_that_raises_leaves_nothing(log: Log) -> None:
    with pytest.raises(ZeroDivisionError), log.write() as write:  # noqa: PT012 - the block is what is undone
        append(write, version=0, at="2018-01-01T00:00:00Z", number=1)
        raise ZeroDivisionError
    assert log.head() == 0
    assert log.storage.command((1).to_bytes(16, "big")) is None


def test_savepoint_that_raises_leaves_its_neighbours(log: Log) -> None:
    with log.write() as write:
        append(write, version=0, at="2018-01-01T00:00:00Z", number=1)
        with pytest.raises(ZeroDivisionError), write.savepoint():  # noqa: PT012 - the block is what is undone
            append(write, version=1, at="2019-01-01T00:00:00Z", number=2, prev=1)
            assert write.head == 2
            raise ZeroDivisionError
        assert (write.head, write.at) == (1, "2018-01-01T00:00:00Z")
        assert write.command(f"{2:032x}") is None
        append(write, version=1, at="2018-06-01T00:00:00Z", number=3, prev=1)
    assert [entry.cmd for entry in log.entries(after=0, limit=10)] == [f"{1:032x}", f"{3:032x}"]
    assert log.moment_of(2) == "2018-06-01T00:00:00Z"


def test_transaction_reads_what_it_gathered(log: Log) -> None:
    fill(log, ["2018-01-01T00:00:00Z"])
    with log.write() as write:
        append(write, version=1, at="2018-01-02T00:00:00Z", number=7, prev=1)
        append(write, version=0, at="2018-01-02T00:00:00Z", number=8, stream=agency_id(2))
        known = write.command(f"{7:032x}")
        assert known is not None
        assert (known.first_position, known.entries) == (2, 1)
        assert write.commands([f"{7:032x}", f"{0:032x}", f"{99:032x}"]).keys() == {f"{7:032x}", f"{0:032x}"}
        histories = write.histories([stream_bytes(AGENCY), stream_bytes(agency_id(2)), stream_bytes(item_id())])
        assert [[entry.position for entry in history] for history in histories.values()] == [[1, 2], [3], []]
        assert write.entry(3).stream == agency_id(2)
    assert log.head() == 3


def test_gathered_entries_are_written_in_parts(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.log.log.FLUSH_ENTRIES", 3)
    fill(log, ["2018-01-01T00:00:00Z"] * 10)
    assert [entry.version for entry in log.history(AGENCY)] == list(range(1, 11))


def test_moment_before_the_newest_entry_is_a_mistake_of_ours(log: Log) -> None:
    fill(log, ["2018-01-02T00:00:00Z"])
    with pytest.raises(AssertionError, match="never decreases"), log.write() as write:
        append(write, version=1, at="2018-01-01T00:00:00Z", number=7, prev=1)
    assert log.head() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "role:张三"},
        {"by": 'role:clerk","x":"'},
        {"by": "Zhang San"},
        {"by": "role:-"},
        {"command_id": "g" * 32},
        {"command_id": "0" * 30},
        {"stream": "person-" + "0" * 32},
        {"stream": "item-" + "A" * 32},
    ],
    ids=str,
)
def test_names_that_are_none_never_get_into_an_envelope(log: Log, wrong: dict[str, str]) -> None:
    right = {"by": "role:clerk", "command_id": "0" * 32, "stream": AGENCY}
    with pytest.raises(AssertionError, match="an office"), log.write() as write:
        write.append((CHANNEL,), version=1, prev=None, at="2018-01-01T00:00:00Z", digest=bytes(32), **(right | wrong))
    assert log.head() == 0


def test_log_is_opened_where_it_is(storage: Backend, tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", storage)
    with home.open_log() as log:
        assert (log.head(), log.origin) == (0, ORIGIN)
    (tmp_path / "nowhere").mkdir()
    with pytest.raises(Refused, match="LOG-006"):
        Home(tmp_path / "nowhere", storage).open_log()
