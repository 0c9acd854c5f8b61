"""The identities of a form, checked: each either holds, is broken, or stays open because a number is missing.

What a year takes over from the one before is checked twice: with the figures as they are known now, and, under the id of
the identity and `-filed`, with those that were filed. Where these do not follow from each other and somebody explained
it, the finding stays and is no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from archive.reports.form import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from archive.domain.codes import AgencyLevel
    from archive.reports.form import Form, Identity

Outcome = Literal["holds", "broken", "open"]
# At the end of a term: its number of the year before.
BEFORE: Final = "@-1"


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """One identity, for one of the things it stands for (`each`): both sides, and the terms that they add up."""

    id: str
    severity: Severity
    state: Outcome
    zh: str
    en: str
    each: str
    relation: str
    left: int | None
    right: int | None
    left_terms: list[str]
    right_terms: list[str]


def checked(form: Form, value: Callable[[str], int | None], *, year: int, level: AgencyLevel | None) -> list[Check]:
    """Every identity that applies in the year to an agency of the level; `value` is asked for each term, without sign."""
    return [
        check
        for identity in form.identities
        if _applies(identity, year, level)
        for check in _of_identity(identity, value)
    ]


def carried(  # noqa: PLR0913 - the numbers of two years
    form: Form,
    value: Callable[[str], int | None],
    filed: Mapping[str, int],
    *,
    year: int,
    level: AgencyLevel | None,
    explained: Collection[str],
) -> list[Check]:
    """What this year takes over, against the cells that were filed for the year before; without those, nothing."""

    def found(term: str) -> int | None:
        return filed.get(term.removesuffix(BEFORE)) if term.endswith(BEFORE) else value(term)

    made = []
    for identity in form.identities:
        terms = (*identity.left, *identity.right)
        if not _applies(identity, year, level) or not any(term.endswith(BEFORE) for term in terms):
            continue
        for check in _of_identity(identity, found):
            if check.state == "open":
                continue
            excused = check.state == "broken" and identity.id in explained
            made.append(
                replace(
                    check,
                    id=f"{check.id}-filed",
                    severity="warning" if excused else check.severity,
                    zh=f"{check.zh}（按上年报送的数字{'；已说明' if excused else ''}）",
                    en=f"{check.en} (as filed last year{'; explained' if excused else ''})",
                )
            )
    return made


def _applies(identity: Identity, year: int, level: AgencyLevel | None) -> bool:
    in_time = identity.first_year is None or year >= identity.first_year
    return in_time and (identity.levels is None or level in identity.levels)


def _of_identity(identity: Identity, value: Callable[[str], int | None]) -> Iterator[Check]:
    for each in identity.each:
        left_terms = [term.replace("{each}", each) for term in identity.left]
        right_terms = [term.replace("{each}", each) for term in identity.right]
        left, right = _sum(left_terms, value), _sum(right_terms, value)
        if left is None or right is None:
            state: Outcome = "open"
        else:
            state = "holds" if (left == right if identity.relation == "=" else left <= right) else "broken"
        yield Check(
            id=identity.id,
            severity=identity.severity,
            state=state,
            zh=identity.zh,
            en=identity.en,
            each=each,
            relation=identity.relation,
            left=left,
            right=right,
            left_terms=left_terms,
            right_terms=right_terms,
        )


def _sum(terms: list[str], value: Callable[[str], int | None]) -> int | None:
    total = 0
    for term in terms:
        found = value(term.removeprefix("-"))
        if found is None:
            return None
        total += -found if term.startswith("-") else found
    return total
