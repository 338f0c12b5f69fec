"""How things are shown on every screen: verdicts, sentences, pictures with their table, words explained, empty states."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from audit import wording
from ui import jobpanel, text, workspace
from ui.pagespec import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows import Verdict
    from ui.pagespec import PageSpec
    from ui.screen import Screen

_COLOURS: Final = {"within": "green", "beyond": "red", "cannot_tell": "gray"}
_SEVERITIES: Final = {"high": "red", "medium": "orange", "low": "blue", "info": "gray"}
_WORDS: Final = {
    "high": "High weight",
    "medium": "Medium weight",
    "low": "Low weight",
    "info": "For information",
}
_LONG_TABLE: Final = 60
_READING_WIDTH: Final = 780
_SVG_WIDTH: Final = 500
_LONG_RUN: Final = re.compile(r"((?:\\.|[^\s\\]){40})(?=\S)")
"""A word too long for a cell, escapes counted as one letter."""
_NUMBER: Final = re.compile(r"(< )?[+−]?[\d.,]+( (to|of) [+−]?[\d.,]+)?( %| points)?")


def theme() -> Theme:
    """Tell which colours the reader's browser shows.

    Returns
    -------
    {"light", "dark"}
        The theme; light where it is not known.
    """
    return "dark" if st.context.theme.type == "dark" else "light"


def chip(verdict: Verdict, label: str = "") -> str:
    """Write a verdict as a chip inside a line of Markdown.

    Parameters
    ----------
    verdict : {"within", "beyond", "cannot_tell"}
        The verdict.
    label : str, default ""
        Words for the chip, already escaped; the verdict's own word by default.

    Returns
    -------
    str
        Markdown: symbol, word and colour.
    """
    word = label or wording.verdict_word(verdict)
    return f":{_COLOURS[verdict]}-badge[{wording.verdict_symbol(verdict)} {word}]"


def severity(weight: str) -> str:
    """Write the weight of a finding as a chip inside a line of Markdown.

    Parameters
    ----------
    weight : {"high", "medium", "low", "info"}
        How much it matters to the reader.

    Returns
    -------
    str
        Markdown: word and colour.
    """
    return f":{_SEVERITIES[weight]}-badge[{_WORDS[weight]}]"


def answer(said: str, verdict: Verdict | None = None) -> None:
    """Show the generated sentence under the question, with its verdict.

    Parameters
    ----------
    said : str
        One or more sentences; names in them are shown literally.
    verdict : {"within", "beyond", "cannot_tell"} or None, default None
        The chip before the sentence.
    """
    if verdict:
        st.markdown(chip(verdict))
    if said:
        st.markdown(text.sentence(said), width=_READING_WIDTH)


def note(said: str) -> None:
    """Show a quiet remark.

    Parameters
    ----------
    said : str
        One or more sentences; names in them are shown literally.
    """
    if said:
        quiet(text.sentence(said))


def quiet(markdown: str) -> None:
    """Show small, muted text that still stands out enough to be read.

    Parameters
    ----------
    markdown : str
        One line of Markdown, already escaped.
    """
    st.markdown(f":small[:gray[{markdown}]]", width=_READING_WIDTH)


def figure(
    fig: Any,
    *,
    key: str,
    alt: str,
    rows: Sequence[Mapping[str, str]] = (),
    name: str = "figure",
    words: Iterable[str] = (),
    favourable: Outcome = "positive",
    picked: Callable[[float, float], None] | None = None,
) -> None:
    """Show a picture with its alternative text, its numbers as a table, itself as a file, and its words explained.

    Parameters
    ----------
    fig : plotly.graph_objects.Figure
        The picture.
    key : str
        A name that no other picture on the screen has.
    alt : str
        What the picture shows, as a sentence.
    rows : sequence of mapping, default ()
        The numbers, one mapping of heading to text for each line.
    name : str, default "figure"
        Name of the file, without its ending.
    words : iterable of str, default ()
        Ids of metrics, criteria and comparisons to explain.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    picked : callable or None, default None
        Told where a point was clicked, before the screen is drawn again.
    """

    def clicked() -> None:
        points = workspace.widget(key, {}).get("selection", {}).get("points", [])
        if points and picked is not None:
            picked(float(points[0]["x"]), float(points[0]["y"]))

    st.plotly_chart(
        fig,
        key=key,
        alt=text.shown(alt) if len(alt) <= text.LIMIT else " ".join(alt.split()),
        theme=None,
        config={"displayModeBar": False, "responsive": True},
        on_select=clicked if picked is not None else "ignore",
        selection_mode="points",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        numbers = st.toggle("Show the numbers", key=f"{key}_numbers") if rows else False
        if not workspace.current().closed:  # the Report screen has the pictures without small counts
            st.download_button(
                "Picture as SVG",
                data=lambda: svg(fig, name, alt),
                file_name=f"{name}.svg",
                mime="image/svg+xml",
                key=f"{key}_svg",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
        _explained(words, favourable)
    if numbers:
        table(rows, key=f"{key}_table", alt=alt)


def svg(fig: Any, title: str, alt: str) -> bytes:
    """Write a picture as an SVG file, drawn as it is drawn on paper.

    Parameters
    ----------
    fig : plotly.graph_objects.Figure
        The picture.
    title : str
        Its name.
    alt : str
        What it shows.

    Returns
    -------
    bytes
        The file.
    """
    from audit.figures.lowering import lower
    from audit.figures.svg import to_svg

    return to_svg(lower(fig, _SVG_WIDTH, glyphs=False), title, alt).encode()


def table(rows: Sequence[Mapping[str, str]], *, key: str, alt: str = "") -> None:
    """Show lines of text under headings, literally.

    Parameters
    ----------
    rows : sequence of mapping
        One mapping of heading to text for each line.
    key : str
        A name that no other table on the screen has.
    alt : str, default ""
        What the table holds, as a sentence.
    """
    if not rows:
        return
    headings = list(rows[0])
    closed = workspace.current().closed  # a scrolling table offers itself as a file
    if len(rows) > _LONG_TABLE and not closed:
        columns = {text.shown(head): [text.shown(row.get(head, "")) for row in rows] for head in headings}
        st.dataframe(columns, hide_index=True, key=key, height=420, alt=alt or None)
        return
    escaped = {text.md(head): [_cell(row.get(head, "")) for row in rows] for head in headings}
    with st.container(height=420) if len(rows) > _LONG_TABLE else nullcontext():
        st.table(escaped, border="horizontal", hide_index=True, alt=alt or None)


def _cell(said: str) -> str:
    """Escape a cell, and keep a number and its unit on one line."""
    escaped = _LONG_RUN.sub("\\1\N{ZERO WIDTH SPACE}", text.md(said)) if said else ""
    return escaped.replace(" ", "\N{NO-BREAK SPACE}") if _NUMBER.fullmatch(said) else escaped


def _explained(ids: Iterable[str], favourable: Outcome) -> None:
    """Offer the words of the screen explained: reading, formula, and what they do not tell."""
    wanted = tuple(dict.fromkeys(ids))
    if wanted:
        with st.popover("What do these words mean?", type="tertiary", icon=":material/help:"):
            for name in wanted:
                explain(name, favourable)


def explain(name: str, favourable: Outcome = "positive", *, heading: bool = True) -> None:
    """Explain one metric, criterion or comparison.

    Parameters
    ----------
    name : str
        Its id.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    heading : bool, default True
        Whether its title comes first.
    """
    said = wording.text(name, favourable)
    if heading:
        st.markdown(f"**{text.sentence(said.title)}**")
    st.markdown(text.sentence(said.reading))
    st.latex(said.latex)
    st.markdown(f"*What this does not tell you.* {text.sentence(said.caution)}")
    quiet(f"Not estimable: {text.sentence(said.undefined[:1].lower() + said.undefined[1:])}")


def empty(what: str, why: str, *, label: str, slug: str) -> None:
    """Show that something is missing, why it matters, and the way to provide it.

    Parameters
    ----------
    what : str
        What is missing, as a short sentence.
    why : str
        Why it matters, as a sentence.
    label : str
        Words of the button.
    slug : str
        The screen that provides it.
    """
    with st.container(border=True, gap="small"):
        st.markdown(f"**{text.sentence(what)}**")
        st.markdown(text.sentence(why), width=_READING_WIDTH)
        go(label, slug, key="way_out", primary=True)


def go(label: str, slug: str, *, key: str, primary: bool = False) -> None:
    """Show a button that leads to another screen with the audit still open.

    Parameters
    ----------
    label : str
        Its words.
    slug : str
        The screen it leads to.
    key : str
        A name that no other button on the screen has.
    primary : bool, default False
        Whether it is the one thing to do next.
    """
    if st.button(label, key=key, type="primary" if primary else "secondary"):
        st.switch_page(page(slug).path, query_params=workspace.link())


def guard(spec: PageSpec, screen: Screen) -> None:
    """Stop a screen that has nothing to say yet, and show the way there.

    Parameters
    ----------
    spec : PageSpec
        What the screen needs.
    screen : Screen
        What there is.
    """
    workspace.close(closed=screen.has_data and screen.plan.grouping.small == "suppress")
    if spec.needs == "nothing":
        return
    if not screen.has_data:
        empty(
            "No audit is open.",
            "This screen shows one audit. Open a sample, a recent audit or a file of your own.",
            label="Choose what to audit",
            slug="start",
        )
        st.stop()
    if spec.needs in {"result", "trials"} and not screen.has_result:
        if jobpanel.watch(screen.id, "audit"):
            note("The numbers appear here when the work is done. You can look at other screens meanwhile.")
            st.stop()
        empty(
            "This audit has not been run yet.",
            "Its numbers appear here once the roles of the columns and the origin of the decisions are known.",
            label="Choose the model and run",
            slug="model",
        )
        st.stop()
    if spec.needs == "trials" and not screen.has_trials:
        empty(
            "No repair has been tried yet.",
            "Before and after stand side by side here once a mitigation has been run on the training rows.",
            label="Choose a mitigation",
            slug="mitigate",
        )
        st.stop()
