"""docs/domain-coverage.md names every type of event, and no other."""

import re
from pathlib import Path
from typing import Final

from archive.domain.events import TABLE

PAGE: Final = (Path(__file__).parent.parent.parent / "docs" / "domain-coverage.md").read_text(encoding="utf-8")
# In code font there may also stand a field, a kind of channel or a file.
NO_EVENTS: Final = {"by", "made_on", "other"}


def test_every_type_of_event_is_on_the_page_and_what_the_page_names_exists() -> None:
    named = {name for name in re.findall(r"`([^`]+)`", PAGE) if re.fullmatch(r"[a-z][a-z_-]*", name)} - NO_EVENTS
    assert named == {event.TYPE for event in TABLE.values()}


def test_the_page_has_every_section_in_order() -> None:
    sections = [int(number) for number in re.findall(r"^## 1\.(\d+) ", PAGE, re.MULTILINE)]
    assert sections == list(range(1, 19))
