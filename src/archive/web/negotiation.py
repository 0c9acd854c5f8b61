"""What a request accepts: media types (RFC 9110, section 12.5.1) and languages (section 12.5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.domain.errors import Language

GRAPHQL_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"
# A header of the size of a page is nobody's wish.
_MAX_WISHES: Final = 50


class Wish(NamedTuple):
    """One member of an Accept header and how much it is wanted, 0 to 1."""

    value: str
    quality: float


def response_type(accept: str | None) -> str | None:
    """The media type to answer a GraphQL request with; None when none of ours is accepted.

    The newer type is given to those who name it; whoever takes anything gets plain JSON (GraphQL over HTTP, 6.2).
    """
    if accept is None or not accept.strip():
        return JSON
    wishes = {wish.value: wish.quality for wish in _wishes(accept)}
    anything = wishes.get("application/*", wishes.get("*/*", 0.0))
    new, old = wishes.get(GRAPHQL_JSON, 0.0), wishes.get(JSON, anything)
    if new > 0 and new >= old:
        return GRAPHQL_JSON
    return JSON if old > 0 else None


def language(accept_language: str | None) -> Language:
    """Chinese, unless English is wanted more."""
    best: dict[str, float] = {}
    for wish in _wishes(accept_language or ""):
        primary = wish.value.partition("-")[0]
        best[primary] = max(best.get(primary, 0.0), wish.quality)
    chinese = best.get("zh", best.get("*", 0.0))
    return "en" if best.get("en", 0.0) > chinese else "zh"


def is_json(content_type: str | None) -> bool:
    """Whether a body is said to be JSON in UTF-8."""
    media_type, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [
        value.strip(' "') for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "charset"
    ]
    return media_type == JSON and all(charset in {"utf-8", "utf8"} for charset in charsets)


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether gzip may be sent (RFC 9110, section 12.5.3); who says nothing gets text as it is."""
    wishes = {wish.value: wish.quality for wish in _wishes(accept_encoding or "")}
    return wishes.get("gzip", wishes.get("*", 0.0)) > 0


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader has this version already (RFC 9110, section 13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _wishes(header: str) -> Iterator[Wish]:
    for member in header.split(",")[:_MAX_WISHES]:
        value, *parameters = [part.strip().lower() for part in member.split(";")]
        quality = 1.0
        for parameter in parameters:
            name, _, number = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(number.strip())
        if value:
            yield Wish(value, quality)


def _quality(number: str) -> float:
    try:
        quality = float(number)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
