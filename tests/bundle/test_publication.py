"""A receipt of a publication is checked with the standard library and a verifier of proof files; nobody is asked."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing

import pytest

from archive import erasure
from archive.bundle.publication import Publication, publication
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.erasures import Erase
from archive.domain.errors import Refused
from archive.log.log import Log
from archive.merkle.note import VerifierKey
from archive.merkle.proof_file import check_proof_file
from archive.merkle.refusal import Unsound
from archive.projections.runner import Projections, Reader
from archive.vault.store import Vault
from stories import ORIGIN, Home, a_published_item, item_id, tell
from web.office import Office, an_office

ITEM = item_id(9)


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    with an_office(home, log, disclosures, writer) as office:
        tell(office.writer, a_published_item(office.clerk, ITEM))
        yield office


def proven(office: Office, disclosures: Disclosures, item: str = ITEM) -> Publication:
    stored = office.publish()
    with closing(Reader(office.home.folder / "projections")) as reader, reader.reading() as reading:
        return publication(office.log, disclosures, reading, stored, item)


def checked(receipt: Publication, key: VerifierKey) -> None:
    """As a stranger checks it: the proofs with a verifier of proof files, the seal with an HMAC. `Unsound`, or an assertion."""
    entries = {}
    for name, position in (("cleared", receipt.cleared), ("shown", receipt.shown)):
        raw = receipt.files[f"{name}.json"]
        proof, _ = check_proof_file(receipt.files[f"{name}.tlog-proof"], raw, origin=ORIGIN, keys=[key])
        assert proof.leaf == position - 1
        entries[name] = json.loads(raw)
    opening = json.loads(receipt.files["opening.json"])
    assert receipt.cleared < receipt.shown
    assert entries["shown"]["type"] in {"item-published", "item-updated", "item-corrected"}
    assert entries["cleared"]["stream"] == entries["shown"]["stream"] == opening["stream"]
    assert entries["cleared"]["data"]["conclusion"] == "cleared"
    assert entries["cleared"]["seals"]["text"] == entries["shown"]["seals"]["text"] == opening["seal"]
    value = opening["value"].encode()
    head = f"{opening['log']}\n{opening['stream']}\n{opening['field']}\n{len(value)}\n"
    message = b"opengov-archive/seal/v1\n" + head.encode() + value
    digest = hmac.digest(bytes.fromhex(opening["salt"]), message, "sha256")
    assert opening["seal"] == "s1:" + urlsafe_b64encode(digest).decode().rstrip("="), "seal"


def key_of(office: Office) -> VerifierKey:
    return VerifierKey.parse(office.checkpoints.key_periods()[0].vkey)


def test_receipt_proves_that_what_is_shown_was_cleared_before(office: Office, disclosures: Disclosures) -> None:
    checked(proven(office, disclosures), key_of(office))


def test_receipt_is_of_the_newest_text(office: Office, disclosures: Disclosures) -> None:
    first = proven(office, disclosures)
    clerk = office.clerk
    tell(
        office.writer,
        [
            clerk.revise(ITEM, title="二〇一八年新的示例标题"),
            *clerk.review(ITEM, on="2018-06-01"),
            clerk.update(ITEM, on="2018-06-04"),
        ],
    )
    newer = proven(office, disclosures)
    checked(newer, key_of(office))
    assert newer.shown > newer.cleared > first.shown
    assert "新的示例标题" in newer.files["opening.json"].decode()
    # The older receipt holds for ever: it is of what was shown then.
    checked(first, key_of(office))


@pytest.mark.parametrize(
    "name", ["shown.json", "cleared.json", "shown.tlog-proof", "cleared.tlog-proof", "opening.json"]
)
def test_flipped_bit_of_a_receipt_is_noticed(office: Office, disclosures: Disclosures, name: str) -> None:
    receipt = proven(office, disclosures)
    raw = bytearray(receipt.files[name])
    at = raw.index(b"value") + 10 if name == "opening.json" else len(raw) // 2
    raw[at] ^= 1
    changed = receipt._replace(files={**receipt.files, name: bytes(raw)})
    with pytest.raises((AssertionError, Unsound, ValueError)):
        checked(changed, key_of(office))


def test_what_is_not_public_has_no_receipt(
    office: Office, disclosures: Disclosures, log: Log, vault: Vault, home: Home
) -> None:
    def refused(item: str) -> str:
        with pytest.raises(Refused) as refusal:
            proven(office, disclosures, item)
        return refusal.value.code

    assert refused(item_id(77)) == "PRV-001"
    tell(office.writer, [office.clerk.draft(item_id(10), title="未公开的示例")])
    assert refused(item_id(10)) == "PRV-001"
    tell(office.writer, [office.clerk.withdraw(ITEM, on="2018-06-01", ground="state-secret")])
    assert refused(ITEM) == "PRV-002"
    tell(
        office.writer, [Erase(id="e" * 32, by="role:administrator", stream=item_id(1), field="text", basis="pipl-47-3")]
    )
    erasure.finish(log, disclosures, vault, Projections(home.folder / "projections", log, disclosures))
    assert refused(item_id(1)) == "PRV-002"
