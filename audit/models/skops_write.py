"""Writes a scikit-learn estimator as a skops file whose bytes follow from the estimator alone."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, Final

from audit.errors import ModelError, listing
from audit.models.trusted import TRUSTED_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The only time in an archive, so that the same content gives the same bytes."""

_SCHEMA: Final = "schema.json"


def to_skops(estimator: Any) -> bytes:
    """Write an estimator as a skops file.

    Parameters
    ----------
    estimator : scikit-learn estimator
        What to write.

    Returns
    -------
    bytes
        A zip archive without code; the same estimator gives the same bytes.

    Raises
    ------
    ModelError
        With code "model_not_portable" where it holds types that are not on the trusted list.
    """
    import skops.io

    raw = skops.io.dumps(estimator)
    refused = [name for name in skops.io.get_untrusted_types(data=raw) if name not in TRUSTED_TYPES]
    if refused:
        raise ModelError(
            "The model cannot be handed over as a file.",
            why=f"It holds types that are not on the trusted list: {listing(refused)}.",
            fix="Adopt another repair, or run this one where the data are.",
            code="model_not_portable",
        )
    return _settled(raw)


def _settled(raw: bytes) -> bytes:
    """Number what skops names by addresses in memory, and leave out the time of day."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        files: dict[str, str] = {}
        numbers: dict[int, int] = {}
        for count, node in enumerate(_nodes(schema)):
            # Plain values may or may not be one object: that is nobody's business.
            plain = node.get("__loader__") in {"JsonNode", "TypeNode"}
            if "__id__" in node:
                node["__id__"] = count if plain else numbers.setdefault(node["__id__"], count)
            if isinstance(node.get("file"), str):
                name = node["file"]
                ending = name.rsplit(".", 1)[-1]
                node["file"] = files.setdefault(name, f"{len(files) + 1}.{ending}")
        contents = {new: archive.read(old) for old, new in files.items()}
    contents[_SCHEMA] = json.dumps(schema).encode()
    return zipped(contents)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Visit every object of a schema in the order of the file."""
    if isinstance(schema, dict):
        yield schema
        for value in list(schema.values()):
            yield from _nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _nodes(value)


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files so that the same content gives the same bytes.

    Parameters
    ----------
    files : dict of str to bytes
        Names and contents.

    Returns
    -------
    bytes
        A ZIP file.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()
