"""The text behind a seal, as a projection may show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec.json import Decoder

    from archive.disclosures.openings import Opening
    from archive.domain.codes import Text

AnyText = TypeVar("AnyText", bound="Text")


def text_behind(openings: Mapping[str, Opening], sealed: str, decoder: Decoder[AnyText], *, at: int) -> AnyText | None:
    """The text behind a seal; None where it is erased, a decoy, or not for the public at the position of this entry."""
    opening = openings.get(sealed)
    if opening is None or opening.cleared > at:
        return None
    try:
        return decoder.decode(opening.value)
    except msgspec.DecodeError:
        # Numbers do not wait for a text. That the value is not the one that was sealed is for an audit to say.
        return None
