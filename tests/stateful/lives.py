"""Lives of agencies, items and requests: what comes next in each, chosen by a number, on days that go on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, Final

from archive.commands import Writer
from archive.domain.agencies import AgencyText, RenameAgency
from archive.domain.commands import AnyCommand
from archive.domain.errors import Refused
from archive.domain.publications import (
    AssignIndexNumber,
    ChangeUrl,
    EndIndexNumber,
    IndexNumberText,
    LinkItem,
    NewLinkText,
    UnlinkItem,
)
from projections.tale import Teller
from stories import agency_id, item_id, request_id

AGENCIES: Final = (agency_id(1), agency_id(2))
ITEMS: Final = tuple(item_id(number) for number in range(1, 6))
REQUESTS: Final = (request_id(1), request_id(2))
TITLES: Final = (
    "关于第一个项目核准的批复",
    "关于电价和气价的通知",
    "第二批项目",
    "２０１８年价格监测",
    "某发改局工作总结",
)
FIRST_DAY: Final = date(2018, 3, 5)
# The clock of the stories stands on the tenth.
LAST_DAY: Final = date(2018, 12, 9)


def agency_of(item: str) -> str:
    """The agency of an item or a request: its own by its number."""
    return AGENCIES[int(item[-1], 16) % len(AGENCIES)]


class Lives(Teller):
    """What each stream does next. What the rules refuse does not happen, and the stream goes on another way."""

    CHOICES: ClassVar[int] = 16
    STREAMS: ClassVar[int] = len(AGENCIES) + 3 * len(ITEMS) + len(REQUESTS)

    def __init__(self) -> None:
        super().__init__(0x11FE)
        self._day = FIRST_DAY
        self._stage: dict[str, str] = {}
        self._made = 0

    def go_on(self, writer: Writer, stream: int, choice: int) -> None:
        """The next step of a stream: of an item three times as often as of another."""
        self._day = min(self._day + timedelta(days=1), LAST_DAY)
        self._made += 1
        streams = (*AGENCIES, *ITEMS * 3, *REQUESTS)
        one = streams[stream]
        following = {"agency": self._agency, "item": self._item, "request": self._request}[one.partition("-")[0]]
        stage, commands = following(one, choice)
        try:
            for command in commands:
                writer.handle(command)
        except Refused:
            if stage != self._stage.get(one):
                self._stage[one] = "refused"
        else:
            self._stage[one] = stage

    @property
    def _on(self) -> str:
        return self._day.isoformat()

    def _agency(self, agency: str, choice: int) -> tuple[str, list[AnyCommand]]:
        if choice % 2:
            return "", [self.open_section(f"section-{self._made}", agency=agency, on=self._on)]
        name = AgencyText(name=f"某市第{self._made}发展和改革局")
        return "", [
            RenameAgency(id=self._id(), by="role:administrator", agency=agency, effective_on=self._day, text=name)
        ]

    def _item(self, item: str, choice: int) -> tuple[str, Sequence[AnyCommand]]:
        title = f"{TITLES[choice % len(TITLES)]}({self._made})"
        match self._stage.get(item):
            case None:
                genre = ("approval", "notice", "plan")[choice % 3]
                categories = [("genre", genre), ("theme", "energy")][: 1 + choice % 2]
                section = ("office", "investment")[choice % 2]
                # Some become public late.
                made_on = (self._day - timedelta(days=40 * (choice % 2))).isoformat()
                draft = self.draft(
                    item, title=title, agency=agency_of(item), made_on=made_on, categories=categories, section=section,
                    mode="on-request" if choice == 15 else "proactive",
                )  # fmt: skip
                return "drafted", [draft, *self.review(item, on=self._on), self.publish(item, on=self._on)]
            case "refused":
                # The text is erased, or was never reviewed: another one takes its place.
                again = [self.revise(item, title=title), *self.review(item, on=self._on)]
                return ("revised", again) if choice % 2 else ("drafted", [*again, self.publish(item, on=self._on)])
            case "drafted":
                return "public", [self.publish(item, "gazette", on=self._on, link=bool(choice % 2))]
            case "revised":
                return "public", [(self.update if choice % 2 else self.correct)(item, on=self._on)]
            case "withdrawn":
                return "public", [self.restore(item, on=self._on)]
            case _:
                return self._life(item, choice, title)

    def _life(self, item: str, choice: int, title: str) -> tuple[str, Sequence[AnyCommand]]:
        """Something that happens to what is public."""
        on, made, day = self._on, self._made, self._day
        by, other, alias, id_ = "role:clerk", ITEMS[made % len(ITEMS)], 1 + made % 2, self._id()
        number = IndexNumberText(index_number=f"A-{made}")
        channel, url = ("website", "gazette")[made % 2], NewLinkText(url=f"https://new.example/{made}")
        changes: tuple[tuple[str, AnyCommand], ...] = (
            ("review", self.revise(item, title=title)),
            ("review", self.rewrite(item, title=title, index_number=f"N-{made}")),
            ("withdrawn", self.withdraw(item, on=on)),
            ("withdrawn", self.withdraw(item, on=on, ground="state-secret")),
            ("public", self.classify(item, "genre", ("approval", "notice", "plan")[made % 3])),
            ("public", self.classify(item, "theme", ("energy", "prices")[made % 2])),
            ("public", self.put_into_effect(item, on=on)),
            ("public", self.amend(item, on=on)),
            ("public", self.repeal(item, on=on)),
            ("public", LinkItem(id=id_, by=by, item=item, kind="interprets", target=other)),
            ("public", LinkItem(id=id_, by=by, item=item, kind="replaces", target=other)),
            ("public", UnlinkItem(id=id_, by=by, item=item, kind="interprets", target=other)),
            ("public", AssignIndexNumber(id=id_, by=by, item=item, alias=alias, assigned_on=day, text=number)),
            ("public", EndIndexNumber(id=id_, by=by, item=item, alias=alias, ended_on=day)),
            ("public", ChangeUrl(id=id_, by=by, item=item, channel=channel, changed_on=day, link=url)),
            ("public", self.record_step(item, on=on)),
        )
        stage, command = changes[choice]
        return ("revised", [command, *self.review(item, on=on)]) if stage == "review" else (stage, [command])

    def _request(self, request: str, choice: int) -> tuple[str, Sequence[AnyCommand]]:  # noqa: PLR0911 - an arm a stage
        match self._stage.get(request):
            case None if choice % 2:
                receive = self.receive(
                    request, on=self._on, agency=agency_of(request), channel="online", receipt="awaits-confirmation"
                )
                return "unconfirmed", [receive]
            case None:
                return "received", [self.receive(request, on=self._on, agency=agency_of(request))]
            case "unconfirmed":
                return "received", [self.confirm(request, on=self._on)]
            case "received":
                return "registered", [self.register(request, on=self._on, number=f"2018-{self._made}")]
            case "registered" if choice % 2:
                outcomes = self.decide(request, on=self._on, outcomes=["granted", "severed"])
                return "decided", [self.search(request, on=self._on), outcomes]
            case "registered":
                return "decided", [self.decide(request, on=self._on)]
            case "decided":
                return "dispatched", [self.dispatch(request, on=self._on)]
            case "dispatched":
                return "delivered", [self.deliver(request, on=self._on)]
            case _:
                return "closed", [self.close(request, on=self._on)]
