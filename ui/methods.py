"""The catalogue of metrics, criteria and repairs, drawn from what they say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.mitigation.catalogue import catalogue
from audit.rows import REASONS
from ui import show, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.plan import Outcome

CRITERIA: Final = tuple(wording.CRITERION_TEXTS)
COMPARISONS: Final = tuple(wording.COMPARISON_TEXTS)
RATES: Final = tuple(wording.METRIC_TEXTS)

_CONVENTIONS: Final = (
    (
        "A gap is the largest minus the smallest rate over the groups that can be estimated. A ratio is the smallest over "
        "the largest. Beside it stands the signed difference of each group to a reference group."
    ),
    (
        "Every rate has a Wilson interval. The interval of a gap comes from simultaneous pairwise intervals, so it can "
        "contain 0 and allows for having picked the extreme groups."
    ),
    (
        "A verdict is about the interval, not the point. Within tolerance: the whole interval is. Beyond: the whole "
        "interval is outside. Cannot tell: everything else. A group that cannot be estimated turns within into cannot tell."
    ),
    "A value that cannot be estimated is never shown as 0: the reason stands in its place.",
    (
        "People whose group is not recorded are counted and listed as Unknown; they are left out of gaps unless the plan "
        "says otherwise."
    ),
    "Weights change rates and intervals. The counts shown are people.",
    "Rates and disparities of every audit are computed with Fairlearn as well, on the same counts, and compared.",
    "Before and after a repair, the same test rows are compared in pairs.",
)


def conventions() -> None:
    """Show the conventions that hold everywhere."""
    st.markdown("\n".join(f"- {text.sentence(said)}" for said in _CONVENTIONS))
    with st.expander("Reasons why a value is not estimable", key="reasons"):
        st.markdown("\n".join(f"- {text.sentence(said[:1].upper() + said[1:])}" for said in REASONS.values()))


def catalogue_of(ids: Iterable[str], favourable: Outcome) -> None:
    """Show metrics, criteria or comparisons, each behind its title.

    Parameters
    ----------
    ids : iterable of str
        Their ids.
    favourable : {"positive", "negative"}
        Which decision is good for the person; the words follow it.
    """
    for name in ids:
        said = wording.text(name, favourable)
        with st.expander(text.sentence(said.title), key=f"method_{name}"):
            show.explain(name, favourable, heading=False)
            st.markdown(f"Formula in words: {text.sentence(said.formula)}")
            for reference in said.references:
                st.caption(text.sentence(reference))


def repairs() -> None:
    """Show every mitigation with what it assumes and costs."""
    for name, (spec, _) in catalogue().items():
        with st.expander(text.sentence(spec.title), key=f"repair_{name}"):
            for head, said in (
                ("What it does", spec.summary),
                ("It assumes", spec.assumes),
                ("Cost and caution", spec.caution),
                ("How to read it", spec.reading),
            ):
                st.markdown(f"**{head}.** {text.sentence(said)}")
            for param in spec.params:
                st.markdown(f"- *{text.sentence(param.title)}*: {text.sentence(param.help)}")
            for reference in spec.references:
                st.caption(text.sentence(reference))
