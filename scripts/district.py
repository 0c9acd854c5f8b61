"""An invented district over eight years, drawn from a seed: agencies, their items and requests, as commands in order.

    District(agencies=100, items=150_000, requests=3_000).commands()     about 1,000,000 entries

Proportions follow the founding report (97 % of a bureau's items are approvals) and what portals show: one item in five is on
a second channel, one in fifty is replaced by a newer text, one in two hundred is withdrawn. Titles are put together from
the words that such titles have; no sentence is anyone's. Commands are made one by one, so that memory does not grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Wish = dict[str, Any]  # Any: a command in JSON

FIRST_YEAR: Final = 2011
YEARS: Final = 8
TODAY: Final = date(FIRST_YEAR + YEARS - 1, 12, 31)
KINDS: Final = {"approval": 90, "plan": 2, "budget": 2, "funds": 2, "power-list": 1, "news": 3}
THEMES: Final = ("energy", "prices", "investment", "transport", "schools", "health", "water", "land")
SECTIONS: Final = ("office", "investment", "prices")

TOWNS: Final = ("城关镇", "河口镇", "东山乡", "南坪乡", "西湖街道", "北岭街道", "石桥镇", "白沙镇")
OWNERS: Final = ("中心小学", "卫生院", "水务所", "养老院", "产业园", "供电所", "敬老院", "文化站", "农场", "粮库")
WORKS: Final = (
    ("新建", 30),
    ("改造", 25),
    ("扩建", 15),
    ("设备更新", 8),
    ("设备采购", 6),
    ("管网整治", 6),
    ("道路维修", 5),
    ("电价调整", 3),
    ("水价调整", 2),
)
ACTS: Final = (
    ("项目备案", 40),
    ("项目核准的批复", 25),
    ("项目审批事项", 20),
    ("可行性研究报告的批复", 10),
    ("的通知", 5),
)
OUTCOMES: Final = (("granted", 55), ("severed", 10), ("not-exist", 20), ("already-public", 15))
CHANNELS: Final = (("online", 60), ("letter", 25), ("in-person", 12), ("fax", 3))
RECEIPTS: Final = {"online": "confirmed", "fax": "confirmed", "letter": "signed-for", "in-person": "handed-in"}


@dataclass(frozen=True, kw_only=True)
class District:
    """How much there is; the same numbers and seed give the same commands."""

    agencies: int
    items: int
    requests: int
    seed: int = 1

    def commands(self) -> Iterator[Wish]:
        """Everything that happened, agency by agency set up first, then day after day."""
        for number in range(self.agencies):
            yield from _agency(number)
        every = max(1, self.items // self.requests) if self.requests else 0
        for number in range(self.items):
            yield from self._item(number)
            if every and number % every == 0 and number // every < self.requests:
                yield from self._request(number // every)

    def title(self, number: int) -> str:
        """The title of an item."""
        return _title(self._luck("item", number), number)

    def _luck(self, what: str, number: int) -> Random:
        return Random(f"{self.seed} {what} {number}")  # noqa: S311 - a draw that anyone can repeat

    def _item(self, number: int) -> Iterator[Wish]:
        luck = self._luck("item", number)
        title = _title(luck, number)
        made_on = date(FIRST_YEAR, 1, 3) + timedelta(days=number * (365 * YEARS - 90) // self.items)
        item, agency = _id("item", number), number % self.agencies
        categories = [{"scheme": "kind", "code": _drawn(luck, KINDS.items())}]
        categories.append({"scheme": "theme", "code": luck.choice(THEMES)})
        text = {
            "title": title,
            "abstract": f"{title},由{luck.choice(TOWNS)}组织实施。",
            "document_number": f"区发〔{made_on.year}〕{number % 900 + 1}号",
        }
        yield _wish(
            "draft-item",
            item=item,
            agency=_id("agency", agency),
            mode="proactive",
            made_on=made_on,
            categories=categories,
            section=luck.choice(SECTIONS),
            text=text,
        )
        yield from _reviewed(item, made_on, "first")
        # One in thirty is later than the 20 working days.
        shown_on = made_on + timedelta(days=40 if luck.random() < 1 / 30 else 2 + luck.randrange(12))
        yield _wish("publish-item", item=item, channel="site", published_on=shown_on, at="first")
        if luck.random() < 1 / 5:
            yield _wish("publish-item", item=item, channel="wechat", published_on=shown_on, at="second")
        if luck.random() < 1 / 50:
            yield _wish("revise-item", item=item, text={**text, "title": f"{title}(修订)"})
            yield from _reviewed(item, shown_on, "again")
            yield _wish("update-item", item=item, updated_on=shown_on + timedelta(days=3))
        if luck.random() < 1 / 200:
            yield _wish("withdraw-item", item=item, withdrawn_on=shown_on + timedelta(days=4), ground="superseded")

    def _request(self, number: int) -> Iterator[Wish]:
        luck = self._luck("request", number)
        received = date(FIRST_YEAR, 1, 10) + timedelta(days=number * (365 * YEARS - 120) // max(1, self.requests))
        request = _id("request", number)
        replied = received + timedelta(days=3 + luck.randrange(15))
        channel = _drawn(luck, CHANNELS)
        yield _wish(
            "receive-request",
            request=request,
            agency=_id("agency", number % self.agencies),
            received_on=received,
            channel=channel,
            receipt=RECEIPTS[channel],
            applicant_kind="natural-person",
            person={"name": "甲某", "contact": "某街 1 号"},
            text={"description": "申请公开某项目的审批情况"},
        )
        yield _wish("register-request", request=request, registered_on=received, number=f"{received.year}-{number + 1}")
        outcome = _drawn(luck, OUTCOMES)
        if outcome == "not-exist":
            yield _wish("record-search", request=request, searched_on=replied, places=["archive-room"], found=False)
        yield _wish("decide-reply", request=request, decided_on=replied, outcomes=[outcome])
        yield _wish("dispatch-reply", request=request, dispatched_on=replied, method="post")
        yield _wish("deliver-reply", request=request, delivered_on=replied + timedelta(days=2), method="post")


def _agency(number: int) -> Iterator[Wish]:
    agency = _id("agency", number)
    name = f"示例区第{number + 1}局"
    yield _wish("register-agency", agency=agency, level="county", region="421202", text={"name": name})
    for section in SECTIONS:
        yield _wish(
            "open-section", agency=agency, section=section, opened_on="2008-05-01", text={"name": f"{section}股"}
        )
    for channel, kind in (("site", "website"), ("wechat", "wechat")):
        yield _wish("register-channel", agency=agency, channel=channel, kind=kind, text={"name": f"{name}{kind}"})
    for scheme, codes in (("kind", list(KINDS)), ("theme", list(THEMES))):
        yield _wish(
            "adopt-category-scheme",
            agency=agency,
            scheme=scheme,
            primary=scheme == "kind",
            categories=codes,
            adopted_on="2008-05-01",
            text={"name": scheme, "names": codes},
        )
    yield _wish(
        "adopt-review-policy",
        agency=agency,
        levels=2,
        in_force_from="2008-05-01",
        text={"names": ["股室自审", "保密审查"]},
    )


def _reviewed(item: str, on: date, at: str) -> Iterator[Wish]:
    yield _wish("open-review", item=item, opened_on=on, at=at)
    for level in (1, 2):
        yield _wish(
            "pass-review", item=item, level=level, passed_on=on + timedelta(days=1), reviewer=f"post-{level}", at=at
        )


def _title(luck: Random, number: int) -> str:
    town, owner = luck.choice(TOWNS), luck.choice(OWNERS)
    return f"关于{town}{owner}{_drawn(luck, WORKS)}{_drawn(luck, ACTS)}(第{number % 10_000:04}号)"


def _drawn(luck: Random, weighted: Any) -> str:  # noqa: ANN401 - Any: pairs of a word and its weight
    words, weights = zip(*weighted, strict=True)
    return str(luck.choices(words, cum_weights=list(accumulate(weights)))[0])


def _id(kind: str, number: int) -> str:
    return f"{kind}-{sha256(f'district {kind} {number}'.encode()).hexdigest()[:32]}"


def _wish(command: str, /, at: str = "", **fields: Any) -> Wish:  # noqa: ANN401 - Any: a command's fields
    told = {name: one.isoformat() if isinstance(one, date) else one for name, one in fields.items()}
    stream = next(iter(fields.values()))
    told_apart = f"{command} {stream} {at} {fields.get('level', '')}{fields.get('section', '')}{fields.get('channel', '')}{fields.get('scheme', '')}"
    by = "role:administrator" if "-agency" in command or stream.startswith("agency-") else "role:clerk"
    return {"command": command, "id": sha256(told_apart.encode()).hexdigest()[:32], "by": by, **told}
