import pytest

from archive.merkle.tree import leaf_hash

# testdata of Certificate Transparency's own Merkle tree tests: inputs and their leaf hashes.
LEAVES = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
]


@pytest.mark.parametrize("entry, hashed", LEAVES)
def test_leaf_hash_is_that_of_rfc_6962(entry: str, hashed: str) -> None:
    assert leaf_hash(bytes.fromhex(entry)).hex() == hashed
