"""The fonts that reports and figures are set in: where their files are, what they cover and how wide a text runs.

The fonts come from packages with open licences, never from the machine, so that a report has the same bytes
everywhere. Chinese, Japanese and Korean need a large font; it is used where its package is installed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.errors import AuditError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_MEASURED_AT: Final = 1000
"""Size at which widths are measured: the fonts' own grid, so that no rounding comes in."""

_WEIGHT_AXIS_LOW: Final = 200


@dataclass(frozen=True, slots=True)
class FontSource:
    """A font family and the package that holds its files.

    Parameters
    ----------
    family : str
        The name by which a document asks for the font.
    package : str
        The import name of the package that holds its files.
    upright : str
        The file of its upright style, relative to the package.
    required : bool, default True
        Whether a report can be made without it.
    """

    family: str
    package: str
    upright: str
    required: bool = True

    def file(self) -> Path | None:
        """Find the upright style on this machine.

        Returns
        -------
        pathlib.Path or None
            The file; None where the package is not installed.
        """
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(next(iter(spec.submodule_search_locations))) / self.upright
        return path if path.is_file() else None


TEXT: Final = FontSource("Source Sans 3", "fontpkg_source_sans_3", "files/SourceSans3[wght].ttf")
CODE: Final = FontSource("Source Code Pro", "fontpkg_source_code_pro", "files/SourceCodePro[wght].ttf")
ARABIC: Final = FontSource("Amiri", "fontpkg_amiri", "files/Amiri-Regular.ttf")
CJK: Final = FontSource("Noto Sans CJK SC", "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc", required=False)

FALLBACKS: Final = (ARABIC, CJK)
"""Asked in this order for what the text font lacks."""


@cache
def available(source: FontSource) -> Path | None:
    """Find a font's file, and refuse to go on without one that every report needs.

    Parameters
    ----------
    source : FontSource
        The font.

    Returns
    -------
    pathlib.Path or None
        The file; None for an optional font that is not installed.

    Raises
    ------
    AuditError
        Where a required font is missing.
    """
    path = source.file()
    if path is None and source.required:
        raise AuditError(
            f"The font '{source.family}' is not installed.",
            why="Reports are set in fonts from packages, so that they look the same everywhere.",
            fix="Install the packages of requirements.txt again.",
            code="font_missing",
        )
    return path


def text_families() -> tuple[str, ...]:
    """Name the fonts for running text, in the order in which they are asked for a letter.

    Returns
    -------
    tuple of str
        Font families.
    """
    return tuple(source.family for source in (TEXT, *FALLBACKS) if available(source))


def code_families() -> tuple[str, ...]:
    """Name the fonts for fingerprints and settings, in the order in which they are asked for a letter.

    Returns
    -------
    tuple of str
        Font families.
    """
    return (CODE.family, *text_families())


def folders() -> tuple[Path, ...]:
    """Give the folders that hold the fonts' files.

    Returns
    -------
    tuple of pathlib.Path
        Each folder once.
    """
    found = [available(source) for source in (TEXT, CODE, *FALLBACKS)]
    return tuple(dict.fromkeys(path.parent for path in found if path))


@cache
def coverages() -> tuple[frozenset[int], ...]:
    """Say which characters each font for running text can draw.

    Returns
    -------
    tuple of frozenset of int
        Code points, one set for each of :func:`text_families`.
    """
    found = [available(source) for source in (TEXT, *FALLBACKS)]
    return tuple(_character_map(path.read_bytes()) for path in found if path)


def width(text: str, size: float, *, weight: int = 400) -> float:
    """Measure how wide a text runs on paper.

    Parameters
    ----------
    text : str
        One line of text.
    size : float
        Font size in points.
    weight : int, default 400
        400 for regular, 600 for semi-bold.

    Returns
    -------
    float
        Width in points.
    """
    return sum(_advance(character, weight) for character in text) * size / _MEASURED_AT


@cache
def _advance(character: str, weight: int) -> float:
    """Measure one character in the first font that has it."""
    for source, covered in zip(_measured_sources(), coverages(), strict=True):
        if ord(character) in covered:
            return float(_face(source, weight).getlength(character))
    return float(_MEASURED_AT)


@cache
def _measured_sources() -> tuple[FontSource, ...]:
    return tuple(source for source in (TEXT, *FALLBACKS) if available(source))


@cache
def _face(source: FontSource, weight: int) -> FreeTypeFont:
    from PIL import ImageFont

    face = ImageFont.truetype(str(available(source)), _MEASURED_AT, layout_engine=ImageFont.Layout.BASIC)
    if source is TEXT:
        face.set_variation_by_axes([max(weight, _WEIGHT_AXIS_LOW)])
    return face


def _character_map(raw: bytes) -> frozenset[int]:
    """Read which code points a font file maps to a glyph (formats 4 and 12, which all our fonts use)."""
    start = struct.unpack_from(">I", raw, 12)[0] if raw[:4] == b"ttcf" else 0
    n_tables = struct.unpack_from(">H", raw, start + 4)[0]
    covered: set[int] = set()
    for at in range(start + 12, start + 12 + 16 * n_tables, 16):
        if raw[at : at + 4] == b"cmap":
            table = struct.unpack_from(">I", raw, at + 8)[0]
            for record in range(struct.unpack_from(">H", raw, table + 2)[0]):
                offset = table + struct.unpack_from(">I", raw, table + 8 + 8 * record)[0]
                covered |= _subtable(raw, offset)
    return frozenset(covered)


def _subtable(raw: bytes, at: int) -> set[int]:
    kind = struct.unpack_from(">H", raw, at)[0]
    if kind == 4:
        return _segments(raw, at)
    if kind == 12:
        covered: set[int] = set()
        for group in range(struct.unpack_from(">I", raw, at + 12)[0]):
            first, last, glyph = struct.unpack_from(">III", raw, at + 16 + 12 * group)
            covered.update(range(first + (glyph == 0), last + 1))
        return covered
    return set()


def _segments(raw: bytes, at: int) -> set[int]:
    """Read a table of segments, leaving out the code points that point at the empty glyph."""
    n = struct.unpack_from(">H", raw, at + 6)[0] // 2
    ends = struct.unpack_from(f">{n}H", raw, at + 14)
    starts = struct.unpack_from(f">{n}H", raw, at + 16 + 2 * n)
    deltas = struct.unpack_from(f">{n}H", raw, at + 16 + 4 * n)
    ranges_at = at + 16 + 6 * n
    ranges = struct.unpack_from(f">{n}H", raw, ranges_at)
    covered: set[int] = set()
    for k, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = (code + deltas[k]) & 0xFFFF
            if ranges[k]:
                where = ranges_at + 2 * k + ranges[k] + 2 * (code - first)
                glyph = struct.unpack_from(">H", raw, where)[0]
            if glyph:
                covered.add(code)
    return covered
