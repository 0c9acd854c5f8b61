"""The follower: a thread that keeps the projections up with the log while the site is served."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from archive.domain.errors import ArchiveError, Exit, Refused
from archive.web import diagnostics
from archive.web.operation import Following, Shared, alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.log.log import Log
    from archive.projections.runner import Projections

POLL_SECONDS: Final = 0.05


class Follower(threading.Thread):
    """Looks at the log a few times a second and lets the projections follow when it has changed.

    What another version of the program has folded is rebuilt beside it; meanwhile the site answers from what is there, as
    far as this program can read it. `rebuild` returns when that is done, or when its argument is set; False: it failed.
    What it cannot mend (a damaged entry, a full disk) ends the following, never the serving: the site goes on answering
    at the position it has reached, and `/healthz` says why it stands still. What it is doing stands in the memory that the workers share.
    """

    def __init__(
        self,
        log: Log,
        projections: Projections,
        *,
        rebuild: Callable[[threading.Event], bool],
        shared: Shared | None = None,
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self._log = log
        self._projections = projections
        self._rebuild = rebuild
        self._shared = shared or alone()
        self._shared.following = Following.STARTING
        self._stop_wanted = threading.Event()
        self.trouble: ArchiveError | None = None

    @override
    def run(self) -> None:
        """Follow until told to stop; while another process does, only wait for its end: what it folds is read here too."""
        try:
            while not self._stop_wanted.is_set():
                try:
                    with self._projections.keeping_up():
                        self._keep_up()
                except Refused as error:
                    if error.code != "PRJ-012":
                        raise
                    self._shared.following = Following.WAITING
                self._stop_wanted.wait(POLL_SECONDS)
        except ArchiveError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - a bug here must not end silently: the site would grow old without a word
            diagnostics.failed(error, request_id="follower")
            self._give_up(Refused("INT-001", kind=type(error).__name__))

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop_wanted.set()
        if self.is_alive():
            self.join()

    def _keep_up(self) -> None:
        self._shared.following = Following.FOLLOWING
        seen: int | None = None
        while not self._stop_wanted.is_set():
            # Taken before following: what is committed meanwhile changes it again.
            version = self._log.data_version()
            if version != seen and self._follow():
                seen = version
            self._log.wait(self._stop_wanted)

    def _follow(self) -> bool:
        try:
            self._projections.follow()
        except Refused as error:
            # Somebody else follows or rebuilds just now; the next look will do.
            if error.exit is Exit.BUSY:
                return False
            if error.code == "PRJ-003":
                self._shared.following = Following.REBUILDING
                if self._rebuild(self._stop_wanted):
                    self._shared.following = Following.FOLLOWING
                    return False
            raise
        return True

    def _give_up(self, error: ArchiveError) -> None:
        diagnostics.stopped_following(error)
        self.trouble = error
        self._shared.following = Following.STOPPED
