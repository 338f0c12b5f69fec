"""The four ways in which decisions come into an audit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.errors import AuditError
from audit.gather.scores import check_exact
from audit.limits import LEAST_SAMPLE, MOST_SAMPLE
from audit.plan import BASELINES, ModelChoice, Plan
from ui import actions, binsform, cached, controls, show, text, workspace
from ui.problems import message

if TYPE_CHECKING:
    from audit.models.upload import ModelInfo
    from ui.screen import Screen

DOORS: Final = {
    "column": ("A column of the data", "Decisions or scores that were made elsewhere"),
    "onnx": ("An ONNX file", "A trained model from any library"),
    "skops": ("A skops file", "A scikit-learn model, saved safely"),
    "train": ("Train a model here", "Logistic regression, gradient boosting or a neural network"),
}

ALGORITHMS: Final = {
    "logistic_regression": ("Logistic regression", "Linear and easy to explain; a good first choice."),
    "gradient_boosting": ("Gradient boosting", "Many small trees; often the most accurate on tables."),
    "mlp": ("Neural network", "A small network of two layers; slower to train."),
}

_CONVERT: Final = (
    "Pickle and joblib files are refused: opening one runs whatever code is in it. "
    "Save a scikit-learn model with `skops.io.dump(model, 'model.skops')`, or convert it to ONNX."
)


def door(screen: Screen) -> str:
    """Ask where the decisions come from.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    str
        "column", "onnx", "skops" or "train".
    """
    kinds = list(DOORS)
    return st.radio(
        "Four ways in",
        kinds,
        index=kinds.index(screen.plan.model.kind),
        format_func=lambda kind: DOORS[kind][0],
        key=f"door_{screen.id}",
        persist_state="session",
    )


def column(screen: Screen) -> Plan | None:
    """Show which column is audited.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    Plan or None
        The plan to run; None where the data have no such column.
    """
    roles = screen.plan.roles
    name = roles.decision or roles.score
    if name is None:
        show.empty(
            "No column with decisions or scores has been named.",
            "An audit compares decisions between groups. Name the column that holds them, or choose another door.",
            label="Name the column",
            slug="data",
        )
        return None
    if roles.decision:
        values = ", ".join(
            text.md(text.cut(value, 40)) for value in roles.decision_positive or (roles.positive,)
        )
        st.markdown(f"Decisions are read from **{text.md(text.cut(name, 80))}**; positive is {values}.")
    elif roles.task == "regression":
        st.markdown(
            f"Predictions are read from **{text.md(text.cut(name, 80))}**; a high one is above the median of all."
        )
    else:
        st.markdown(
            f"Decisions are scores in **{text.md(text.cut(name, 80))}** at or above {roles.threshold:g}: positive."
        )
    plan = replace(screen.plan, model=ModelChoice(), baseline=_baseline(screen))
    check_exact(screen.dataset, plan)
    return plan


def train(screen: Screen) -> Plan:
    """Ask for the model to train.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    Plan
        The plan to run.
    """
    now = screen.plan.model.algorithm or screen.plan.baseline
    algorithm = st.radio(
        "Model",
        BASELINES,
        index=BASELINES.index(now),
        format_func=lambda name: ALGORITHMS[name][0],
        key=f"algorithm_{screen.id}",
        persist_state="session",
    )
    show.note(ALGORITHMS[algorithm][1])
    plan = _sample(screen, _threshold(screen, screen.plan))
    how = (
        "the split column names the training and the test rows"
        if plan.roles.split
        else "60 % of the rows train it, 20 % are kept for validation, 20 % are audited"
    )
    show.note(f"Measured on rows the model has not seen: {how}. The draw is the same every time.")
    _features(screen)
    return replace(plan, model=ModelChoice(kind="train", algorithm=algorithm), baseline=algorithm)


def file(screen: Screen, kind: str) -> Plan | None:
    """Take a model file, show what is in it, and check it against the data.

    Parameters
    ----------
    screen : Screen
        The open audit.
    kind : {"onnx", "skops"}
        The door.

    Returns
    -------
    Plan or None
        The plan to run; None as long as the file is missing or does not fit.
    """
    uploaded = st.file_uploader(
        "Model file",
        key=workspace.upload_key(f"model_{kind}"),
        help="It is looked into before it is run, and runs in a process of its own with limits on time and memory.",
    )
    refusal = workspace.take_refusal()
    if refusal is not None:
        message(refusal)
    if uploaded is not None:
        with st.spinner("Looking into the file…"):
            actions.take_model(screen, uploaded)
        workspace.notify("The model file was taken in.")
        st.rerun()
    st.markdown(_CONVERT)
    if not screen.plan.model.sha256:
        return None
    info = model_info(screen)
    _describe(info)
    plan = replace(screen.plan, baseline=screen.plan.baseline if info.refittable else _baseline(screen))
    plan = _sample(screen, _threshold(screen, plan))
    return _checked(screen, plan, info)


def model_info(screen: Screen) -> ModelInfo:
    """Read what was found in the model file when it was taken in.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    ModelInfo
        The description.
    """
    from audit.models.upload import ModelInfo

    return ModelInfo.from_dict(cached.store().model_info(screen.plan.model.sha256))


def _describe(info: ModelInfo) -> None:
    names = info.feature_names if info.named else ()
    facts = {
        "File": info.name,
        "Model": info.title or info.kind,
        "Takes": ", ".join(names)
        if names
        else f"{info.n_features or 'an unknown number of'} features in a fixed order",
        "Tells apart": ", ".join(info.classes),
        "Made with": ", ".join(f"{name} {version}" for name, version in info.versions.items()),
        "Types outside the standard list, each checked": ", ".join(info.untrusted),
        "Fingerprint (SHA-256)": f"{info.sha256[:16]}…",
        "Can be trained again": "yes: repairs refit a copy"
        if info.refittable
        else "no: repairs use a baseline",
    }
    rows = [{"What": what, "Found": found} for what, found in facts.items() if found]
    show.table(rows, key="model_facts", alt="What was found in the model file.")
    for said in info.notes:
        show.note(said)


def _checked(screen: Screen, plan: Plan, info: ModelInfo) -> Plan | None:
    """Confirm the order of the inputs where the file does not name them, and check the fit."""
    from audit.models.upload import check_model

    inputs: tuple[str, ...] = ()
    confirmed = True
    if not info.named:
        inputs = _order(screen, info)
        confirmed = st.checkbox(
            "These are the columns the model takes, in this order",
            value=bool(plan.model.inputs) and plan.model.inputs == inputs,
            key=f"order_ok_{screen.id}_{'_'.join(str(screen.dataset.names.index(name)) for name in inputs)[:200]}",
        )
    try:
        check_model(info, screen.dataset, inputs or info.feature_names)
    except AuditError as error:
        message(error)
        return None
    st.markdown(":green-badge[● The file fits the data]")
    if not confirmed:
        show.note("Confirm the order of the columns to go on.")
        return None
    return replace(plan, model=replace(plan.model, inputs=inputs))


def _order(screen: Screen, info: ModelInfo) -> tuple[str, ...]:
    names = screen.dataset.names
    known = dict(zip(names, controls.distinct(names), strict=True))
    taken = screen.plan.roles.taken()
    guess = (
        screen.plan.model.inputs or screen.plan.roles.features or tuple(n for n in names if n not in taken)
    )
    chosen = st.multiselect(
        f"Columns in the order in which the model takes them ({info.n_features or 'any number'})",
        list(names),
        default=[name for name in guess if name in known],
        format_func=lambda name: known[name],
        help="The file knows its inputs by position only. A wrong order gives wrong decisions without an error.",
        key=f"order_{screen.id}_{info.sha256[:12]}",
        persist_state="session",
    )
    return tuple(chosen)


def _threshold(screen: Screen, plan: Plan) -> Plan:
    # One beyond 0 and 1 belongs to a column of scores: a model's probabilities are parted at a half.
    now = float(plan.roles.threshold)
    value = st.number_input(
        "Threshold: a score at or above it is a positive decision",
        min_value=0.0,
        max_value=1.0,
        value=now if 0 <= now <= 1 else 0.5,
        step=0.05,
        key=f"model_threshold_{screen.id}",
        persist_state="session",
        width=320,
    )
    bins = binsform.pick(plan.score_bins, key=f"score_bins_{screen.id}", width=320)
    return replace(plan, roles=replace(plan.roles, threshold=float(value)), score_bins=bins)


def _sample(screen: Screen, plan: Plan) -> Plan:
    """Ask how many rows are drawn, where the data lie in place and a model needs its rows in memory."""
    data = screen.dataset
    if data.place is None or data.n_rows <= LEAST_SAMPLE:
        return plan
    most = min(data.n_rows, MOST_SAMPLE)
    rows = st.number_input(
        "Rows drawn for the model",
        min_value=LEAST_SAMPLE,
        max_value=most,
        value=min(max(plan.sample_rows, LEAST_SAMPLE), most),
        step=LEAST_SAMPLE,
        help="The data are read in place. A model needs its rows in memory, so it works on a sample; the seed draws it, "
        "the same one every time.",
        key=f"sample_rows_{screen.id}",
        persist_state="session",
        width=320,
    )
    if rows < data.n_rows:
        show.note(
            f"The model, and every repair, works on a sample of {wording.count(int(rows))} of the "
            f"{wording.count(data.n_rows)} rows; the result and the report say so."
        )
    # A sample that is larger than the data stays as large as it was asked for: the plan may meet more rows.
    return plan if int(rows) == most and plan.sample_rows >= most else replace(plan, sample_rows=int(rows))


def _baseline(screen: Screen) -> str:
    return st.selectbox(
        "Model that repairs retrain",
        BASELINES,
        index=BASELINES.index(screen.plan.baseline),
        format_func=lambda name: ALGORITHMS[name][0],
        help="These decisions cannot be trained again. Repairs compare this model without and with the repair.",
        key=f"baseline_{screen.id}",
        persist_state="session",
        width=320,
    )


def _features(screen: Screen) -> None:
    roles = screen.plan.roles
    taken = roles.taken()
    names = (
        roles.features if roles.features is not None else [n for n in screen.dataset.names if n not in taken]
    )
    with st.expander(f"It looks at {len(names)} columns", key="features_used"):
        st.markdown(", ".join(text.md(text.cut(name, 60)) for name in names[:100]) or "none")
        switched = [name for name in roles.sensitive if name in names]
        if switched:
            st.markdown(
                f"Sensitive columns are among them: {', '.join(text.md(text.cut(n, 60)) for n in switched)}."
            )
        show.go("Change the features", "data", key="change_features")
