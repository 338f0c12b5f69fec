"""What a search over repairs found, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count, level, percent, points
from audit.wording.titles import column_title, short_title
from audit.wording.units import amount

if TYPE_CHECKING:
    from audit.plan import Outcome
    from audit.rows.studies import Standing, Study, StudyRow
    from audit.wanted import Tuning

UTILITY_TITLES: Final = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "auc": "Ranking (AUC)",
}
"""What a search can keep high, as a reader sees it."""

STATE_WORDS: Final = {
    "done": "Compared",
    "pruned": "Given up early",
    "collapsed": "Decides alike",
    "failed": "Not possible",
}
"""What became of a try."""

STUDY_METHOD: Final = (
    "The test rows are set aside first. Every try learns from training rows and is compared on the validation rows; "
    "thresholds are set on a fifth of the training rows, so that no repair is compared on rows that it was set on. "
    "Each repair is tried with its usual settings, then an optimiser (Optuna) proposes settings from what was seen so "
    "far. The tries that nothing else leaves behind are trained again on all training rows and measured on the test "
    "rows, once. Which of them is recommended is decided before that."
)


def best_so_far(utility: str, value: float, gap: float) -> str:
    """Say for a progress bar what was best so far.

    Parameters
    ----------
    utility : str
        Id of what is to be large.
    value, gap : float
        Its values on the validation rows.

    Returns
    -------
    str
        Such as "best so far: gap 4.1 points, accuracy 84.9 %".
    """
    return f"best so far: gap {points(gap)}, {_name(utility)} {amount(utility, value)}"


def study_answer(
    study: Study, tuning: Tuning, *, settings: str, favourable: Outcome = "positive", confidence: float = 0.95
) -> str:
    """Say what a search found.

    Parameters
    ----------
    study : Study
        What was found.
    tuning : Tuning
        What was asked.
    settings : str
        The recommended try in words: its method and settings.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    str
        How many were tried, which is recommended, and how it stands on the test rows.
    """
    tried = f"{count(len(study.rows))} setting{' was' if len(study.rows) == 1 else 's were'} tried"
    chosen = study.chosen
    if chosen is None:
        return f"{tried}, and {_nothing(study, tuning)}"
    start = f"{tried}. Recommended is try {chosen.number}: {settings}."
    if chosen.test is None:
        return f"{start} It could not be measured on the test rows."
    subject = f"the gap in {_name(study.criterion, favourable)} by {column_title(study.sensitive)}"
    return (
        f"{start} On the test rows {subject} is {_with_interval(chosen.test, confidence)}"
        f"{_was(chosen.before, 'gap', study.utility)}, and {_name(study.utility)} is "
        f"{amount(study.utility, chosen.test.utility)}{_was(chosen.before, 'utility', study.utility)}."
    )


def picked_sentence(row: StudyRow, *, confidence: float = 0.95) -> str:
    """Say what became of a try's gap where nothing had seen the rows.

    Parameters
    ----------
    row : StudyRow
        A try that was measured on the test rows.
    confidence : float, default 0.95
        Level of the interval.

    Returns
    -------
    str
        Its gap on the validation rows and on the test rows; empty where either is not known.
    """
    if row.validation is None or row.test is None or row.validation.gap is None or row.test.gap is None:
        return ""
    said = (
        f"On the validation rows, where it was picked, its gap was {points(row.validation.gap)}; on the test rows it is "
        f"{_with_interval(row.test, confidence)}."
    )
    shrunk = row.test.gap > row.validation.gap
    return f"{said} The best of many looks better where it is picked than it is." if shrunk else said


def worth_sentence(row: StudyRow) -> str:
    """Say plainly whether a smaller gap than before was shown on the test rows.

    Parameters
    ----------
    row : StudyRow
        A try that was measured on the test rows.

    Returns
    -------
    str
        A sentence; empty where it cannot be said.
    """
    one, before = row.test, row.before
    if one is None or before is None or None in (one.gap, one.gap_high, before.gap):
        return ""
    if (one.gap or 0.0) >= (before.gap or 0.0):
        return f"That is no smaller than the {points(before.gap)} of the model before: here the repair did not help."
    if (one.gap_high or 0.0) >= (before.gap or 0.0):
        return (
            f"The interval reaches to the {points(before.gap)} of the model before: try it on several splits to see "
            "whether the gap is smaller for sure."
        )
    return ""


def control_sentence(row: StudyRow, utility: str) -> str:
    """Say what the model before reaches by selecting as many people.

    Parameters
    ----------
    row : StudyRow
        A try that was measured on the test rows.
    utility : str
        Id of what is to be large.

    Returns
    -------
    str
        Gap and utility of the control; empty where there is none.
    """
    control = row.control
    if control is None or control.gap is None or control.utility is None:
        return ""
    return (
        f"The model before, with its threshold moved so that it selects as many people ({percent(control.selected)}), has "
        f"a gap of {points(control.gap)} and {_name(utility)} of {amount(utility, control.utility)}: what selecting as "
        "many would do by itself."
    )


def noise_sentence(study: Study) -> str:
    """Say how large a gap chance alone makes among the validation rows.

    Parameters
    ----------
    study : Study
        What was found.

    Returns
    -------
    str
        One or two sentences; empty where it is not known.
    """
    if study.chance is None:
        return ""
    said = (
        f"With {count(study.n_validation)} validation rows, chance alone would show a gap of {points(study.chance)}: "
        "where two tries differ by less than that, neither is better for sure."
    )
    picked, before = study.chosen.validation if study.chosen else None, study.before.gap
    if picked is None or picked.gap is None or before is None or not 0 <= before - picked.gap < study.chance:
        return said
    return f"{said} The recommended one is ahead of the model before by less than that."


def tally(study: Study) -> str:
    """Say what became of the tries.

    Parameters
    ----------
    study : Study
        What was found.

    Returns
    -------
    str
        How many were compared, given up early, the same for everybody, or impossible.
    """
    states = [row.state for row in study.rows]
    said = {
        "pruned": "given up after a part of the rows",
        "collapsed": "decided the same for nearly everybody",
        "failed": "not possible",
    }
    parts = [f"{count(states.count('done'))} compared"]
    parts += [f"{count(states.count(name))} {words}" for name, words in said.items() if name in states]
    text = f"Of {count(len(states))} tries: {', '.join(parts)}."
    if study.repeats:
        times = "once" if study.repeats == 1 else f"{count(study.repeats)} times"
        text += f" Settings that had been tried already came up {times} and were not tried again."
    return f"{text} There are no other settings to try." if study.exhausted else text


def limits(tuning: Tuning) -> str:
    """Say which limits a search keeps.

    Parameters
    ----------
    tuning : Tuning
        What was asked.

    Returns
    -------
    str
        A sentence, on what makes a try the recommended one.
    """
    loss = (
        f"at most {points(tuning.most_loss)} less {_name(tuning.utility)}"
        if tuning.most_loss is not None
        else ""
    )
    gap = f"a gap of at most {points(tuning.most_gap)}" if tuning.most_gap is not None else ""
    if loss and gap:
        return f"Wanted: {gap} and {loss}; among those the most {_name(tuning.utility)}."
    if gap:
        return f"Wanted: {gap}; among those the most {_name(tuning.utility)}."
    if loss:
        return f"Wanted: {loss} than the model before; among those the smallest gap."
    return f"No limit was set: a point of gap counts as much as a point of {_name(tuning.utility)}."


def _nothing(study: Study, tuning: Tuning) -> str:
    if any(row.within for row in study.rows):
        return "none was better on the validation rows than the model as it is."
    if tuning.most_gap is not None or tuning.most_loss is not None:
        return "none keeps the limits on the validation rows."
    return "none could be measured."


def _with_interval(one: Standing, confidence: float) -> str:
    if one.gap is None or one.gap_low is None or one.gap_high is None:
        return points(one.gap)
    ends = f"{points(one.gap_low).removesuffix(' points')} to {points(one.gap_high).removesuffix(' points')}"
    return f"{points(one.gap)} ({level(confidence)} interval {ends})"


def _was(before: Standing | None, what: str, utility: str) -> str:
    value = getattr(before, what) if before is not None else None
    if value is None:
        return ""
    return f", from {points(value) if what == 'gap' else amount(utility, value)}"


def _name(id_: str, favourable: Outcome = "positive") -> str:
    if id_ == "auc":
        return "AUC"
    said = UTILITY_TITLES.get(id_) or short_title(id_, favourable)
    return f"{said[:1].lower()}{said[1:]}"
