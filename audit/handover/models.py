"""Writes a repaired model in every format that can hold it, and says what cannot be written, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from audit.before import AS_IT_IS
from audit.errors import ModelError
from audit.handover.check import decided_otherwise
from audit.handover.groups import columns_of, with_change, with_draws, with_thresholds
from audit.mitigation.represent.change import Change
from audit.models.split import TEST
from audit.values import canonical
from audit.wording.numbers import count

if TYPE_CHECKING:
    from audit.attempt import Attempt
    from audit.handover.decider import Decider
    from audit.models.baseline import Fitted
    from audit.plan import Plan
    from audit.trial import Trial

MODEL: Final = "model.skops"
GRAPH: Final = "model.onnx"
THRESHOLDS: Final = "thresholds.json"

DRAWN: Final = (
    "Some decisions are drawn at random between two thresholds: thresholds.json says how often which threshold counts. "
    "A person whose decision was drawn may be decided about otherwise next time."
)
"""What whoever gets drawn thresholds without a model must know."""

_FROM_VALUES: Final = (
    f"In {MODEL} the draw follows from the values of the columns that it looks at and a seed: the same person gets the "
    "same decision every time, and so do two people who are alike in all of them."
)

_DRAWN_SCORES: Final = f"Some decisions are drawn at random between two thresholds. {_FROM_VALUES}"

_DRAWN_MODEL: Final = f"One of several models is drawn for each person. {_FROM_VALUES}"


def write_models(
    first: Attempt, decider: Decider, trial: Trial, plan: Plan
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Write the model of a run.

    Parameters
    ----------
    first : Attempt
        The run.
    decider : Decider
        How it decides.
    trial : Trial
        What was measured of it.
    plan : Plan
        The plan of the audit.

    Returns
    -------
    files : dict of str to bytes
        Contents by name: none where the model is the audited one, as it is.
    left : tuple of str
        What is not among them or does less than the repaired model, as sentences.

    Raises
    ------
    ModelError
        With code "model_not_portable" where nothing but a function decides.
    """
    from audit.models.skops_write import to_skops

    fitted, rule = first.repaired.fitted, first.repaired.rule
    if fitted is None:
        raise _refused(trial, "Its decisions do not come from one model of the raw columns.")
    if first.before.baseline == AS_IT_IS:
        where = "that was uploaded" if plan.model.kind != "column" else "that made the column of scores"
        kept = f"The model is the one {where}, as it is: only its thresholds are new."
        return {}, (kept, *((DRAWN,) if decider.drawn else ()))
    inner, told = _scoring(first, fitted, trial, plan)
    left = [*told, *([_DRAWN_MODEL] if decider.shares else [_DRAWN_SCORES] if decider.drawn else [])]
    whole = inner
    if decider.shares:
        whole = with_draws(inner, seed=plan.seed)
    elif rule is not None:
        columns = tuple(each.column for each in decider.grouped)
        whole = with_thresholds(inner, rule, first.bench, columns, fitted.features, seed=plan.seed)
    turned = canonical(plan.roles.positive) == "0"
    if turned:
        from audit.models.classes import turned_round

        whole = turned_round(whole)
    files = {MODEL: to_skops(whole)}
    otherwise = _otherwise(files[MODEL], first, decider, turned=turned)
    if otherwise:
        left.append(
            f"Read from the file, the model decides otherwise about {count(otherwise)} of the "
            f"{count(len(first.decisions['after']))} test rows: their scores lie within rounding of the threshold."
        )
    graph, why = _graph(first, fitted, decider, turned=turned)
    if graph is not None:
        files[GRAPH] = graph
    return files, (*left, *why)


def _scoring(first: Attempt, fitted: Fitted, trial: Trial, plan: Plan) -> tuple[Any, tuple[str, ...]]:
    """Build what scores raw rows, with what whoever gets it must know."""
    from audit.models.pipeline import as_pipeline

    bench, change = first.bench, first.repaired.transform
    if change is None:
        return as_pipeline(fitted, bench.frame), ()
    if not isinstance(change, Change):
        raise _refused(trial, "Its features are changed by a function, which no file may hold.")
    written = change.written(bench.frame, fitted.features)
    if written.tells_ranks and plan.grouping.small == "suppress":
        raise _refused(
            trial,
            "The file would hold ranks within every group, from which withheld counts can be worked out.",
        )
    columns = columns_of(bench, trial.record.params)
    return with_change(as_pipeline(fitted, written.seen), change, written.part, bench, columns), written.told


def _graph(
    first: Attempt, fitted: Fitted, decider: Decider, *, turned: bool
) -> tuple[bytes | None, tuple[str, ...]]:
    """Write the graph, or say why there is none."""
    from audit.models.onnx_write import to_onnx

    if first.repaired.transform is not None:
        return None, (
            f"There is no {GRAPH}. What is done to the features before is written for scikit-learn only.",
        )
    try:
        graph = to_onnx(fitted, first.bench.frame, turned=turned)
    except ModelError as error:
        return None, (f"There is no {GRAPH}. {error.why}",)
    if decider.rule is not None:
        return graph, (f"{GRAPH} gives scores; the thresholds of the groups are in {THRESHOLDS}.",)
    return graph, ()


def _otherwise(content: bytes, first: Attempt, decider: Decider, *, turned: bool) -> int:
    bench = first.bench
    return decided_otherwise(
        content,
        bench.frame.loc[bench.rows(TEST)],
        first.decisions["after"],
        features=decider.features,
        positive="0" if turned else "1",
        threshold=0.5 if decider.threshold is None else decider.threshold,
    )


def _refused(trial: Trial, why: str) -> ModelError:
    return ModelError(
        f"{trial.record.title} cannot be handed over as a file.",
        why=why,
        fix="Adopt another repair, or run this one where the data are.",
        code="model_not_portable",
    )
