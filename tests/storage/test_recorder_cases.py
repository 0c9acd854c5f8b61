"""The recorder passes the cases that the eventsourcing library ships for recorders."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteCursor
from eventsourcing.tests import persistence as cases
from typing_extensions import override

from archive.storage.sqlite import SQLiteLog, SQLiteLogRecorder


class _Case:
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._log = SQLiteLog.create(Path(self._folder.name) / "log.sqlite")

    def tearDown(self) -> None:
        # Some of the cases end while their readers still run; a connection closed under a reader takes the process down.
        # The last reader drops the log, and the log its connections.
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


def test_the_recorder_and_the_log_see_one_table(tmp_path: Path) -> None:
    with SQLiteLog.create(tmp_path / "log.sqlite") as log:
        event = StoredEvent(originator_id=UUID(int=7), originator_version=1, topic="x", state=b"bytes")
        assert log.recorder.insert_events([event]) == [1]
        row = log.row(1)
        assert row is not None
        assert (row.stream, row.version, row.type, row.entry) == (UUID(int=7).bytes, 1, "x", b"bytes")


del cases
