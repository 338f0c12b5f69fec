"""The catalogue of metrics, criteria and repairs, drawn from what they say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.mitigation.catalogue import catalogue
from audit.names import FAMILIES
from audit.rows import REASONS
from audit.wording.conventions import CONVENTIONS
from ui import show, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.plan import Outcome

CRITERIA: Final = tuple(wording.CRITERION_TEXTS)
COMPARISONS: Final = tuple(wording.COMPARISON_TEXTS)
RATES: Final = tuple(wording.METRIC_TEXTS)
FURTHER: Final = {wording.FAMILY_TITLES[family]: ids for family, ids in FAMILIES.items()}


def conventions() -> None:
    """Show the conventions that hold everywhere."""
    st.markdown("\n".join(f"- {text.sentence(said)}" for said in CONVENTIONS))
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
                show.quiet(text.sentence(reference))


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
                show.quiet(text.sentence(reference))
