"""Group commit: concurrent single writes share one commit.

A queue, one writer thread, a savepoint for each piece of work, one commit for all that wait. A lone piece of work pays
nothing for it: the thread takes what is there and never waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
LIMIT: Final = 256


class GroupCommit(Generic[T]):
    """Runs work inside shared transactions, in the order in which it was submitted, in one thread of its own.

    The thread starts with the first piece of work. `limit` is how many pieces share a transaction at most.
    """

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[T]],
        savepoint: Callable[[T], AbstractContextManager[None]],
        *,
        limit: int = LIMIT,
    ) -> None:
        self._transaction = transaction
        self._savepoint = savepoint
        self._limit = limit
        self._waiting: deque[tuple[Callable[[T], object], Future[Any]]] = deque()  # Any: what each work returns
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, work: Callable[[T], R]) -> R:
        """Run the work and return what it returned, once the commit that holds it is durable.

        What the work raises is raised here, and only its own savepoint is undone. When the transaction cannot begin or
        its commit fails, everybody in it gets that error. RuntimeError: after `close`.
        """
        assert threading.current_thread() is not self._thread, "work that submits work would wait for itself"
        future: Future[R] = Future()
        try:
            with self._changed:
                if self._closed:
                    raise RuntimeError("closed")
                self._start()
                self._waiting.append((work, future))
                self._changed.notify()
            return future.result()
        finally:
            # If the wait itself was interrupted (Ctrl-C), what has not begun is not begun any more. What has, goes on:
            # whether it happened is asked of the log. Where there is a result, this does nothing.
            future.cancel()

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
            thread.start()
            # Only now: were there no thread to be had, the next submission must not wait for one that never ran.
            self._thread = thread

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)
            # While the thread waits for more, nothing keeps alive what was done.
            del group

    def _next_group(self) -> list[tuple[Callable[[T], object], Future[Any]]]:  # Any: see above
        """What waits, at most `limit`; none when there will be no more."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limit))]

    def _commit(self, group: list[tuple[Callable[[T], object], Future[Any]]]) -> None:  # Any: see above
        group = [(work, future) for work, future in group if future.set_running_or_notify_cancel()]
        if not group:
            return
        outcomes: list[Callable[[], None]] = []
        try:
            with self._transaction() as transaction:
                for work, future in group:
                    try:
                        with self._savepoint(transaction):
                            answer = work(transaction)
                        # Only now: the end of the savepoint writes what was gathered, and may fail itself.
                        outcomes.append(partial(future.set_result, answer))
                    except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the one who submitted the work
                        outcomes.append(partial(future.set_exception, error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody who waits may wait for ever
            for _, future in group:
                future.set_exception(error)
            return
        # From here what the group wrote is durable: now its answers may be told.
        for tell in outcomes:
            tell()
