"""What is queried, compared with a fold of the same log from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.audit.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.projections.runner import Projections, RebuildProgress


def check_projections(
    projections: Projections,
    *,
    report: Callable[[Finding], None],
    progress: Callable[[RebuildProgress], None] = lambda _: None,
) -> int:
    """Fold every projection anew, up to the position at which it serves, and compare; how many could be compared."""
    compared = 0
    for one in projections.verify(progress=progress):
        if one.served is None or one.fresh is None:
            report(finding("AUD-031", one.position, projection=one.projection))
            continue
        compared += 1
        for field in ("numbers", "text"):
            if getattr(one.served, field) != getattr(one.fresh, field):
                report(finding("AUD-030", one.position, field=field, projection=one.projection))
    return compared
