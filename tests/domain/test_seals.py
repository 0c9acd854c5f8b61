"""Seals: computed again here by the formula, and by a stock tool; nothing but salt and value of its place opens one."""

import hashlib
import shutil
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.domain.seals import SALT_BYTES, decoy, opens, seal, seal_bytes, seal_text
from stories import ORIGIN, item_id

SALT = bytes(range(32))
VALUE = '{"title":"关于某项目核准的批复"}'.encode()
STREAM = item_id()

salts = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)
# What may stand in a context: nothing with a line feed, which is what separates its parts.
words = st.text(st.characters(codec="ascii", exclude_characters="\n"), min_size=1, max_size=40)


def message(*, origin: str, stream: str, field: str, value: bytes) -> bytes:
    """M of the specification (docs of the seal: one line a part, then the value)."""
    length = str(len(value)).encode()
    return b"\n".join([b"opengov-archive/seal/v1", origin.encode(), stream.encode(), field.encode(), length, value])


def hmac_sha256(key: bytes, text: bytes) -> bytes:
    """RFC 2104 with SHA-256, written out."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


@given(origin=words, stream=words, field=words, salt=salts, value=st.binary(max_size=300))
def test_seal_is_the_formula(origin: str, stream: str, field: str, salt: bytes, value: bytes) -> None:
    """Goal: anyone can recompute a seal. Method: the formula of the specification, written out with hashlib alone."""
    expected = hmac_sha256(salt, message(origin=origin, stream=stream, field=field, value=value))
    sealed = seal(origin=origin, stream=stream, field=field, salt=salt, value=value)
    assert sealed == "s1:" + urlsafe_b64encode(expected).decode().rstrip("=")
    assert len(sealed) == 46
    assert opens(sealed, origin=origin, stream=stream, field=field, salt=salt, value=value)


@pytest.mark.parametrize("value", [b"", b"\0", VALUE, b"x" * 40_000], ids=["empty", "zero", "text", "long"])
def test_stock_tool_opens_a_seal(value: bytes) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    done = subprocess.run(
        [openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{SALT.hex()}", "-binary"],
        input=message(origin=ORIGIN, stream=STREAM, field="text", value=value),
        check=True,
        capture_output=True,
    )
    sealed = seal(origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=value)
    assert urlsafe_b64decode(sealed.removeprefix("s1:") + "=") == done.stdout


@pytest.mark.parametrize("place", range(len(VALUE)))
def test_changed_byte_of_the_value_does_not_open(place: int) -> None:
    sealed = seal(origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=VALUE)
    for bit in range(8):
        changed = bytearray(VALUE)
        changed[place] ^= 1 << bit
        assert not opens(sealed, origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=bytes(changed))


@pytest.mark.parametrize("place", range(SALT_BYTES))
def test_changed_byte_of_the_salt_does_not_open(place: int) -> None:
    sealed = seal(origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=VALUE)
    for bit in range(8):
        changed = bytearray(SALT)
        changed[place] ^= 1 << bit
        assert not opens(sealed, origin=ORIGIN, stream=STREAM, field="text", salt=bytes(changed), value=VALUE)


@pytest.mark.parametrize("place", range(46))
def test_changed_character_of_the_seal_does_not_open(place: int) -> None:
    sealed = seal(origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=VALUE)
    for character in "ABab01-_é":
        changed = sealed[:place] + character + sealed[place + 1 :]
        opened = opens(changed, origin=ORIGIN, stream=STREAM, field="text", salt=SALT, value=VALUE)
        assert opened == (changed == sealed)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"origin": "archive.example/other"},
        {"stream": item_id(2)},
        {"stream": STREAM.replace("item", "request")},
        {"field": "person"},
        {"field": "link"},
        {"value": VALUE + b" "},
        {"value": VALUE[:-1]},
        # The parts are told apart by line feeds and the value by its length: moving a border opens nothing.
        {"origin": ORIGIN + "\n" + STREAM, "stream": "text", "field": str(len(VALUE))},
    ],
    ids=str,
)
def test_seal_opens_in_its_own_place_only(elsewhere: dict[str, str | bytes]) -> None:
    place: dict[str, str | bytes] = {"origin": ORIGIN, "stream": STREAM, "field": "text", "value": VALUE}
    sealed = seal(**place, salt=SALT)  # type: ignore[arg-type] # the dictionary holds each argument's own type
    assert opens(sealed, **place, salt=SALT)  # type: ignore[arg-type] # the dictionary holds each argument's own type
    moved = place | elsewhere
    assert not opens(sealed, **moved, salt=SALT)  # type: ignore[arg-type] # the dictionary holds each argument's own type


@pytest.mark.parametrize("salt", [b"", SALT[:-1], SALT + b"\0", b"\0" * 64], ids=["none", "short", "padded", "block"])
def test_salt_of_another_length_opens_nothing(salt: bytes) -> None:
    # HMAC fills its key up with zeros: without the length, a salt that ends in zeros would have two forms.
    for known in (SALT, SALT[:-1] + b"\0", b"\0" * SALT_BYTES):
        sealed = seal(origin=ORIGIN, stream=STREAM, field="text", salt=known, value=VALUE)
        assert not opens(sealed, origin=ORIGIN, stream=STREAM, field="text", salt=salt, value=VALUE)


@given(salts)
def test_seal_has_one_text_form(digest: bytes) -> None:
    sealed = seal_text(digest)
    assert seal_bytes(sealed) == digest
    assert decoy(digest) == sealed


def test_decoy_looks_like_a_seal_and_opens_with_nothing() -> None:
    looks_like_one = decoy(SALT)
    assert len(looks_like_one) == len(seal(origin=ORIGIN, stream=STREAM, field="link", salt=SALT, value=b""))
    assert not opens(looks_like_one, origin=ORIGIN, stream=STREAM, field="link", salt=SALT, value=b"")
