"""What the arithmetic of the log refuses: one exception; its codes are explained in `domain/errors.py` as all others are."""

from __future__ import annotations


class Unsound(Exception):
    """Bytes from outside are malformed, or do not prove what they claim.

    `facts` fill the sentence of the code; they are names, lines and numbers, never what was found.
    """

    def __init__(self, code: str, /, **facts: int | str) -> None:
        self.code = code
        self.facts = facts
        super().__init__(" ".join([code, *(f"{name}={fact}" for name, fact in facts.items())]))
