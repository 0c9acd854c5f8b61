"""The shapes of everything an entry may hold: ids, codes, seals, dates and integers. Free text is none of them.

Every string of an entry matches one of the patterns here (design 2.2), so that a leak of text into the log is refused
by type and not by care. All patterns are ASCII: an entry is its own NFC form.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

AgencyId = Annotated[str, Meta(pattern=r"^agency-[0-9a-f]{32}\Z", description="A stream of kind agency: 128 bits.")]
ItemId = Annotated[str, Meta(pattern=r"^item-[0-9a-f]{32}\Z", description="A stream of kind item: 128 random bits.")]
RequestId = Annotated[str, Meta(pattern=r"^request-[0-9a-f]{32}\Z", description="A stream of kind request.")]
MonthId = Annotated[
    str, Meta(pattern=r"^month-[0-9a-f]{32}\Z", description="It follows from the agency and the month.")
]
ReportId = Annotated[
    str, Meta(pattern=r"^report-[0-9a-f]{32}\Z", description="It follows from the agency and the year.")
]
AssessmentId = Annotated[str, Meta(pattern=r"^assessment-[0-9a-f]{32}\Z", description="A stream of kind assessment.")]
InspectionId = Annotated[str, Meta(pattern=r"^inspection-[0-9a-f]{32}\Z", description="A stream of kind inspection.")]
StreamId = Annotated[
    str, Meta(pattern=r"^[a-z]([a-z-]{0,22}[a-z])?-[0-9a-f]{32}\Z", description="A stream of any kind: 128 bits.")
]
BatchId = Annotated[str, Meta(pattern=r"^batch-[0-9a-f]{32}\Z", description="A stream of kind batch: one import.")]
RemedyId = Annotated[str, Meta(pattern=r"^remedy-[0-9a-f]{32}\Z", description="A stream of kind remedy: one case.")]
OpinionId = Annotated[str, Meta(pattern=r"^opinion-[0-9a-f]{32}\Z", description="A stream of kind opinion.")]
IssueId = Annotated[str, Meta(pattern=r"^issue-[0-9a-f]{32}\Z", description="A stream of kind issue: one hot issue.")]
InterpretationId = Annotated[
    str, Meta(pattern=r"^interpretation-[0-9a-f]{32}\Z", description="A stream of kind interpretation.")
]
ConsultationId = Annotated[
    str, Meta(pattern=r"^consultation-[0-9a-f]{32}\Z", description="A stream of kind consultation.")
]
ActivityId = Annotated[str, Meta(pattern=r"^activity-[0-9a-f]{32}\Z", description="A stream of kind activity.")]
DeclarationId = Annotated[
    str, Meta(pattern=r"^declaration-[0-9a-f]{32}\Z", description="A stream of kind declaration.")
]
PostId = Annotated[
    str, Meta(pattern=r"^post-[0-9a-f]{32}\Z", description="It follows from the agency and the post's code.")
]
GuideId = Annotated[str, Meta(pattern=r"^guide-[0-9a-f]{32}\Z", description="It follows from the agency.")]
RuleId = Annotated[str, Meta(pattern=r"^rule-[0-9a-f]{32}\Z", description="A stream of kind rule: a work mechanism.")]
PlaceId = Annotated[str, Meta(pattern=r"^place-[0-9a-f]{32}\Z", description="A stream of kind place.")]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]\+08:00\Z",
        description="A moment to the minute, in the time of China.",
    ),
]
CommandId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="128 bits chosen by the sender: what is sent twice happens once.")
]
Role = Annotated[
    str, Meta(pattern=r"^role:[a-z]([a-z-]{0,22}[a-z])?\Z", description="The office that acts, never a person.")
]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z", description="A code of a list of ours.")]
SourceId = Annotated[
    str,
    Meta(pattern=r"^[0-9A-Za-z]([0-9A-Za-z._-]{0,62}[0-9A-Za-z])?\Z", description="The id in the system of origin."),
]
RegionCode = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", description="Administrative division, GB/T 2260.")]
OrganisationCode = Annotated[
    str,
    Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}\Z", description="Unified social credit code of a public body, GB 32100."),
]
RequestNumber = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{1,6}\Z", description="Year and serial number.")]
# Integers that every reader of JSON keeps exact.
Count = Annotated[int, Meta(ge=0, le=2**53 - 1, description="How many; money in fen.")]
Position = Annotated[int, Meta(ge=1, le=2**53 - 1, description="A position of the log.")]
Serial = Annotated[int, Meta(ge=1, le=9999, description="A number within the stream, from 1 without a gap.")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="Lower-case hexadecimal SHA-256.")]
# 43 characters hold two bits more than 32 bytes; those are zero, so that a seal has one text form.
Seal = Annotated[
    str,
    Meta(
        pattern=r"^s1:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z",
        description="A salted commitment to text kept outside the log.",
    ),
]

ORIGIN_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?(/[a-z0-9][a-z0-9._-]{0,63}){0,8}\Z"
Origin = Annotated[
    str,
    Meta(pattern=ORIGIN_PATTERN, description="The log's name: a host without scheme, and a path without end slash."),
]

# Personal data that a program can recognise, and why a clerk lets it become public all the same: the person agreed
# (PIPL art. 25), a law demands it (art. 13(3)), an office's own contact, a post's holder, or it is none.
PersonalDataKind = Literal["resident-id", "mobile-phone", "bank-card", "email"]
AcceptReason = Literal[
    "separate-consent", "statutory-publication", "office-contact", "official-capacity", "not-personal"
]

AgencyLevel = Literal["national", "province", "prefecture", "county", "township"]
ChannelKind = Literal["gazette", "website", "weibo", "wechat", "other"]
DisclosureMode = Literal["proactive", "on-request"]

# The names that may stand in `by`. A role is an office; the person who held it is the agency's own record.
ROLES = (
    "role:clerk",
    "role:reviewer",
    "role:publisher",
    "role:information-officer",
    "role:administrator",
    "role:importer",
)


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact, past tense, one class each. What is not named in `SEALS` is stored as `data`."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    # Classes of text that the event commits to, and those of them that anyone may open from this entry on.
    SEALS: ClassVar[tuple[str, ...]] = ()
    CLEARS: ClassVar[tuple[str, ...]] = ()


class Text(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value behind one seal: it waits in `disclosures`, never in an entry."""


Name = Annotated[str, Meta(min_length=1, max_length=200)]


class NameText(Text, frozen=True, kw_only=True):
    """A name: of a section, of a category."""

    name: Name


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command", omit_defaults=True):
    """A wish, imperative. `id` makes it happen once; `by` is the office that acts.

    `accept_personal_data`: why text that looks like personal data may become public; without it, it may not.
    """

    # The kind of its stream, which is also the field that names it; the fields that hold text to be sealed; the fields
    # that name other streams whose state the decision needs (an id, or a list of ids; absent ones are left out).
    STREAM: ClassVar[str]
    TEXTS: ClassVar[tuple[str, ...]] = ()
    REFERS: ClassVar[tuple[str, ...]] = ()

    id: CommandId
    by: Role
    accept_personal_data: AcceptReason | UnsetType = UNSET


class Classification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One category of one scheme."""

    scheme: Code
    code: Code
