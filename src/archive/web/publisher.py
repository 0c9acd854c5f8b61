"""The publisher: a thread that has signed what is folded, while the site is served."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from typing_extensions import override

from archive.domain.errors import ArchiveError, Exit, Refused
from archive.web import diagnostics

if TYPE_CHECKING:
    from collections.abc import Callable


class Publisher(threading.Thread):
    """Publishes once in so many seconds. Who is busy is asked again; any other trouble ends it, never the serving.

    The site then goes on answering at the size that was published last, and `/healthz` says why it stands still.
    """

    def __init__(self, publish: Callable[[], object], *, seconds: float) -> None:
        super().__init__(name="publisher", daemon=True)
        self._publish = publish
        self._seconds = seconds
        self._stop_wanted = threading.Event()
        self.trouble: ArchiveError | None = None

    @override
    def run(self) -> None:
        """Publish until told to stop."""
        try:
            while not self._stop_wanted.is_set():
                try:
                    self._publish()
                except Refused as error:
                    # Nothing is folded yet, or somebody else signs just now.
                    if error.exit is not Exit.BUSY and error.code not in {"PRJ-003", "PRJ-007"}:
                        raise
                self._stop_wanted.wait(self._seconds)
        except ArchiveError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - a bug here must not end silently: the site would grow old without a word
            diagnostics.failed(error, request_id="publisher")
            self._give_up(Refused("INT-001", kind=type(error).__name__))

    def stop(self) -> None:
        """End after the checkpoint at hand."""
        self._stop_wanted.set()
        if self.is_alive():
            self.join()

    def _give_up(self, error: ArchiveError) -> None:
        diagnostics.stopped_publishing(error)
        self.trouble = error
