"""What a piece of work is refused with."""

from collections.abc import Callable

import pytest

from archive.merkle.refusal import Unsound


def refusal(work: Callable[[], object]) -> tuple[str, dict[str, int | str]]:
    """The code and the facts."""
    with pytest.raises(Unsound) as refused:
        work()
    return refused.value.code, refused.value.facts
