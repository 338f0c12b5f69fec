"""The form in which the columns get their roles; it starts from good guesses and keeps what was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import streamlit as st

from audit.errors import PlanError
from audit.plan import Grouping, Plan, Roles
from ui import binsform, controls, moreroles, show, taskform, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.data.dataset import ColumnProfile, Dataset
    from audit.plan import ScoreBins, Task

_NONE: Final = ""
_QUARTILES: Final = "quartiles"
_VALUES: Final = "values"
_CUTS: Final = "cuts"
_MANY_VALUES: Final = 20
_WIDE_CHOICE: Final = 400
"""Columns a picker of features offers by name; a wider table is used whole."""


class RolesForm:
    """One drawing of the form.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        What is saved now.
    audit_id : str
        Part of every key, so that two audits never share what is typed.
    """

    def __init__(self, dataset: Dataset, plan: Plan, audit_id: str) -> None:
        self._data = dataset
        self._plan = plan
        self._known = dict(zip(dataset.names, controls.distinct(dataset.names), strict=True))
        self._profiles = {column.name: column for column in dataset.columns}
        # A change that was saved elsewhere (undone, for example) begins a new form.
        self._prefix = f"roles_{audit_id}_{_short((plan.roles, plan.grouping, plan.score_bins))}"

    def draw(self) -> Plan:
        """Draw the form.

        Returns
        -------
        Plan
            The plan as the form now says it, not saved.
        """
        left, right = st.columns(2, gap="large")
        with left:
            st.subheader("What happened", anchor=False)
            label, positive, task = self._label()
            favourable = self._favourable(label, positive, task)
        with right:
            st.subheader("What was decided", anchor=False)
            decision, decided, score, threshold, bins = self._decisions(positive, task)
        st.subheader("Whose treatment is compared", anchor=False)
        sensitive = self._sensitive(label)
        cuts, references = self._groups(sensitive)
        taken = {part for part in (label, decision, score, *sensitive) if part}
        with st.expander("Weight, split, features, smallest group", key=f"{self._prefix}_more"):
            weight, split, features, smallest, unknown = self._more(taken)
        more = moreroles.draw(self._data, self._plan, key=self._prefix)
        roles = Roles(
            label=label,
            positive=positive,
            favourable="negative" if favourable == "negative" else "positive",
            decision=decision or None,
            decision_positive=decided,
            score=score or None,
            threshold=threshold,
            sensitive=sensitive,
            weight=weight or None,
            split=split or None,
            features=features,
            task=task,
        )
        grouping = Grouping(bins=cuts, references=references, min_size=smallest, include_unknown=unknown)
        roles, grouping = more.on(roles, grouping)
        return replace(self._plan, roles=roles, grouping=grouping, score_bins=bins)

    def _key(self, name: str) -> dict[str, Any]:
        return {"key": f"{self._prefix}_{name}", "persist_state": "session"}

    def _column(
        self,
        label: str,
        name: str,
        now: str | None,
        columns: Sequence[str],
        *,
        none: str = "",
        help_: str = "",
    ) -> str:
        """Pick one column, or none where a word for it is given."""
        options = ([_NONE] if none else []) + list(columns)
        start = options.index(now) if now in options else (0 if none else None)
        value = st.selectbox(
            label,
            options,
            index=start,
            format_func=lambda item: self._known.get(item, none),
            help=help_ or None,
            placeholder="Choose a column",
            **self._key(name),
        )
        return value or _NONE

    def _levels(self, column: str) -> list[str]:
        return [level for level, _ in self._profiles[column].levels] if column in self._profiles else []

    def _label(self) -> tuple[str, str, Task]:
        roles = self._plan.roles
        label = self._column(
            "Column that holds what really happened (label)",
            "label",
            roles.label,
            self._data.names,
            help_="The truth that decisions are held against, such as repaid, employed or reoffended.",
        )
        key = f"{self._prefix}_task_{self._number(label)}"
        task = taskform.pick(self._profiles.get(label), roles.task, key=key)
        if task == "regression":
            return label, roles.positive, task
        levels = self._levels(label)
        shown = dict(zip(levels, controls.distinct(levels), strict=True))
        positive = st.selectbox(
            "Its positive value",
            levels,
            index=levels.index(roles.positive) if roles.positive in levels else (0 if levels else None),
            format_func=lambda item: shown.get(item, item),
            help="Every rate is computed on this value."
            + (" The other classes count as the rest." if task == "multiclass" else ""),
            placeholder="Choose the label first",
            **self._key(f"positive_{self._number(label)}"),
        )
        return label, positive or roles.positive, task

    def _favourable(self, label: str, positive: str, task: Task) -> str:
        told = f"told that {text.md(text.cut(label, 40))} is {text.md(text.cut(positive, 40))}"
        words = {
            "positive": f"The positive one: being {told}" if label else "The positive one",
            "negative": f"The negative one: not being {told}" if label else "The negative one",
        }
        if task == "regression":
            words = {"positive": "A high prediction", "negative": "A low prediction"}
        return st.radio(
            "Which decision is good for the person?",
            list(words),
            index=list(words).index(self._plan.roles.favourable),
            format_func=lambda item: words[item],
            help="A loan is good to get; being called a risk is not. Criteria and words follow this choice.",
            **self._key("favourable"),
        )

    def _decisions(self, positive: str, task: Task) -> tuple[str, tuple[str, ...], str, float, ScoreBins]:
        roles, bins = self._plan.roles, self._plan.score_bins
        numeric = [column.name for column in self._data.columns if column.low is not None]
        if task == "regression":
            predicted = self._column(
                "Column with the predicted numbers",
                "prediction",
                roles.score,
                numeric,
                help_="In the unit of the label.",
            )
            return "", (), predicted, roles.threshold, bins
        decision = self._column(
            "Column with the decisions",
            "decision",
            roles.decision,
            self._data.names,
            none="No such column",
            help_="Leave it out where a model makes the decisions.",
        )
        decided: tuple[str, ...] = ()
        if decision:
            levels = self._levels(decision)
            shown = dict(zip(levels, controls.distinct(levels), strict=True))
            start = roles.decision_positive or (positive,)
            decided = tuple(
                st.multiselect(
                    "Values that mean a positive decision",
                    levels,
                    default=[level for level in start if level in levels],
                    format_func=lambda item: shown.get(item, item),
                    help="Several where a risk is Medium or High, for example.",
                    **self._key(f"decided_{self._number(decision)}"),
                )
            )
        score = self._column(
            "Column with the scores",
            "score",
            roles.score,
            numeric,
            none="No such column",
            help_="A number for each person; at or above the threshold the decision is positive.",
        )
        threshold = roles.threshold
        if score:
            threshold = st.number_input(
                "Threshold", value=float(roles.threshold), step=0.05, **self._key("threshold")
            )
            bins = binsform.pick(bins, key=f"{self._prefix}_score_bins")
        return decision, decided, score, float(threshold), bins

    def _sensitive(self, label: str) -> tuple[str, ...]:
        options = [name for name in self._data.names if name != label]
        chosen = st.multiselect(
            "Sensitive features",
            options,
            default=[name for name in self._plan.roles.sensitive if name in options],
            format_func=lambda item: self._known[item],
            max_selections=6,
            placeholder="Choose columns such as sex, race or age",
            help="Their values make the groups: each column by itself, and all of them together.",
            **self._key("sensitive"),
        )
        return tuple(chosen)

    def _groups(self, sensitive: tuple[str, ...]) -> tuple[dict[str, tuple[float, ...]], dict[str, str]]:
        """Ask for each sensitive column how it makes groups, and which group is the reference."""
        grouping = self._plan.grouping
        bins = {
            name: cuts
            for name, cuts in grouping.bins.items()
            if name in sensitive and name not in self._profiles
        }
        references = {name: value for name, value in grouping.references.items() if name not in sensitive}
        for start in range(0, len(sensitive), 3):
            for place, name in zip(st.columns(3), sensitive[start : start + 3], strict=False):
                with place, st.container(border=True):
                    profile = self._profiles[name]
                    st.markdown(f"**{text.md(text.cut(name, 60))}**")
                    cuts = self._cuts(profile) if profile.low is not None else None
                    if cuts is not None:
                        bins[name] = cuts
                    quartiles = cuts is None and profile.low is not None and profile.n_distinct > _MANY_VALUES
                    reference = self._reference(profile, binned=bool(cuts) or quartiles)
                    if reference:
                        references[name] = reference
        return bins, references

    def _cuts(self, profile: ColumnProfile) -> tuple[float, ...] | None:
        saved = self._plan.grouping.bins.get(profile.name)
        many = profile.n_distinct > _MANY_VALUES
        ways = {_QUARTILES: "Four groups of equal size"} if many else {}
        ways |= {_VALUES: "Every value is a group", _CUTS: "At cut points of my own"}
        start = (_CUTS if saved else _VALUES) if saved is not None else next(iter(ways))
        number = self._number(profile.name)
        way = st.selectbox(
            "Grouped how",
            list(ways),
            index=list(ways).index(start),
            format_func=lambda item: ways[item],
            **self._key(f"way_{number}"),
        )
        if way == _QUARTILES:
            return None
        if way == _VALUES:
            return () if many or saved is not None else None
        typed = st.text_input(
            "Cut points",
            value=", ".join(f"{cut:g}" for cut in saved or ()),
            placeholder="25, 40, 65",
            help="Each number begins a new group: 25 gives under 25, and 25 or more.",
            **self._key(f"cuts_{number}"),
        )
        return read_cuts(typed)

    def _reference(self, profile: ColumnProfile, *, binned: bool) -> str:
        saved = self._plan.grouping.references.get(profile.name, _NONE)
        levels = [] if binned else self._levels(profile.name)
        if saved and saved not in levels:
            levels = [saved, *levels]
        if not levels:
            return _NONE
        shown = dict(zip(levels, controls.distinct(levels), strict=True))
        value = st.selectbox(
            "Reference group",
            [_NONE, *levels],
            index=[_NONE, *levels].index(saved),
            format_func=lambda item: shown.get(item, "The largest group"),
            **self._key(f"reference_{self._number(profile.name)}"),
        )
        return value or _NONE

    def _more(self, taken: set[str]) -> tuple[str, str, tuple[str, ...] | None, int, bool]:
        roles, grouping = self._plan.roles, self._plan.grouping
        left, right = st.columns(2, gap="large")
        with left:
            numeric = [column.name for column in self._data.columns if column.low is not None]
            weight = self._column(
                "Row weights", "weight", roles.weight, numeric, none="Every row counts once",
                help_="Survey weights change rates and intervals; counts stay counts.",
            )  # fmt: skip
            split = self._column(
                "Column that says train or test", "split", roles.split, self._data.names, none="No such column",
                help_="With it, only the test rows are audited.",
            )  # fmt: skip
        with right:
            smallest = st.number_input(
                "Smallest denominator that is still estimated",
                min_value=1,
                value=grouping.min_size,
                step=1,
                help="A rate over fewer people is shown as not estimable.",
                **self._key("smallest"),
            )
            unknown = st.checkbox(
                "Count people without a recorded group as a group of their own in gaps",
                value=grouping.include_unknown,
                **self._key("unknown"),
            )
        return weight, split, self._features(taken | {weight, split}), int(smallest), bool(unknown)

    def _features(self, taken: set[str]) -> tuple[str, ...] | None:
        saved = self._plan.roles.features
        if len(self._data.names) > _WIDE_CHOICE and saved is None:
            show.quiet("A model looks at every column without another role.")
            return None
        free = [name for name in self._data.names if name not in taken]
        start = [name for name in (free if saved is None else saved) if name in self._known]
        chosen = st.multiselect(
            "Features: what a model may look at",
            list(self._data.names),
            default=start,
            format_func=lambda item: self._known[item],
            help="Columns with a role of their own are left out unless you switch them on here.",
            **self._key("features" if saved is not None else f"features_{_short(sorted(taken))}"),
        )
        return None if saved is None and chosen == free else tuple(chosen)

    def _number(self, column: str) -> str:
        """Give a column a short name for keys, whatever it is called."""
        return str(self._data.names.index(column)) if column in self._known else "none"


def _short(value: object) -> str:
    """Give a value a short name that is the same in every process."""
    return f"{crc32(repr(value).encode('utf-8', 'replace')):08x}"


def read_cuts(typed: str) -> tuple[float, ...]:
    """Read cut points as a person types them.

    Parameters
    ----------
    typed : str
        Numbers between commas, semicolons or blanks.

    Returns
    -------
    tuple of float
        The numbers, rising.

    Raises
    ------
    PlanError
        Where a part is not a number, or none is given.
    """
    parts = typed.replace(";", " ").replace(",", " ").split()
    try:
        cuts = tuple(sorted({float(part) for part in parts}))
    except ValueError:
        cuts = ()
    if not cuts:
        raise PlanError(
            "The cut points are not numbers yet.",
            why="Each cut point begins a new group.",
            fix="Type numbers with commas between them, such as 25, 40, 65.",
            code="cut_points",
        )
    return cuts


def about(plan: Plan, audit_id: str) -> Mapping[str, str]:
    """Draw the fields about the audit itself.

    Parameters
    ----------
    plan : Plan
        What is saved now.
    audit_id : str
        Part of every key.

    Returns
    -------
    mapping of str to str
        Field to text, not saved.
    """
    fields = {
        "title": ("Title", "Employment model, spring review"),
        "system": ("System", "What makes or supports the decisions"),
        "organisation": ("Organisation", "Who uses it"),
        "purpose": ("Purpose of the audit", "What should be known afterwards"),
        "auditor": ("Auditor", "Who signs"),
        "notes": ("Notes", "What a reader should know"),
    }
    typed = {}
    for name, (label, hint) in fields.items():
        draw = st.text_area if name in {"purpose", "notes"} else st.text_input
        typed[name] = draw(
            label,
            value=getattr(plan.about, name),
            placeholder=hint,
            max_chars=2000,
            key=f"about_{audit_id}_{name}_{_short(getattr(plan.about, name))}",
            persist_state="session",
        )
    return typed
