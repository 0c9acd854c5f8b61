"""A tale in which everything happens that the projections fold, and ways to tell it and to open what was made of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from archive.commands import Writer
from archive.domain.agencies import AgencyText, CloseSection, RenameAgency
from archive.domain.codes import Classification
from archive.domain.commands import AnyCommand
from archive.domain.items import (
    AmendItem,
    ClassifyItem,
    CorrectItem,
    DraftItem,
    ItemText,
    Manifest,
    PutItemIntoEffect,
    RecordStep,
    RepealItem,
    ReviseItem,
)
from archive.domain.publications import ChangeUrl, NewLinkText
from archive.projections.runner import Reader, Reading
from stories import AGENCY, Clerk, Clock, a_bureau, agency_id, day, item_id, request_id, tell

OTHER_AGENCY: Final = agency_id(2)
PLAIN, CHANGED, RECLASSIFIED, ON_REQUEST, UNDATED, LATE, DRAFT = (item_id(number) for number in range(1, 8))


class Teller(Clerk):
    """A clerk who also writes the commands that only these tests need."""

    def draft_full(self, item: str, *, title: str, mode: str = "proactive", source_id: str = "S-1") -> DraftItem:
        """A draft with every text that an item can have."""
        return DraftItem(
            id=self._id(),
            by="role:clerk",
            item=item,
            agency=AGENCY,
            mode=mode,  # type: ignore[arg-type] # a literal of the caller
            categories=[Classification(scheme="theme", code="energy")],
            source_id=source_id,
            text=ItemText(
                title=title,
                abstract="一段概述,有\n换行和“引号”。",
                document_number="某发改〔2018〕7号",
                index_number="011336163/2018-0002",
                issuer="某市发展和改革局",
                keywords=["能源", "价格"],
                body=Manifest(sha256="ab" * 32, size=7, type="application/pdf"),
            ),
        )

    def rewrite(self, item: str, *, title: str, index_number: str) -> ReviseItem:
        text = ItemText(title=title, index_number=index_number)
        return ReviseItem(id=self._id(), by="role:clerk", item=item, text=text)

    def correct(self, item: str, *, on: str) -> CorrectItem:
        return CorrectItem(id=self._id(), by="role:publisher", item=item, corrected_on=day(on), reason="fact")

    def classify(self, item: str, scheme: str, code: str) -> ClassifyItem:
        return ClassifyItem(id=self._id(), by="role:clerk", item=item, scheme=scheme, code=code)

    def put_into_effect(self, item: str, *, on: str) -> PutItemIntoEffect:
        return PutItemIntoEffect(id=self._id(), by="role:clerk", item=item, effective_on=day(on))

    def amend(self, item: str, *, on: str) -> AmendItem:
        return AmendItem(id=self._id(), by="role:clerk", item=item, amended_on=day(on))

    def repeal(self, item: str, *, on: str, kind: str = "repealed") -> RepealItem:
        return RepealItem(
            id=self._id(),
            by="role:clerk",
            item=item,
            repealed_on=day(on),
            kind=kind,  # type: ignore[arg-type] # a literal of the caller
        )

    def record_step(self, item: str, *, on: str) -> RecordStep:
        return RecordStep(id=self._id(), by="role:clerk", item=item, step="adopted", on=day(on))


def the_tale(clerk: Teller) -> list[AnyCommand]:
    """Two bureaus; an item for each fate; requests with one outcome, with a severed one and with several."""
    return [
        *a_bureau(clerk),
        # Two things happen to drafts that the catalogue must not see.
        clerk.draft(PLAIN, title="第一条", source_id="S-1"),
        clerk.classify(PLAIN, "theme", "prices"),
        *clerk.review(PLAIN, on="2018-03-12"),
        clerk.publish(PLAIN, "website", on="2018-03-14"),
        clerk.draft_full(CHANGED, title="第二条", source_id="S-2"),
        *clerk.review(CHANGED, on="2018-03-12"),
        clerk.publish(CHANGED, "gazette", on="2018-03-14", link=False),
        clerk.publish(CHANGED, "website", on="2018-04-02"),
        clerk.put_into_effect(CHANGED, on="2018-05-01"),
        clerk.rewrite(CHANGED, title="第二条(更新)", index_number="011336163/2018-0009"),
        *clerk.review(CHANGED, on="2018-06-01"),
        clerk.update(CHANGED, on="2018-06-04"),
        clerk.withdraw(CHANGED, on="2018-07-02"),
        clerk.restore(CHANGED, on="2018-07-09"),
        clerk.repeal(CHANGED, on="2018-08-01"),
        clerk.amend(CHANGED, on="2018-08-02"),
        clerk.rewrite(CHANGED, title="第二条(更正)", index_number="011336163/2018-0009"),
        *clerk.review(CHANGED, on="2018-09-01"),
        clerk.correct(CHANGED, on="2018-09-03"),
        clerk.repeal(CHANGED, on="2018-10-01", kind="expired"),
        *a_bureau(clerk, OTHER_AGENCY),
        clerk.draft(RECLASSIFIED, agency=OTHER_AGENCY, title="第三条", categories=[("genre", "plan")]),
        *clerk.review(RECLASSIFIED, on="2018-03-12"),
        clerk.publish(RECLASSIFIED, "website", on="2018-03-14"),
        clerk.classify(RECLASSIFIED, "genre", "notice"),
        clerk.classify(RECLASSIFIED, "theme", "energy"),
        clerk.classify(RECLASSIFIED, "genre", "plan"),
        clerk.record_step(RECLASSIFIED, on="2018-03-01"),
        clerk.withdraw(RECLASSIFIED, on="2018-11-02"),
        clerk.draft(ON_REQUEST, mode="on-request", title="第四条"),
        *clerk.review(ON_REQUEST, on="2018-03-12"),
        clerk.publish(ON_REQUEST, "website", on="2018-10-10"),
        clerk.publish(ON_REQUEST, "gazette", on="2018-10-11"),
        clerk.classify(ON_REQUEST, "genre", "notice"),
        clerk.draft_full(UNDATED, title="第五条", source_id="S-2"),
        *clerk.review(UNDATED, on="2018-03-12"),
        clerk.publish(UNDATED, "website", on="2018-03-13"),
        clerk.draft(LATE, title="第六条", made_on="2016-01-04", section="investment"),
        *clerk.review(LATE, on="2018-03-12"),
        clerk.publish(LATE, "website", on="2018-12-01"),
        clerk.draft(DRAFT, title="尚未公开的文稿"),
        clerk.receive(request_id(1), on="2017-12-29"),
        clerk.register(request_id(1), on="2018-01-02"),
        clerk.decide(request_id(1), on="2018-01-20", outcomes=["granted", "severed"]),
        clerk.dispatch(request_id(1), on="2018-01-20"),
        clerk.deliver(request_id(1), on="2018-01-21"),
        clerk.close(request_id(1), on="2018-02-28"),
        clerk.receive(request_id(2), on="2018-09-03", agency=OTHER_AGENCY),
        clerk.register(request_id(2), on="2018-09-03", number="2018-2"),
        clerk.search(request_id(2), on="2018-09-19"),
        clerk.decide(request_id(2), on="2018-09-20", outcomes=["not-exist", "granted"]),
        clerk.receive(request_id(3), on="2018-09-04", channel="online", receipt="awaits-confirmation"),
        clerk.confirm(request_id(3), on="2018-09-05"),
        RenameAgency(
            id="a" * 32,
            by="role:administrator",
            agency=OTHER_AGENCY,
            effective_on=day("2018-11-05"),
            text=AgencyText(name="某市发展改革委", short_name="发改委"),
        ),
        CloseSection(
            id="b" * 32, by="role:administrator", agency=OTHER_AGENCY, section="office", closed_on=day("2018-11-05")
        ),
        ChangeUrl(
            id="c" * 32,
            by="role:publisher",
            item=ON_REQUEST,
            channel="website",
            changed_on=day("2018-11-06"),
            link=NewLinkText(url="https://website.example/elsewhere"),
        ),
    ]


def tell_the_tale(writer: Writer, clock: Clock) -> None:
    """Tell it; each command is a minute after the one before."""
    for command in the_tale(Teller()):
        tell(writer, [command])
        clock.move(timedelta(minutes=1))


@contextmanager
def reading(folder: Path) -> Iterator[Reading]:
    """One reading of a projections folder, with a reader of its own."""
    reader = Reader(folder)
    try:
        with reader.reading() as one:
            yield one
    finally:
        reader.close()
