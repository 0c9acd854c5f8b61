"""check(): recompute everything from the entries, and compare it with what is kept, shown and queried.

    entries in order ──▶ the tree: every tile, the root of every checkpoint, of what was kept outside
                     ──▶ bytes, commands, openings, erasures
    stream by stream ──▶ chains, rules, what was shown was cleared          ──▶ findings
    folded anew      ──▶ digests of projections
    counted anew     ──▶ figures of filed reports

What an owner changes everywhere at once, and signs again, cannot be noticed from inside: that takes something that was
kept outside.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from heapq import merge
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.audit.checkpoints import Counted, check_kept, claims, promised
from archive.audit.entries import Checked, check_entries
from archive.audit.folds import check_projections
from archive.audit.reports import check_reports
from archive.audit.roots import Head, check_root, kept_outside
from archive.audit.streams import check_streams
from archive.audit.tiles import Tiles
from archive.domain.errors import ArchiveError
from archive.projections.runner import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.audit.checkpoints import KeptNote, Signed
    from archive.audit.findings import Finding
    from archive.audit.roots import Claim
    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.merkle.note import VerifierKey
    from archive.projections.runner import Projections
    from archive.vault.store import Vault

# Findings beyond these are counted and not kept: an audit of a ruined log needs no more memory than that of a sound one.
FINDINGS_KEPT: Final = 1_000
_NOT_A_LOG: Final = frozenset({"AUD-001", "AUD-002", "AUD-004", "AUD-006", "AUD-007", "AUD-020"})


class Outside(NamedTuple):
    """What was kept where the archive's owner has no say: trees as they were printed, notes, and verifier keys."""

    heads: Sequence[Head] = ()
    notes: Sequence[KeptNote] = ()
    vkeys: Sequence[VerifierKey] = ()


class Report(NamedTuple):
    """What an audit looked at, up to which position, and what it found; `found` counts those that are not kept too."""

    position: int
    head: Head
    entries: int
    streams: int
    openings: int
    projections: int
    reports: int
    tiles: int
    checkpoints: int
    found: int
    findings: list[Finding]


def check(  # noqa: PLR0913 - the stores, what was kept outside, and who wants to know
    log: Log,
    disclosures: Disclosures,
    vault: Vault | None,
    projections: Projections,
    *,
    signed: Signed | None = None,
    outside: Outside | None = None,
    mirrored: bool = False,
    progress: Callable[[Checked], None] = lambda _: None,
) -> Report:
    """Check the archive as it stands, what was signed, and that it goes on from what was kept outside.

    Without a vault, whether what was erased is still there is asked of openings alone. `mirrored`: it is the log of
    somebody else, who alone has the commands.
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
    head, tiles, checkpoints = _check_tree(log, projections, signed, outside or Outside(), until=until, report=report)
    checked = check_entries(log, disclosures, vault, until=until, report=report, mirrored=mirrored, progress=progress)
    streams = check_streams(log, until=until, report=report)
    compared, filed = 0, 0
    if _can_be_folded(findings):
        compared = check_projections(projections, report=report)
        filed = check_reports(projections, report=report)
    findings.sort(key=lambda one: (one.position, one.code))
    return Report(
        until, head, checked.entries, streams, checked.openings, compared, filed, tiles, checkpoints, found, findings
    )


def _check_tree(  # noqa: PLR0913 - what says something of the tree
    log: Log,
    projections: Projections,
    signed: Signed | None,
    outside: Outside,
    *,
    until: int,
    report: Callable[[Finding], None],
) -> tuple[Head, int, int]:
    """The tree, and how many tiles and checkpoints were compared with it."""
    counted = Counted()
    heads = [*outside.heads, *check_kept(outside.notes, outside.vkeys, signed, origin=log.origin, report=report)]
    said = [kept_outside(heads, until=until, report=report)]
    inside: Iterator[Claim] = iter(())
    if signed is not None:
        said.append(promised(signed, origin=log.origin, until=until, report=report))
        inside = claims(signed, origin=log.origin, until=until, counted=counted, report=report)
    with ExitStack() as open_files:
        try:
            reading = open_files.enter_context(
                open_files.enter_context(closing(Reader(projections.folder, mapped=False))).reading()
            )
            tiles = Tiles(reading, report=report)
        except ArchiveError:
            # Nothing serves: that is found where projections are compared.
            tiles = None
        head = check_root(
            log,
            until=until,
            claims=merge(*said, inside, key=lambda one: one.head.size),
            report=report,
            leaves=(lambda _: None) if tiles is None else tiles.add,
        )
        if tiles is not None:
            tiles.finish()
    return head, 0 if tiles is None else tiles.compared, counted.checkpoints


def _can_be_folded(findings: list[Finding]) -> bool:
    """What is not a log of ours is not folded: there is nothing to compare with."""
    return not any(one.code in _NOT_A_LOG for one in findings)
