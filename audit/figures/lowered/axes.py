"""Axes: from values to places on paper, and the ticks that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from audit.figures.lowered.reading import Unsupported, number, pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ROOM: Final = 0.05
"""Room at the ends of an axis whose range is not given, as a share of its range."""

_MARKER_ROOM: Final = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis of a figure.

    Parameters
    ----------
    name : str
        "x", "x2", "y" and so on.
    kind : {"linear", "log", "category"}
        How values become places.
    settings : mapping
        The figure's settings.
    low, high : float
        Its ends, in its own units: numbers, powers of ten or places of categories; low may be the larger one.
    categories : tuple of str
        Its categories.
    start, end : float
        Its ends on paper, in points.
    """

    name: str
    kind: Literal["linear", "log", "category"]
    settings: Mapping[str, Any]
    low: float
    high: float
    categories: tuple[str, ...] = ()
    start: float = 0.0
    end: float = 1.0
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def letter(self) -> str:
        """Whether it runs across ("x") or up ("y")."""
        return self.name[0]

    @property
    def visible(self) -> bool:
        """Whether anything of it is drawn."""
        return bool(self.settings.get("visible", True))

    @property
    def labelled(self) -> bool:
        """Whether its ticks have labels."""
        return self.settings.get("showticklabels", True) is not False

    @property
    def gridded(self) -> bool:
        """Whether lines run from its ticks through the plot."""
        return bool(self.settings.get("showgrid", True))

    def unit(self, value: Any) -> float | None:
        """Give a value in the axis's own units.

        Parameters
        ----------
        value : object
            A number or a category.

        Returns
        -------
        float or None
            None where there is nothing to place.
        """
        if self.kind == "category":
            if isinstance(value, str) or (value is not None and str(value) in self.places):
                return None if str(value) not in self.places else float(self.places[str(value)])
            return number(value)
        found = number(value)
        if self.kind == "log":
            return math.log10(found) if found and found > 0 else None
        return found

    def at(self, value: Any) -> float | None:
        """Give the place of a value on paper.

        Parameters
        ----------
        value : object
            A number or a category.

        Returns
        -------
        float or None
            Points from the left or the top; None where there is nothing to place.
        """
        found = self.unit(value)
        return None if found is None else self.place(found)

    def place(self, unit: float) -> float:
        """Give the place of a number in the axis's own units.

        Parameters
        ----------
        unit : float
            The number.

        Returns
        -------
        float
            Points from the left or the top.
        """
        return self.start + (unit - self.low) / (self.high - self.low) * (self.end - self.start)

    def holds(self, place: float) -> bool:
        """Say whether a place on paper lies on the axis.

        Parameters
        ----------
        place : float
            Points from the left or the top.

        Returns
        -------
        bool
            True between its ends, and within a hundredth of a point of them.
        """
        return min(self.start, self.end) - 0.01 <= place <= max(self.start, self.end) + 0.01

    def ticks(self) -> list[tuple[float, str]]:
        """Give the places of the ticks with their labels.

        Returns
        -------
        list of (float, str)
            Points, and labels as the figure writes them.

        Raises
        ------
        Unsupported
            Where a visible axis of numbers does not say where its ticks are.
        """
        if not self.visible or not (self.labelled or self.gridded):
            return []
        values = self.settings.get("tickvals")
        texts = self.settings.get("ticktext")
        if values is None and self.kind == "category":
            values = list(range(len(self.categories)))
            texts = list(self.categories)
        if values is None:
            values, texts = self._spaced(), None
        if texts is None:
            texts = [self._written(value) for value in values]
        found = [(self.at(value), str(text)) for value, text in zip(values, texts, strict=False)]
        return [(place, text) for place, text in found if place is not None and self.holds(place)]

    def _spaced(self) -> list[float]:
        step = number(self.settings.get("dtick"))
        if not step or self.kind != "linear":
            raise Unsupported(
                f"The axis '{self.name}' of a figure does not say where its ticks are.",
                fix="Give the axis tickvals.",
            )
        first = number(self.settings.get("tick0")) or 0.0
        low, high = sorted((self.low, self.high))
        k = math.ceil((low - first) / step - 1e-9)
        found = []
        while first + k * step <= high + 1e-9 * step:
            found.append(first + k * step)
            k += 1
        return found

    def _written(self, value: Any) -> str:
        """Write a number as the axis's format says."""
        if isinstance(value, str):
            return value
        pattern = str(self.settings.get("tickformat") or "")
        trimmed = "~" in pattern
        pattern = pattern.replace("~", "")
        text = format(value, pattern) if pattern else f"{value:g}"
        if trimmed and "." in text:
            head, _, tail = text.partition(".")
            digits = tail.rstrip("0123456789")
            kept = tail[: len(tail) - len(digits)].rstrip("0")
            text = head + ("." + kept if kept else "") + digits
        text = text.replace("-", "−")
        return f"{self.settings.get('tickprefix') or ''}{text}{self.settings.get('ticksuffix') or ''}"


def build(
    name: str, settings: Mapping[str, Any], values: list[Any], *, zero: bool, marks: bool, tiles: bool = False
) -> Axis:
    """Make an axis from its settings and everything that is to lie on it.

    Parameters
    ----------
    name : str
        "x", "x2", "y" and so on.
    settings : mapping
        The figure's settings.
    values : list
        Everything that is to lie on it.
    zero : bool
        Whether bars start from it, so that it must hold zero.
    marks : bool
        Whether marks at its ends need room.
    tiles : bool, default False
        Whether tiles fill it to its ends.

    Returns
    -------
    Axis
        The axis, not yet placed on paper.

    Raises
    ------
    Unsupported
        Where it is of a kind that is not drawn.
    """
    kind = _kind(name, settings, values)
    categories = _categories(settings, values) if kind == "category" else ()
    if kind == "category":
        low, high = -0.5, max(len(categories), 1) - 0.5
    else:
        found = [value for value in map(number, values) if value is not None]
        if kind == "log":
            found = [math.log10(value) for value in found if value > 0]
        low, high = _ends(settings, found, zero=zero, marks=marks, tiles=tiles, log=kind == "log")
    given = settings.get("range")
    if given and None not in given:
        low, high = (float(end) for end in given)
    if settings.get("autorange") == "reversed":
        low, high = max(low, high), min(low, high)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return Axis(
        name=name,
        kind=kind,
        settings=settings,
        low=low,
        high=high,
        categories=categories,
        places={text: k for k, text in enumerate(categories)},
    )


def _kind(
    name: str, settings: Mapping[str, Any], values: Iterable[Any]
) -> Literal["linear", "log", "category"]:
    given = settings.get("type") or "-"
    if given == "category" or (given == "-" and any(isinstance(value, str) for value in values)):
        return "category"
    if given == "log":
        return "log"
    if given in {"linear", "-"}:
        return "linear"
    raise Unsupported(f"The axis '{name}' of a figure is of kind '{given}'.")


def _categories(settings: Mapping[str, Any], values: Iterable[Any]) -> tuple[str, ...]:
    ordered = [str(v) for v in settings.get("categoryarray") or ()]
    return tuple(dict.fromkeys([*ordered, *(str(v) for v in values if v is not None)]))


def _ends(
    settings: Mapping[str, Any], numbers: list[float], *, zero: bool, marks: bool, tiles: bool, log: bool
) -> tuple[float, float]:
    ticks = [found for found in (number(v) for v in pick(settings, "tickvals", [])) if found is not None]
    if not numbers:
        numbers = [math.log10(t) for t in ticks if t > 0] if log else ticks
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if tiles:
        step = (high - low) / max(len(set(numbers)) - 1, 1) if high > low else 1.0
        return low - step / 2, high + step / 2
    if (zero or settings.get("rangemode") == "tozero") and not log:
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * (_MARKER_ROOM if marks else _ROOM) or 0.5
    keep_low = (zero or settings.get("rangemode") in {"tozero", "nonnegative"}) and low >= 0
    return (low if keep_low and low == 0 else low - room), (high if zero and high == 0 else high + room)
