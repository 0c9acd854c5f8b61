"""Legal instruments from a list (one JSON object a line) into items, with their histories and the digests of their bodies.

Rules
- The list is taken as it is; what is odd in it is entered all the same and told in a finding. Nothing is mended.
- The importer registers one agency, which answers for the review of what was promulgated before the list was closed.
- Every id is computed from the list's own `source_id`, so the same list again changes nothing, in any archive. A step's
  id names its action and day: a step that is new in a later list is added, whatever stands before it.
- Bodies are files: an item holds SHA-256 and size of a body whose digest is the one in the list.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct

from archive.domain.agencies import (
    AcceptPriorReview,
    AdoptCategoryScheme,
    AgencyText,
    ChannelText,
    RegisterAgency,
    RegisterChannel,
    SchemeText,
)
from archive.domain.codes import Classification, Sha256, SourceId
from archive.domain.errors import ArchiveError, Refused
from archive.domain.items import (
    AmendItem,
    DraftItem,
    ItemText,
    Manifest,
    PublishItem,
    PutItemIntoEffect,
    RecordStep,
    RepealItem,
)
from archive.domain.parsing import parse_object, text_values
from archive.domain.reviews import DeclarePriorReview
from archive.intake.jsonl import open_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from archive.commands import Batch, Problem, Writer
    from archive.domain.commands import AnyCommand
    from archive.intake.jsonl import Line, Lines

ROLE: Final = "role:importer"
CHANNEL: Final = "promulgation"
# The newest instrument of the list of 2024 was promulgated on its last day; what is newer needs a review of its own.
PUBLISHED_BEFORE: Final = date(2025, 1, 1)
MAX_BODY_LINE_BYTES: Final = 64 * 1024 * 1024

Kind = Literal["宪法", "法律", "行政法规", "地方性法规", "司法解释", "部门规章"]
GENRES: Final[Mapping[Kind, str]] = {
    "宪法": "constitution",
    "法律": "law",
    "行政法规": "administrative-regulation",
    "地方性法规": "local-regulation",
    "司法解释": "judicial-interpretation",
    "部门规章": "department-rule",
}
Theme = Literal["宪法相关法", "民法典", "民法商法", "行政法", "经济法", "社会法", "刑法", "诉讼与非诉讼程序法"]
THEMES: Final[Mapping[Theme, str]] = {
    "宪法相关法": "constitution-related",
    "民法典": "civil-code",
    "民法商法": "civil-commercial",
    "行政法": "administrative",
    "经济法": "economic",
    "社会法": "social",
    "刑法": "criminal",
    "诉讼与非诉讼程序法": "procedure",
}
Region = Literal[
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南",
    "湖北", "湖南", "广东", "广西", "海南", "重庆", "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆",
]  # fmt: skip
# GB/T 2260: the divisions of the first level whose people's congresses make local regulations.
REGIONS: Final[Mapping[Region, str]] = {
    "北京": "110000", "天津": "120000", "河北": "130000", "山西": "140000", "内蒙古": "150000",
    "辽宁": "210000", "吉林": "220000", "黑龙江": "230000",
    "上海": "310000", "江苏": "320000", "浙江": "330000", "安徽": "340000", "福建": "350000", "江西": "360000",
    "山东": "370000", "河南": "410000", "湖北": "420000", "湖南": "430000", "广东": "440000", "广西": "450000",
    "海南": "460000", "重庆": "500000", "四川": "510000", "贵州": "520000", "云南": "530000", "西藏": "540000",
    "陕西": "610000", "甘肃": "620000", "青海": "630000", "宁夏": "640000", "新疆": "650000",
}  # fmt: skip


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of an instrument's history."""

    on: date
    action: Literal["adopted", "approved", "promulgated", "amended", "effective", "repealed", "other"]
    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class Instrument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the list. `body_chars` counts characters."""

    source_id: SourceId
    title: Annotated[str, Meta(min_length=1, max_length=1000)]
    kind: Kind
    theme: Theme | None
    region: Region | None
    document_number: Annotated[str, Meta(min_length=1, max_length=200)] | None
    formed_on: date
    promulgated_on: date
    effective_on: date | None
    history: Annotated[list[Step], Meta(max_length=100)]
    body_sha256: Sha256
    body_chars: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the file of bodies."""

    source_id: SourceId
    body: str


class Finding(NamedTuple):
    """Something odd in the list, and what was done with it. It repeats ids, dates and numbers, and no text."""

    code: str
    source_id: str
    zh: str
    en: str


class InstrumentsReport(NamedTuple):
    """What the import did, how many instruments the list has, and what was odd: one by one, and counted by code."""

    batch: Batch
    instruments: int
    findings: tuple[Finding, ...]
    counts: dict[str, int]


def import_instruments(
    writer: Writer,
    path: Path,
    *,
    bodies: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> InstrumentsReport:
    """Enter every instrument of the list, or with any problem none; with `dry_run` only find the problems."""
    manifests = None if bodies is None else _manifests(bodies)
    with open_lines(path) as lines:
        listed = _List(lines, manifests)
        batch = writer.handle_all(
            chain(((0, command) for command in founding()), listed.commands()),
            kind="instruments",
            source_sha256=lines.sha256,
            by=ROLE,
            dry_run=dry_run,
            progress=progress,
        )
    batch = batch._replace(problems=tuple(listed.named(problem) for problem in batch.problems))
    # Where lines were refused, their bodies are not to blame.
    findings = (*listed.findings, *(() if batch.problem_count else listed.bodies_left()))
    return InstrumentsReport(
        batch, len(listed.first_line), findings, dict(Counter(finding.code for finding in findings))
    )


def founding() -> list[AnyCommand]:
    """The agency of the list, its channel, its schemes, and its word for the reviews of before."""
    agency = _id("agency", "national")
    schemes: list[tuple[str, str, Mapping[Kind, str] | Mapping[Theme, str] | Mapping[Region, str]]] = [
        ("genre", "体裁", GENRES),
        ("theme", "主题", THEMES),
        ("region", "地区", REGIONS),
    ]
    return [
        RegisterAgency(
            id=_command_id("agency"),
            by=ROLE,
            agency=agency,
            level="national",
            region="100000",
            text=AgencyText(name="全国法律法规库(导入)", short_name="法规库"),
        ),
        RegisterChannel(
            id=_command_id("channel"),
            by=ROLE,
            agency=agency,
            channel=CHANNEL,
            kind="gazette",
            text=ChannelText(name="公布"),
        ),
        *(
            AdoptCategoryScheme(
                id=_command_id("scheme", scheme),
                by=ROLE,
                agency=agency,
                scheme=scheme,
                primary=scheme == "genre",
                categories=list(codes.values()),
                adopted_on=PUBLISHED_BEFORE,
                text=SchemeText(name=name, names=list(codes)),
            )
            for scheme, name, codes in schemes
        ),
        AcceptPriorReview(
            id=_command_id("prior-review"),
            by=ROLE,
            agency=agency,
            published_before=PUBLISHED_BEFORE,
            basis="legislation-database",
        ),
    ]


def commands_of(instrument: Instrument, body: Manifest | None) -> Iterator[AnyCommand]:
    """What enters one instrument: draft, prior review, publication, then its steps by date."""
    source_id = instrument.source_id
    item = _id("item", source_id)
    yield DraftItem(
        id=_command_id(source_id, "draft"),
        by=ROLE,
        item=item,
        agency=_id("agency", "national"),
        mode="proactive",
        made_on=instrument.formed_on,
        categories=[
            Classification(scheme=scheme, code=code)
            for scheme, code in (
                ("genre", GENRES[instrument.kind]),
                ("theme", None if instrument.theme is None else THEMES[instrument.theme]),
                ("region", None if instrument.region is None else REGIONS[instrument.region]),
            )
            if code is not None
        ],
        source_id=source_id,
        text=ItemText(
            title=instrument.title,
            document_number=UNSET if instrument.document_number is None else instrument.document_number,
            notes=[step.text for step in _in_order(instrument)] or UNSET,
            body=UNSET if body is None else body,
        ),
    )
    yield DeclarePriorReview(
        id=_command_id(source_id, "prior-review"), by=ROLE, item=item, basis="legislation-database"
    )
    yield PublishItem(
        id=_command_id(source_id, "publication"),
        by=ROLE,
        item=item,
        channel=CHANNEL,
        published_on=instrument.promulgated_on,
    )
    yield from _steps(instrument, item)


def _steps(instrument: Instrument, item: str) -> Iterator[AnyCommand]:
    dated = [(step.on, step.action) for step in _in_order(instrument)]
    if instrument.effective_on is not None and (instrument.effective_on, "effective") not in dated:
        dated = sorted([*dated, (instrument.effective_on, "effective")], key=lambda step: step[0])
    seen: Counter[tuple[date, str]] = Counter()
    for on, action in dated:
        seen[on, action] += 1
        command_id = _command_id(instrument.source_id, action, on.isoformat(), str(seen[on, action]))
        match action:
            case "effective":
                yield PutItemIntoEffect(id=command_id, by=ROLE, item=item, effective_on=on)
            case "amended":
                yield AmendItem(id=command_id, by=ROLE, item=item, amended_on=on)
            case "repealed":
                yield RepealItem(id=command_id, by=ROLE, item=item, repealed_on=on, kind="repealed")
            case _:
                yield RecordStep(id=command_id, by=ROLE, item=item, step=action, on=on)


def _in_order(instrument: Instrument) -> list[Step]:
    # Steps of one day stay as they were found.
    return sorted(instrument.history, key=lambda step: step.on)


class _List:
    """The list while it is read: its commands, and what was noticed on the way."""

    def __init__(self, lines: Lines, manifests: dict[str, Manifest] | None) -> None:
        self._lines = lines
        self._manifests = manifests
        self._sources: dict[int, str] = {}
        self._titles: dict[str, str] = {}
        self.first_line: dict[str, int] = {}
        self.findings: list[Finding] = []

    def commands(self) -> Iterator[tuple[int, AnyCommand | ArchiveError]]:
        """Each command under the number of its instrument's line; one problem for a line that cannot be entered."""
        for line in self._lines.filled():
            try:
                instrument = self._instrument(line)
                commands = list(commands_of(instrument, self._manifest(instrument)))
                # A draft that is refused would only be followed by a refusal of every step.
                text_values(commands[0])
            except Refused as error:
                yield line.number, line.told(error)
                continue
            for command in commands:
                yield line.number, command

    def named(self, problem: Problem) -> Problem:
        """The problem of a line as a person can understand it: he knows instruments, and no command ids."""
        if problem.error.code == "CMD-004" and problem.line in self._sources:
            return problem._replace(error=Refused("IMP-008", source=self._sources[problem.line]))
        return problem

    def bodies_left(self) -> Iterator[Finding]:
        """Bodies of instruments that the list does not have."""
        for source_id in sorted((self._manifests or {}).keys() - self.first_line.keys()):
            yield Finding(
                "body-without-instrument",
                source_id,
                "正文文件中有此编号,清单中没有:未导入。",
                "there is a body with this id, but no instrument in the list: it was not entered.",
            )

    def _instrument(self, line: Line) -> Instrument:
        instrument = parse_object(line.content(), _INSTRUMENTS, code="IMP-006")
        source_id = instrument.source_id
        if source_id in self.first_line:
            raise Refused("IMP-007", source=source_id, line=self.first_line[source_id])
        self.first_line[source_id] = line.number
        self._sources[line.number] = source_id
        if instrument.promulgated_on >= PUBLISHED_BEFORE:
            raise Refused("ITM-014", on=instrument.promulgated_on, before=PUBLISHED_BEFORE)
        self.findings.extend(oddities(instrument))
        twin = self._titles.setdefault(instrument.title, source_id)
        if twin != source_id:
            self.findings.append(
                Finding(
                    "title-twice",
                    source_id,
                    f"标题与编号 {twin} 的文件相同:作为两条信息分别导入。",
                    f"it has the title of {twin}: both were entered, as two items.",
                )
            )
        return instrument

    def _manifest(self, instrument: Instrument) -> Manifest | None:
        if self._manifests is None:
            return None
        source_id = instrument.source_id
        manifest = self._manifests.get(source_id)
        if manifest is None:
            self.findings.append(
                Finding(
                    "body-missing",
                    source_id,
                    "正文文件中没有此编号:未登记正文。",
                    "the file of bodies does not have it: it was entered without a body.",
                )
            )
        elif manifest.sha256 != instrument.body_sha256:
            self.findings.append(
                Finding(
                    "body-differs",
                    source_id,
                    "正文的摘要与清单不符:未登记正文。",
                    "the digest of its body is not the one in the list: it was entered without a body.",
                )
            )
            return None
        return manifest


def oddities(instrument: Instrument) -> Iterator[Finding]:
    """What is odd in one instrument by itself, and what the import did with it."""
    source_id, days = instrument.source_id, [step.on for step in instrument.history]
    if days != sorted(days):
        yield Finding(
            "history-out-of-order",
            source_id,
            f"沿革的 {len(days)} 个步骤未按日期排列:按日期次序导入。",
            f"the {len(days)} steps of its history are not in order of date: they were entered in order of date.",
        )
    if days and min(days) < instrument.formed_on:
        yield Finding(
            "step-before-formation",
            source_id,
            f"沿革的步骤({min(days)})早于形成日期({instrument.formed_on}):按原样导入。",
            f"a step ({min(days)}) lies before the day it was formed ({instrument.formed_on}): entered as found.",
        )
    if instrument.formed_on > instrument.promulgated_on:
        yield Finding(
            "formed-after-promulgation",
            source_id,
            f"形成日期({instrument.formed_on})晚于公布日期({instrument.promulgated_on}):按原样导入。",
            f"it was formed ({instrument.formed_on}) after its promulgation ({instrument.promulgated_on}): "
            "entered as found.",
        )
    for (on, _), count in Counter((step.on, step.action) for step in instrument.history).items():
        if count > 1:
            yield Finding(
                "step-repeated",
                source_id,
                f"{on} 的同一种步骤列了 {count} 次:全部导入。",
                f"one kind of step stands {count} times under {on}: all were entered.",
            )
    yield from _oddities_of_force(instrument)


def _oddities_of_force(instrument: Instrument) -> Iterator[Finding]:
    source_id = instrument.source_id
    for step in instrument.history:
        if step.action == "other":
            yield Finding(
                "step-other",
                source_id,
                f"{step.on} 的步骤没有归类:作为“其他”步骤导入,不影响效力。",
                f"the step of {step.on} has no kind: it was entered as `other`, which changes nothing of its force.",
            )
        if step.action == "repealed" and _reads_as_revision(step.text):
            yield Finding(
                "repeal-reads-as-revision",
                source_id,
                f"{step.on} 的步骤在清单中为废止,文字却是修订:按清单作为废止导入。",
                f"the step of {step.on} is a repeal in the list, but its text says revised: entered as a repeal.",
            )
    effective = {step.on for step in instrument.history if step.action == "effective"}
    if instrument.effective_on is not None:
        effective.add(instrument.effective_on)
    if len(effective) > 1:
        yield Finding(
            "effective-several",
            source_id,
            f"有 {len(effective)} 个施行日期:全部导入。",
            f"it took effect on {len(effective)} days: all were entered.",
        )
    repealed = [step.on for step in instrument.history if step.action == "repealed"]
    later = [step.on for step in instrument.history if repealed and step.on > min(repealed)]
    if later:
        yield Finding(
            "step-after-repeal",
            source_id,
            f"废止({min(repealed)})之后还有 {len(later)} 个步骤:按原样导入。",
            f"{len(later)} more steps follow its repeal ({min(repealed)}): entered as found.",
        )


def _reads_as_revision(text: str) -> bool:
    # The decision's title names repeals; what it did to this instrument stands after the title's closing bracket.
    return re.search(r"修订|修正|修改", text.rpartition("》")[2]) is not None


def _manifests(path: Path) -> dict[str, Manifest]:
    """SHA-256 and size in bytes of every body, by source id; the bodies themselves pass by one at a time."""
    manifests: dict[str, Manifest] = {}
    with open_lines(path, limit=MAX_BODY_LINE_BYTES, maybe_gzip=True) as lines:
        for line in lines.filled():
            try:
                body = parse_object(line.content(), _BODIES, code="IMP-006")
            except Refused as error:
                raise Refused("IMP-010", path=path, line=line.number, code=error.code) from None
            if body.source_id in manifests:
                raise Refused("IMP-010", path=path, line=line.number, code="IMP-007")
            content = body.body.encode()
            manifests[body.source_id] = Manifest(
                sha256=sha256(content).hexdigest(), size=len(content), type="text/plain"
            )
    return manifests


_INSTRUMENTS: Final = msgspec.json.Decoder(Instrument)
_BODIES: Final = msgspec.json.Decoder(Body)


def _id(kind: str, *parts: str) -> str:
    return f"{kind}-{_command_id(kind, *parts)}"


def _command_id(*parts: str) -> str:
    return sha256("\n".join(("archive/instruments/v1", *parts)).encode()).hexdigest()[:32]
