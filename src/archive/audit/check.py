"""check(): recompute everything from the entries, and compare it with what is kept, shown and queried.

    entries in order ──▶ the root of their tree, and one that was kept outside
                     ──▶ bytes, commands, openings, erasures
    stream by stream ──▶ chains, rules, what was shown was cleared          ──▶ findings
    folded anew      ──▶ digests of projections

What an owner changes everywhere at once, and signs again, cannot be noticed from inside: that takes something that was
kept outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from archive.audit.entries import Checked, check_entries
from archive.audit.folds import check_projections
from archive.audit.roots import Head, check_root
from archive.audit.streams import check_streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.audit.findings import Finding
    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.projections.runner import Projections
    from archive.vault.store import Vault

# Findings beyond these are counted and not kept: an audit of a ruined log needs no more memory than that of a sound one.
FINDINGS_KEPT: Final = 1_000
_NOT_A_LOG: Final = frozenset({"AUD-001", "AUD-002", "AUD-004", "AUD-006", "AUD-007", "AUD-020"})


class Report(NamedTuple):
    """What an audit looked at, up to which position, and what it found; `found` counts those that are not kept too."""

    position: int
    head: Head
    entries: int
    streams: int
    openings: int
    projections: int
    found: int
    findings: list[Finding]


def check(  # noqa: PLR0913 - the stores, what was kept outside, and who wants to know
    log: Log,
    disclosures: Disclosures,
    vault: Vault | None,
    projections: Projections,
    *,
    expected: Head | None = None,
    progress: Callable[[Checked], None] = lambda _: None,
) -> Report:
    """Check the archive as it stands, and that it goes on from the tree that is `expected`, if one was kept outside.

    Without a vault, whether what was erased is still there is asked of openings alone.
    """
    findings: list[Finding] = []
    found = 0

    def report(one: Finding) -> None:
        nonlocal found
        found += 1
        if len(findings) < FINDINGS_KEPT:
            findings.append(one)

    # What is appended meanwhile is left for the next audit.
    until = log.head()
    head = check_root(log, until=until, expected=expected, report=report)
    checked = check_entries(log, disclosures, vault, until=until, report=report, progress=progress)
    streams = check_streams(log, until=until, report=report)
    compared = check_projections(projections, report=report) if _can_be_folded(findings) else 0
    findings.sort(key=lambda one: (one.position, one.code))
    return Report(until, head, checked.entries, streams, checked.openings, compared, found, findings)


def _can_be_folded(findings: list[Finding]) -> bool:
    """What is not a log of ours is not folded: there is nothing to compare with."""
    return not any(one.code in _NOT_A_LOG for one in findings)
