"""What every recorder of ours says to the eventsourcing library; a notification id is a position."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POLL_SECONDS: Final = 0.05
PAGE: Final = 500


def id_bytes(originator_id: UUID | str) -> bytes:
    """The 128 bits of an originator's id."""
    return originator_id.bytes if isinstance(originator_id, UUID) else UUID(originator_id).bytes


def stored_event(row: tuple[Any, ...]) -> StoredEvent:  # Any: the columns of an entry, see contract.ENTRY
    """An entry as the library calls it."""
    _, stream, version, topic, state = row
    return StoredEvent(originator_id=UUID(bytes=stream), originator_version=version, topic=topic, state=state)


def notification(row: tuple[Any, ...]) -> Notification:  # Any: the columns of an entry, see contract.ENTRY
    """The same with its position."""
    position, stream, version, topic, state = row
    return Notification(
        id=position, originator_id=UUID(bytes=stream), originator_version=version, topic=topic, state=state
    )


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Looks again after a short wait. It compares positions, so no wake-up can be lost; what has other topics is read once."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt=gt, topics=topics)
        self._page: Iterator[Notification] = iter(())
        self._stopping = threading.Event()

    @override
    def stop(self) -> None:
        """End the iteration."""
        super().stop()
        self._stopping.set()

    @override
    def __next__(self) -> Notification:
        while not self._stopping.is_set():
            for notification in self._page:
                return notification
            if not self._turn_page():
                self._stopping.wait(POLL_SECONDS)
        raise StopIteration

    def _turn_page(self) -> bool:
        """Whether there was anything after the last page."""
        last, head = self._last_notification_id or 0, self._recorder.max_notification_id() or 0
        if head <= last:
            return False
        page = self._recorder.select_notifications(
            start=last, limit=PAGE, stop=head, topics=self._topics, inclusive_of_start=False
        )
        self._page = iter(page)
        self._last_notification_id = page[-1].id if len(page) == PAGE else head
        return True
