"""Writes the parts of docs/audit.schema.json that follow from the code: the tables of the basis and the chapters.

``python docs/make.py`` runs it.
"""

from __future__ import annotations

import json
import sys
import types
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from numpydoc.docscrape import NumpyDocString

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from audit.chapters.catalogue import chapters  # noqa: E402 - the project is not installed
from audit.rows import likeness  # noqa: E402
from audit.tables.basis import Basis  # noqa: E402

SCHEMA: Final = ROOT / "docs" / "audit.schema.json"
MARK: Final = "chapter"
"""What the names of generated definitions begin with."""

LIKENESS: Final = (
    likeness.LikenessRecord,
    likeness.CellLikeness,
    likeness.GroupLikeness,
    likeness.ColumnLikeness,
    likeness.RivalRow,
)
"""Parts of a trial's record whose definitions follow from the code."""

_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema(text: str) -> str:
    """Bring the generated parts of the schema up to date.

    Parameters
    ----------
    text : str
        The schema as it is.

    Returns
    -------
    str
        The schema with the tables and chapters of the code.
    """
    raw = json.loads(text)
    raw["properties"]["basis"] = _basis()
    made: dict[str, Any] = {}
    parts = {}
    for chapter in chapters().values():
        for kind in chapter.kinds:
            made[_name(kind)] = _row(kind)
        refs = [{"$ref": f"#/$defs/{_name(kind)}"} for kind in chapter.kinds]
        parts[chapter.id] = {
            "description": chapter.title.rstrip(".") + ".",
            "type": "array",
            "items": refs[0] if len(refs) == 1 else {"anyOf": refs},
        }
    raw["properties"]["chapters"] = {
        "description": "Further results, by chapter.",
        "type": "object",
        "additionalProperties": False,
        "required": list(parts),
        "properties": parts,
    }
    raw["required"] = list(raw["properties"])
    kept = {name: part for name, part in raw["$defs"].items() if not name.startswith(MARK)}
    kept.update({_camel(kind): _row(kind) for kind in LIKENESS})
    raw["$defs"] = {**kept, **dict(sorted(made.items()))}
    return json.dumps(raw, indent=2, ensure_ascii=False) + "\n"


def _camel(kind: type) -> str:
    return kind.__name__[:1].lower() + kind.__name__[1:]


def _name(kind: type) -> str:
    return MARK + kind.__name__


def _described(kind: type) -> dict[str, str]:
    """Give what the docstring says of each field, fields that share a line included."""
    doc = NumpyDocString(_dedent(kind.__doc__ or ""))
    said = {}
    for entry in doc["Parameters"]:
        for name in entry.name.split(","):
            said[name.strip()] = " ".join(" ".join(entry.desc).split())
    return said


def _dedent(text: str) -> str:
    import inspect

    return inspect.cleandoc(text)


def _basis() -> dict[str, Any]:
    said = _described(Basis)
    return {
        "description": "What was counted besides the cells; the chapters are computed from it.",
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in fields(Basis)],
        "properties": {
            field.name: {"description": said[field.name], "type": ["object", "null"]}
            for field in fields(Basis)
        },
    }


def _row(kind: type) -> dict[str, Any]:
    hints = _hints(kind)
    said = _described(kind)
    names = [field.name for field in fields(kind)]
    return {
        "description": (kind.__doc__ or "").strip().split("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "required": names,
        "properties": {name: {"description": said[name], **_type(hints[name])} for name in names},
    }


def _hints(kind: type) -> dict[str, Any]:
    from collections.abc import Mapping

    return get_type_hints(kind, localns={"Mapping": Mapping})


def _type(hint: Any) -> dict[str, Any]:
    """Describe a type as JSON Schema does."""
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if hint in LIKENESS:
        return {"$ref": f"#/$defs/{_camel(hint)}"}
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in {Union, types.UnionType}:
        kinds = [_type(part) for part in parts]
        if all(set(kind) == {"type"} and isinstance(kind["type"], str) for kind in kinds):
            return {"type": [kind["type"] for kind in kinds]}
        return {"anyOf": kinds}
    if origin is tuple:
        items = _type(parts[0]) if len(parts) == 2 and parts[1] is Ellipsis else {}
        return {"type": "array", **({"items": items} if items else {})}
    if (origin is not None and isinstance(origin, type) and issubclass(origin, dict)) or "Mapping" in str(
        hint
    ):
        return {"type": "object"}
    raise TypeError(f"no JSON type for {hint}")
