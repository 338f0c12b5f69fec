"""How like real rows made ones are: titles of the measures, what to hold each against, and what it says in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count, percent, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.rows.likeness import LikenessRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessText:
    """One measure of made rows in words.

    Parameters
    ----------
    title : str
        Its name for a reader.
    beside : str
        Id of the measure of real rows that it is held against; empty where a number is the yardstick.
    yardstick : str
        What a generator that makes rows like real ones would have.
    reading : str
        How to read it, in one sentence.
    """

    title: str
    reading: str
    beside: str = ""
    yardstick: str = ""


LIKENESS_TEXTS: Final[Mapping[str, LikenessText]] = {
    "marginals": LikenessText(
        title="Columns one by one",
        beside="real_marginals",
        reading="1 where every column has the same distribution as among the real rows.",
    ),
    "pair_trends": LikenessText(
        title="Links between two columns",
        beside="real_pair_trends",
        reading="1 where every two columns go together as they do among the real rows; chance leaves a little less.",
    ),
    "independent_pair_trends": LikenessText(
        title="The same, were every column drawn by itself",
        reading="What a generator that learned no link at all would reach.",
    ),
    "detection_boosting": LikenessText(
        title="Told from real rows by gradient boosting",
        yardstick="0.5",
        reading="0.5 where a strong classifier can only guess which rows are made; 1 where it always knows.",
    ),
    "detection_linear": LikenessText(
        title="Told from real rows by logistic regression",
        yardstick="0.5",
        reading="The same by a weak classifier, which sees single columns only; alone it would flatter the made rows.",
    ),
    "tstr": LikenessText(
        title="Model trained on made rows, tried on real ones",
        beside="trtr",
        reading="Area under the ROC curve; as good as a model trained on real rows where the made ones hold as much.",
    ),
    "membership_auc": LikenessText(
        title="Guessing who was learned from",
        yardstick="0.5",
        reading="0.5 where the made rows do not give away whose data were used.",
    ),
    "closer_to_learned": LikenessText(
        title="Closer to a person learned from than to others",
        yardstick="0.5",
        reading="0.5 where made rows are no closer to people learned from than to other real people.",
    ),
    "distance": LikenessText(
        title="Distance to the closest person learned from",
        beside="real_distance",
        reading="Smaller than that of real people where the made rows are copied rather than learned.",
    ),
    "copies": LikenessText(
        title="Exact copies of people learned from",
        beside="real_copies",
        reading="Real people repeat each other too; the share among made rows should not be much above that.",
    ),
    "outside": LikenessText(
        title="Rows with a value that was never observed",
        yardstick="0",
        reading="0 where every number lies in the observed range and every level was observed.",
    ),
    "impossible_pairs": LikenessText(
        title="Rows with two values that never go together",
        beside="real_impossible_pairs",
        reading="Counts pairs of common values of which no real row has both, such as a husband who never married.",
    ),
    "epochs_done": LikenessText(
        title="Passes over the training rows", reading="How long the networks were trained."
    ),
    "epsilon": LikenessText(
        title="Epsilon: what made rows tell about one person at most",
        reading="The odds of any two guesses about a person change by this power of e at most; smaller hides better.",
        yardstick="chosen; 1 hides well, above 10 hardly",
    ),
    "delta": LikenessText(
        title="Delta: the chance that epsilon does not hold",
        reading="Far below one person's share of the rows.",
        yardstick="at most a tenth of one person's share",
    ),
}
"""Every measure that is shown, in order."""

RIVALS: Final[Mapping[str, str]] = {
    "before": "Training rows as they are",
    "made": "With the rows made here",
    "copies": "With as many copies of real rows",
    "weights": "With weights instead of rows",
}
"""Ways to treat the training rows that made rows are held against."""

_AS_SET: Final = frozenset({"epsilon", "delta"})
_SHARES: Final = frozenset({"copies", "outside", "impossible_pairs"})


def likeness_value(id_: str, value: float) -> str:
    """Write a measure of made rows.

    Parameters
    ----------
    id_ : str
        Which measure.
    value : float
        Its value.

    Returns
    -------
    str
        Shares as percentages, counts as whole numbers, everything else with two places.
    """
    if id_ == "epochs_done":
        return count(value)
    if id_ in _AS_SET:
        return f"{value:g}"
    return percent(value) if id_.removeprefix("real_") in _SHARES else ratio(value)


def likeness_verdict(quality: Mapping[str, float], record: LikenessRecord | None) -> tuple[str, ...]:
    """Say in plain words how far the made rows can be trusted.

    Parameters
    ----------
    quality : mapping of str to float
        The measures.
    record : LikenessRecord or None
        The tables; says where the rows compared with come from.

    Returns
    -------
    tuple of str
        One sentence each on likeness, on what can be learned, on privacy and on the cell that is worst; those that can
        be said.
    """
    said = []
    told = quality.get("detection_boosting")
    if told is not None:
        said.append(
            f"A strong classifier tells {_strength(told)} made rows from real ones ({ratio(told)}; 0.5 is a guess)."
        )
    if "tstr" in quality and "trtr" in quality:
        said.append(
            f"A model trained on made rows alone reaches {ratio(quality['tstr'])} on real people, one trained on real rows "
            f"{ratio(quality['trtr'])}."
        )
    if "membership_auc" in quality:
        more = "give away" if quality["membership_auc"] > 0.55 else "hardly give away"
        said.append(
            f"The made rows {more} who was learned from ({ratio(quality['membership_auc'])}; 0.5 is a guess)."
        )
    if record is not None:
        known = [row for row in record.cells if row.detection is not None]
        if known:
            worst = max(known, key=lambda row: row.detection or 0.0)
            from audit.wording.cleaning import escape_plain

            name = escape_plain(" × ".join(worst.group), 60)
            said.append(
                f"They are told most easily for {name} with the {'positive' if worst.label else 'other'} label "
                f"({ratio(worst.detection or 0.0)})."
            )
    return tuple(said)


def _strength(auc: float) -> str:
    return "hardly any" if auc < 0.55 else "some" if auc < 0.7 else "many" if auc < 0.9 else "nearly all"
