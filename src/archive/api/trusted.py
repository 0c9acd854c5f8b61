"""Trusted documents: read by an administrator before anybody asks for them, asked for by their hash, and allowed more.

    texts = read_folder(folder)              the *.graphql files below it, by the id of each
    trusted = TrustedDocuments(texts)
    trusted.get("sha256:…")                  the document; kept for good

The id of a document is `sha256:` and the SHA-256 of the file's bytes, hexadecimal, as `sha256sum` prints it (GraphQL over
HTTP, appendix A, persisted documents).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from archive.api.documents import TRUSTED, Invalid, read_document
from archive.api.schema import SCHEMA
from archive.domain.errors import Phrase, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archive.api.documents import Document

PREFIX: Final = "sha256:"
# Each takes about two hundred times the room of its text once it has been asked for.
MAX_DOCUMENTS: Final = 1_000
MAX_BYTES: Final = 64 * 1024
# Of what somebody sent as an id.
_SHOWN: Final = 80


class TrustedDocuments:
    """The documents with these texts, by id; each is read when it is asked for first."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, Document] = {}

    def get(self, document_id: str) -> Document:
        """The document. `Refused` API-027 where no such document is registered."""
        found = self._read.get(document_id)
        if found is None:
            text = self._texts.get(document_id)
            if text is None:
                raise Refused("API-027", id=document_id[:_SHOWN])
            found = self._read[document_id] = read_document(text, SCHEMA, TRUSTED)
        return found


def read_folder(folder: Path) -> dict[str, str]:
    """The texts of all files `*.graphql` in a folder and below it, by id.

    `Refused` API-028 for one that cannot be run: each is read here as it will be when it is asked for.
    """
    if not folder.is_dir():
        raise Refused("API-028", path=folder, reason=Phrase("没有这个文件夹", "there is no such folder"))
    texts: dict[str, str] = {}
    for path in sorted(folder.rglob("*.graphql")):
        if len(texts) == MAX_DOCUMENTS:
            raise Refused(
                "API-028", path=path, reason=Phrase(f"超过 {MAX_DOCUMENTS} 个", f"above {MAX_DOCUMENTS} of them")
            )
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            text = content.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            raise Refused(
                "API-028", path=path, reason=Phrase("不能读作 UTF-8 文本", "it is no text in UTF-8")
            ) from None
        if len(content) > MAX_BYTES:
            raise Refused("API-028", path=path, reason=Phrase(f"超过 {MAX_BYTES} 字节", f"above {MAX_BYTES} bytes"))
        _must_run(path, text)
        texts[PREFIX + sha256(content).hexdigest()] = text
    return texts


def _must_run(path: Path, text: str) -> None:
    try:
        read_document(text, SCHEMA, TRUSTED)
    except Invalid as invalid:
        reason: object = invalid.errors[0].message
    except Refused as refused:
        reason = Phrase(refused.sentence("zh"), refused.sentence("en"))
    else:
        return
    raise Refused("API-028", path=path, reason=reason)
