"""Keys and notes that several tests of signed notes need."""

from pathlib import Path

from archive.merkle.note import Signature, SignerKey

ORIGIN = "archive.example/opengov"
LOG = SignerKey(ORIGIN, bytes(range(32)))
NEWER = SignerKey(ORIGIN, bytes(range(1, 33)))
WITNESS = SignerKey("court-of-audit.example/witness", bytes(range(2, 34)))
STRANGER = SignerKey("stranger.example", bytes(range(3, 35)))

# What the log arche2025h1 published, with lines of types 0x05, 0x01 and four of 0x04 (tests/assets/merkle/README.md).
PUBLISHED = (Path(__file__).resolve().parent.parent / "assets" / "merkle" / "checkpoint.txt").read_bytes()
PUBLISHED_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
PUBLISHED_WITNESSES = (
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
)


def unknown_lines(count: int) -> list[Signature]:
    """Lines of as many keys that nobody knows, of types that nobody knows."""
    return [Signature(f"unknown-{number}.example", b"\xff" * 4, b"?" * (number + 1)) for number in range(count)]
