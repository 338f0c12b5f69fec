"""The model card: what an adopted model is, what it did to whom, and what it rests on, as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from audit import wording
from audit.mitigation.catalogue import catalogue
from audit.names import CRITERIA
from audit.release import VERSION
from audit.wording.measured import measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audit.handover.decider import Decider
    from audit.result import Audit
    from audit.rows import ComparisonRow
    from audit.trial import Trial

_MARKS: Final = re.compile(r"([\\`*_\[\]<>|~&#])")
_RATES: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")


def card(
    audit: Audit, trial: Trial, decider: Decider, *, files: tuple[str, ...], left: tuple[str, ...]
) -> str:
    """Write the card.

    Parameters
    ----------
    audit : Audit
        The audit with this trial alone, after disclosure control.
    trial : Trial
        The mitigation.
    decider : Decider
        How the adopted model decides.
    files : tuple of str
        The files beside it.
    left : tuple of str
        What is not among them, and why.

    Returns
    -------
    str
        Markdown; names from the data are escaped.
    """
    record = trial.record
    parts = [
        f"# Model card: {_plain(record.title)}",
        f"Written by Evenhand {VERSION} from an audit of {_plain(audit.plan.dated)}.",
        *_what(audit, trial, decider),
        *_files(audit, files, left),
        *_measured(audit, trial, counted=decider.counted),
        *_said(record.mitigation),
        *_training(audit, trial),
        *_record(audit, trial, counted=decider.counted),
    ]
    return "\n\n".join(parts) + "\n"


def _plain(text: object) -> str:
    """Clean a name and keep it from being read as markup."""
    return _MARKS.sub(r"\\\1", wording.escape_plain(text, limit=2000))


def _code(text: object) -> str:
    return f"`{wording.escape_plain(text).replace('`', chr(0x2BC))}`"


def _what(audit: Audit, trial: Trial, decider: Decider) -> list[str]:
    roles, record = audit.plan.roles, trial.record
    good = "positive" if roles.favourable == "positive" else "negative"
    seen = [_code(name) for name in decider.features]
    named = "the audited model's own scores" if record.baseline == "as_it_is" else _kind(record.baseline)
    lines = [
        "## What it is",
        (
            f"A model for {_code(roles.label)} (positive: {_code(roles.positive)}; the {good} decision is the good one for "
            f"the person). It starts from {named} and was repaired with {_plain(record.title)}."
        ),
    ]
    if seen:
        lines.append(f"It looks at {len(seen)} column{'s' * (len(seen) > 1)}: {', '.join(seen)}.")
    settings = [
        f"- {_plain(setting_title(record.mitigation, name))}: {_code(value)}"
        for name, value in record.params.items()
    ]
    lines += ["Settings of the repair:", "\n".join(settings)]
    lines += _decides(decider)
    return lines


def _decides(decider: Decider) -> list[str]:
    """Say how scores become decisions, and whose group has to be known for that."""
    lines = []
    if decider.changed:
        lines.append(
            "The features are changed by the group of a person before the model sees them: the group of every person has to "
            "be known, and is used, at the decision."
        )
    if decider.shares:
        lines.append(
            f"{len(decider.shares)} models decide, one of which is drawn for each person; each says yes at a score of 0.5 "
            "or more."
        )
    elif decider.rule is None:
        lines.append(f"A score of {decider.threshold:g} or more is a positive decision, for everybody.")
    else:
        lines.append(
            "The threshold depends on the group: the group of every person has to be known, and is used, at the decision."
        )
    if decider.grouped:
        lines.append(f"Columns that make the groups: {', '.join(_code(a.column) for a in decider.grouped)}.")
    return lines


def _kind(baseline: str) -> str:
    kinds = {
        "logistic_regression": "a logistic regression",
        "gradient_boosting": "gradient boosting",
        "mlp": "a neural network",
    }
    return kinds.get(baseline, "a fresh copy of the uploaded model")


def setting_title(mitigation: str, name: str) -> str:
    """Name a setting of a mitigation as a reader sees it.

    Parameters
    ----------
    mitigation : str
        The mitigation.
    name : str
        The setting.

    Returns
    -------
    str
        Its title, or its id where it has none.
    """
    every = {"group_by": "Groups to work on", "seeds": "Times tried", "baseline": "Kind of model"}
    known = catalogue().get(mitigation.split("#", maxsplit=1)[0])
    titles = {param.id: param.title for param in known[0].params} if known else {}
    return titles.get(name) or every.get(name) or name


def _files(audit: Audit, files: tuple[str, ...], left: tuple[str, ...]) -> list[str]:
    told = {
        "model.skops": "the model as a scikit-learn pipeline over the raw columns; read it with skops",
        "model.onnx": "the model as an ONNX graph with one input for each column, in double precision",
        "thresholds.json": "where scores become decisions",
        "model-card.md": "this card",
        "plan.json": "the plan that audits model.skops again",
    }
    lines = ["## Files", "\n".join(f"- `{name}`: {told[name]}" for name in files)]
    lines += [_plain(sentence) for sentence in left]
    if "plan.json" in files:
        lines += [
            "To audit it again, with the data beside it:",
            "```console\npython -m audit run --plan adopted/plan.json --data DATA --out again\n```",
            (
                "It gives the numbers below where the data name their test rows in a split column."
                if audit.plan.roles.split
                else (
                    "The rows were split by the seed here, and an uploaded model is measured on all rows, those that it "
                    "was trained on among them. For the numbers below, name the test rows in a column of the data and "
                    "give it with --split."
                )
            ),
        ]
    return lines


def _measured(audit: Audit, trial: Trial, *, counted: bool) -> list[str]:
    lines = ["## Before, control and after"]
    if not audit.comparison:
        return [
            *lines,
            "Counts of small groups are withheld in this audit, and with them everything by group.",
        ]
    favourable = audit.plan.roles.favourable
    record = trial.record
    people = (
        f"Measured on {wording.count(record.n_test)} people, dealt by chance, on whom no threshold was set "
        f"({wording.count(record.n_train)} others set them)."
        if counted
        else f"Measured on {wording.count(record.n_test)} test rows that were not trained on "
        f"({wording.count(record.n_train)} training rows)."
    )
    lines.append(
        f"{people} Before is the model without the repair, after the one with it. Control is the model before with "
        "its threshold moved so that it selects as many people as the model after. Intervals of the change are paired and "
        f"hold with {wording.level(audit.plan.confidence)} confidence for other test rows; the range is the change over "
        "repeated runs on other draws of the rows."
    )
    for sensitive in audit.groupings:
        rows = [row for row in audit.comparison if row.sensitive == sensitive]
        gaps = [row for row in rows if row.comparison == "difference" and row.metric in CRITERIA]
        overall = [
            row for row in rows if row.metric == "accuracy" and row.comparison is None and row.group is None
        ]
        lines.append(f"### By {_plain(wording.column_title(sensitive))}")
        lines.append(
            _table(
                [*overall, *gaps], lambda row: _gap_title(wording.short_title(row.metric, favourable), row)
            )
        )
        down = [
            wording.levelling_down(
                gap, [r for r in rows if r.metric == rate and r.comparison is None], favourable
            )
            for gap in gaps
            if gap.metric in wording.LEVELLING
            for rate in wording.criterion_rates(gap.metric, favourable)[:1]
        ]
        lines += [_plain(sentence) for sentence in dict.fromkeys(filter(None, down))]
        for metric in _RATES if len(sensitive) == 1 else _RATES[:1]:
            groups = [
                row
                for row in rows
                if row.metric == metric and row.comparison is None and row.group is not None
            ]
            if groups:
                lines.append(f"{_plain(wording.metric_title(metric, favourable))}:")
                lines.append(_table(groups, lambda row: " × ".join(row.group or ())))
    return lines


def _gap_title(title: str, row: ComparisonRow) -> str:
    return f"{title}: the gap" if row.comparison == "difference" else title


def _table(rows: Iterable[ComparisonRow], named: Callable[[ComparisonRow], str]) -> str:
    head = "| | before | control | after | change | interval | range over seeds | n |"
    found = [head, "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        show = wording.points if row.comparison == "difference" else wording.percent
        value = {
            name: show(getattr(row, name)) if getattr(row, name) is not None else "–"
            for name in ("before", "control", "after")
        }
        change = wording.signed_points(row.change) if row.change is not None else "not estimable"
        sure = _between(row.low, row.high)
        seeds = f"{_between(row.least, row.most)} ({row.seeds + 1} runs)" if row.least is not None else "–"
        found.append(
            f"| {_plain(named(row))} | {value['before']} | {value['control']} | {value['after']} | {change} | {sure} | "
            f"{seeds} | {wording.count(row.n)} |"
        )
    return "\n".join(found)


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return f"{wording.signed_points(low)} to {wording.signed_points(high)}"


def _said(mitigation: str) -> list[str]:
    known = catalogue().get(mitigation.split("#", maxsplit=1)[0])
    if known is None:
        return []
    spec = known[0]
    lines = ["## What it rests on, and what to clear first", _plain(spec.summary)]
    lines += [f"**It assumes.** {_plain(spec.assumes)}", f"**Cost and caution.** {_plain(spec.caution)}"]
    lines.append(f"**How to read it.** {_plain(spec.reading)}")
    if spec.edits_labels:
        lines.append(
            "**It edits the recorded labels of the training rows.** The labels of the test rows are as recorded."
        )
    if spec.group_at_decision:
        lines.append("**It uses a person's group when it decides about that person.**")
    lines.append("\n".join(f"- {_plain(reference)}" for reference in spec.references))
    return lines


def _training(audit: Audit, trial: Trial) -> list[str]:
    record = trial.record
    if not audit.comparison or not (record.notes or record.measured):
        return []
    notes = [f"- {_plain(note)}" for note in record.notes]
    notes += [f"- {_plain(said)}" for said in measured(record.measured)]
    return ["## What happened in training", "\n".join(notes)]


def _record(audit: Audit, trial: Trial, *, counted: bool) -> list[str]:
    data = audit.data
    versions = ", ".join(f"{_plain(name)} {_plain(value)}" for name, value in sorted(audit.versions.items()))
    split = (
        f"two halves of the people, dealt by the seed {audit.plan.seed}"
        if counted
        else f"named by the column {_code(audit.plan.roles.split)}"
        if audit.plan.roles.split
        else f"drawn by the seed {audit.plan.seed}"
    )
    return [
        "## Limits",
        (
            "The numbers hold for people like those in the test rows, with labels as recorded there. They say nothing about "
            "other places or times, about groups that are not recorded, or about what the decisions do to people later. A "
            "gap within a tolerance is no finding of law. Measure again before use and while in use."
        ),
        "## Record",
        "\n".join(
            [
                f"- Data: {_code(data.name)}, {wording.count(data.read)} rows, SHA-256 `{data.fingerprint}`",
                f"- Groups: {', '.join(_code(name) for name in audit.plan.roles.sensitive)}",
                f"- Training, validation and test rows: {split}",
                f"- Seed: {audit.plan.seed}; runs on other draws: {len(trial.again)}",
                f"- Versions: {versions}",
            ]
        ),
    ]
