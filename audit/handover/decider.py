"""How an adopted model decides: what its card says of it, and what thresholds.json holds."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from audit.handover.groups import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.attempt import Attempt
    from audit.binned import Counted
    from audit.cells import Attribute
    from audit.mitigation.rule import GroupRule

_AT_LEAST: Final = "A score at or above the threshold is a positive decision."
_SHARES: Final = (
    "One of the models is drawn for each person, as often as its share says, and decides at one half. The score is the "
    "share of those that decide positively: the chance of a positive decision."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decider:
    """How scores become decisions.

    Parameters
    ----------
    features : tuple of str
        The columns that the model looks at.
    threshold : float or None
        The threshold of everybody; None where it depends on the group or a model is drawn.
    rule : GroupRule or None
        The thresholds of the groups.
    grouped : tuple of Attribute
        The columns that make the groups, where the group of a person has to be known.
    changed : bool
        Whether features are changed by the group before the model sees them.
    shares : tuple of float
        Where one of several models is drawn for each person, how often each.
    counted : bool
        Whether thresholds were set and measured on counts by score.
    """

    features: tuple[str, ...]
    threshold: float | None
    rule: GroupRule | None = None
    grouped: tuple[Attribute, ...] = ()
    changed: bool = False
    shares: tuple[float, ...] = ()
    counted: bool = False

    @property
    def drawn(self) -> bool:
        """Whether some decisions are drawn at random."""
        return bool(self.shares) or (self.rule is not None and self.rule.drawn)

    def thresholds(self) -> bytes:
        """Write thresholds.json.

        Returns
        -------
        bytes
            JSON: the one threshold, those of the groups, or the shares of the models, and where numbers are cut into
            groups.
        """
        cuts = {
            each.column: [float(cut) for cut in each.cuts] for each in self.grouped if each.cuts is not None
        }
        content: dict[str, Any] = {
            "format": 1,
            "meaning": _SHARES if self.shares else _AT_LEAST,
            "columns": [each.column for each in self.grouped],
            **({"cuts": cuts} if cuts else {}),
            "threshold": _written(self.threshold),
            "rule": None if self.rule is None else self.rule.to_dict(),
            **({"shares": list(self.shares)} if self.shares else {}),
        }
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def of_run(first: Attempt, params: Mapping[str, Any]) -> Decider:
    """Say how the model of a run decides.

    Parameters
    ----------
    first : Attempt
        The run.
    params : mapping
        The settings of the mitigation, which say whose groups it works on.

    Returns
    -------
    Decider
        How.
    """
    repaired = first.repaired
    fitted, rule = repaired.fitted, repaired.rule
    shares = tuple(share for share, _ in fitted.members) if fitted is not None and fitted.drawn else ()
    by_group = rule is not None and bool(rule.groups)
    changed = bool(getattr(repaired.transform, "groups", ()))
    columns = columns_of(first.bench, params) if by_group or changed else ()
    threshold = first.before.threshold if rule is None else rule.otherwise
    return Decider(
        features=fitted.features if fitted is not None else (),
        threshold=None if by_group or shares else threshold,
        rule=rule if by_group else None,
        grouped=tuple(a for a in first.bench.attributes if a.column in columns),
        changed=changed,
        shares=shares,
    )


def of_counts(counted: Counted, score: str | None) -> Decider:
    """Say how thresholds that were set on counts decide.

    Parameters
    ----------
    counted : Counted
        The thresholds.
    score : str or None
        The column of scores.

    Returns
    -------
    Decider
        How.
    """
    return Decider(
        features=(score,) if score else (),
        threshold=None,
        rule=counted.rule,
        grouped=counted.attributes,
        counted=True,
    )


def _written(threshold: float | None) -> float | str | None:
    return threshold if threshold is None or math.isfinite(threshold) else str(threshold)
