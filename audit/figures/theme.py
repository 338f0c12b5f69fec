"""The colours of figures and screens, light and dark, and how far they stand out.

One accent, neutral greys, eight group colours that colour-blind readers can tell apart, and three verdict colours.
The screens' own theme repeats them in Streamlit's configuration; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.rows import Verdict

Theme = Literal["light", "dark"]

FONT: Final = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, "Segoe UI", sans-serif'
"""The screens' own typeface, then what the reader's machine has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Every colour of one theme, as "#RRGGBB".

    Parameters
    ----------
    background, surface : str
        The page, and what lies on it.
    text, muted : str
        Text that is read first, and text that is read second; both at least 4.5 : 1 on page and surface.
    grid, line : str
        Hairlines behind the marks, and the lines of axes and frames.
    interval : str
        Intervals and other neutral marks, at least 3 : 1.
    band : str
        The area within a tolerance; it carries no text contrast of its own.
    accent : str
        The one colour that asks for attention; at least 4.5 : 1.
    accent_text : str
        Text on the accent.
    groups : tuple of str
        Group colours in their fixed order, each at least 3 : 1.
    verdict_marks, verdict_texts : mapping of verdict to str
        Marks (3 : 1) and words (4.5 : 1) of the verdicts.
    scale : tuple of str
        From a low to a high rate; every step at least 3 : 1 on page and surface.
    """

    background: str
    surface: str
    text: str
    muted: str
    grid: str
    line: str
    interval: str
    band: str
    accent: str
    accent_text: str
    groups: tuple[str, ...]
    verdict_marks: Mapping[Verdict, str]
    verdict_texts: Mapping[Verdict, str]
    scale: tuple[str, ...]


PALETTES: Final[Mapping[Theme, Palette]] = MappingProxyType(
    {
        "light": Palette(
            background="#FFFFFF",
            surface="#F5F6F8",
            text="#1B2027",
            muted="#57606B",
            grid="#E6E9ED",
            line="#B9C0C9",
            interval="#78838F",
            band="#E8EEF5",
            accent="#2559A0",
            accent_text="#FFFFFF",
            groups=(
                "#2B6CB0",
                "#D0561E",
                "#2F9678",
                "#B83280",
                "#4438B0",
                "#6B5210",
                "#7A2A5A",
                "#7F8C99",
            ),
            verdict_marks=MappingProxyType(
                {"within": "#1E8573", "beyond": "#C2451E", "cannot_tell": "#66717D"}
            ),
            verdict_texts=MappingProxyType(
                {"within": "#12695A", "beyond": "#A83812", "cannot_tell": "#57606B"}
            ),
            scale=("#6E8FB8", "#4E78AE", "#3361A0", "#234C88", "#173869", "#0E264B"),
        ),
        "dark": Palette(
            background="#14181D",
            surface="#1D232A",
            text="#E9ECF0",
            muted="#A6B0BB",
            grid="#2A323B",
            line="#4A545F",
            interval="#8B97A4",
            band="#222D3A",
            accent="#86B6F0",
            accent_text="#0F1720",
            groups=(
                "#6FA8E6",
                "#F0935C",
                "#45AF8B",
                "#C65FA3",
                "#8C6CF0",
                "#E8D873",
                "#A8692F",
                "#CFE6F5",
            ),
            verdict_marks=MappingProxyType(
                {"within": "#4FBFA6", "beyond": "#F08763", "cannot_tell": "#A6B0BB"}
            ),
            verdict_texts=MappingProxyType(
                {"within": "#6ACDB6", "beyond": "#F59A7A", "cannot_tell": "#B4BDC7"}
            ),
            scale=("#4F76A8", "#6490C4", "#7FA9DA", "#9DC0E8", "#BED6F2", "#E0EDFB"),
        ),
    }
)
"""The two themes. Paper uses the light one."""

VERDICT_MARKERS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {"within": "circle", "beyond": "triangle-up", "cannot_tell": "diamond-open"}
)
"""The shape of a verdict's mark: the same as the symbol beside its word."""


def palette(theme: Theme = "light") -> Palette:
    """Give the colours of a theme.

    Parameters
    ----------
    theme : {"light", "dark"}, default "light"
        The theme.

    Returns
    -------
    Palette
        Its colours.
    """
    return PALETTES[theme]


def group_colour(index: int, theme: Theme = "light") -> str:
    """Give the colour of a group by its place in the audit's order.

    Parameters
    ----------
    index : int
        Place of the group, from 0.
    theme : {"light", "dark"}, default "light"
        The theme.

    Returns
    -------
    str
        One of eight colours; from the ninth group on a neutral grey, since more colours could not be told apart and
        a repeated one would say that two groups are the same.
    """
    colours = PALETTES[theme].groups
    return colours[index] if 0 <= index < len(colours) else PALETTES[theme].interval


def scale_colour(share: float, theme: Theme = "light") -> str:
    """Give the colour of a value on the scale from low to high.

    Parameters
    ----------
    share : float
        From 0 (low) to 1 (high); what lies outside takes the nearest end.
    theme : {"light", "dark"}, default "light"
        The theme.

    Returns
    -------
    str
        A colour between two steps of the scale.
    """
    steps = PALETTES[theme].scale
    place = min(max(share, 0.0), 1.0) * (len(steps) - 1)
    below = min(int(place), len(steps) - 2)
    return mix(steps[below], steps[below + 1], place - below)


def mix(one: str, other: str, share: float) -> str:
    """Mix two colours.

    Parameters
    ----------
    one, other : str
        Colours as "#RRGGBB".
    share : float
        Part of the other colour, 0 to 1.

    Returns
    -------
    str
        The mixed colour.
    """
    channels = (round(a + (b - a) * share) for a, b in zip(_channels(one), _channels(other), strict=True))
    return "#" + "".join(f"{channel:02X}" for channel in channels)


def contrast(one: str, other: str) -> float:
    """Measure how far two colours stand apart, as WCAG 2 defines it.

    Parameters
    ----------
    one, other : str
        Colours as "#RRGGBB".

    Returns
    -------
    float
        The ratio, 1 (equal) to 21 (black on white).
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
