"""Both recorders pass the cases that the eventsourcing library ships for recorders."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from eventsourcing.sqlite import SQLiteCursor
from eventsourcing.tests import persistence as cases
from typing_extensions import override

from archive.storage.library import PAGE
from archive.storage.postgres import PostgresLog, PostgresLogRecorder
from archive.storage.sqlite import SQLiteLog, SQLiteLogRecorder
from storage.server import server


class _Case:
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._log = SQLiteLog.create(Path(self._folder.name) / "log.sqlite")

    def tearDown(self) -> None:
        # Some of the cases end while their readers still run: closing the log must not harm them.
        self._log.close()
        self._folder.cleanup()

    def create_recorder(self) -> SQLiteLogRecorder:
        return self._log.recorder


class TestApplicationRecorder(_Case, cases.ApplicationRecorderTestCase[SQLiteLogRecorder]):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingPositions(_Case, cases.NonInterleavingNotificationIDsBaseCase):
    insert_num = 1000


class _WithoutPositions(SQLiteLogRecorder):
    """What an aggregate recorder is: the same rows, and no word about where they stand."""

    @override
    def _insert_events(self, c: SQLiteCursor, stored_events: Any, **kwargs: object) -> None:  # Any: as in the library
        super()._insert_events(c, stored_events, **kwargs)


class TestAggregateRecorder(_Case, cases.AggregateRecorderTestCase):
    @override
    def create_recorder(self) -> SQLiteLogRecorder:
        return _WithoutPositions(self._log.recorder.datastore)


class _PostgresCase:
    def setUp(self) -> None:
        self._log = PostgresLog.create(server().schema())

    def tearDown(self) -> None:
        self._log.close()

    def create_recorder(self) -> ApplicationRecorder:
        return self._log.recorder


class TestPostgresApplicationRecorder(_PostgresCase, cases.ApplicationRecorderTestCase[ApplicationRecorder]):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPostgresNonInterleavingPositions(_PostgresCase, cases.NonInterleavingNotificationIDsBaseCase):
    insert_num = 1000


class _PostgresWithoutPositions(PostgresLogRecorder):
    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> None:
        super().insert_events(stored_events, **kwargs)


class TestPostgresAggregateRecorder(_PostgresCase, cases.AggregateRecorderTestCase):
    @override
    def create_recorder(self) -> ApplicationRecorder:
        return _PostgresWithoutPositions(self._log)


def event(number: int, topic: str = "t") -> StoredEvent:
    return StoredEvent(originator_id=UUID(int=number), originator_version=1, topic=topic, state=b"e")


def test_a_subscription_gives_what_others_append_later_and_leaves_other_topics_out(tmp_path: Path) -> None:
    """More than a page of other topics lies before and between; nothing is lost and nothing comes twice."""
    with SQLiteLog.create(tmp_path / "log.sqlite") as log, SQLiteLog(tmp_path / "log.sqlite") as other:
        with log.recorder.subscribe(topics=["rare"]) as subscription:
            found: list[int] = []
            appended = threading.Thread(target=append_some, args=(other, 3))
            appended.start()
            for notification in subscription:
                found.append(notification.id)
                if len(found) == 3:
                    break
            appended.join()
            assert found == [PAGE + 2, 2 * (PAGE + 2), 3 * (PAGE + 2)]
            waiting = threading.Thread(target=lambda: found.extend(one.id for one in subscription))
            waiting.start()
        waiting.join(30)
        assert not waiting.is_alive()
        assert len(found) == 3


def append_some(log: SQLiteLog, times: int) -> None:
    for turn in range(times):
        some = [event(1000 * turn + number) for number in range(PAGE + 1)]
        log.recorder.insert_events([*some, event(1000 * turn + 999, "rare")])


def test_the_recorder_and_the_log_see_one_table(tmp_path: Path) -> None:
    with SQLiteLog.create(tmp_path / "log.sqlite") as log:
        assert log.recorder.insert_events([event(7, "x")]) == [1]
        row = log.row(1)
        assert row is not None
        assert (row.stream, row.version, row.type, row.entry) == (UUID(int=7).bytes, 1, "x", b"e")


del cases
