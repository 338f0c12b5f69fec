"""The search over repairs and their settings, as a part of a screen: what to look for, what was found, one try at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import streamlit as st

from audit import wording
from audit.errors import AuditError
from audit.figures.pareto import pareto, pareto_alt, pointed_out, try_at
from audit.limits import GENETIC_TRIALS
from audit.mitigation.catalogue import catalogue
from audit.names import CRITERIA, MORE_CRITERIA, UTILITIES
from audit.plan import MitigationChoice, Tuning
from audit.tuning.shown import named
from audit.wording.tuning import (
    STATE_WORDS,
    STUDY_METHOD,
    UTILITY_TITLES,
    control_sentence,
    limits,
    noise_sentence,
    picked_sentence,
    study_answer,
    tally,
    worth_sentence,
)
from ui import actions, cached, controls, jobpanel, overview, show, tables, text, workspace
from ui.problems import message

if TYPE_CHECKING:
    from audit.rows.studies import Standing, Study, StudyRow
    from ui.screen import Screen

_TRY: Final = "study_try"
_TRIALS: Final = (20, 40, 60, 100, 200)
_MINUTES: Final = (1, 2, 5, 10, 25)
_USUAL: Final = Tuning(trials=40, seconds=300)
_SAMPLERS: Final = {
    "tpe": "Learn from every try (TPE)",
    "nsga2": f"Genetic (NSGA-II), from {GENETIC_TRIALS} settings on",
}


def section(screen: Screen) -> None:
    """Draw the part: the form that starts a search, the search while it runs, and what it found.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    if screen.plan.roles.no_outcome:
        return  # nobody knows who was right: there is nothing to keep high
    st.header("Search for the best trade-off", anchor=False)
    if jobpanel.watch(screen.id, "tune"):
        show.note(
            "Every try is kept as it is made: a search that is cancelled can be continued. The rest of the audit stays as it is."
        )
        return
    study = screen.audit.study
    if study is None:
        show.note(
            "Which repair, with which settings? A search tries many, compares them on rows that are kept apart from the test "
            "rows, and then measures the best ones on the test rows."
        )
        if not _stopped(screen):
            _form(screen)
            return
        with st.expander("Search for something else"):
            _form(screen)
        return
    _stopped(screen)
    _results(screen, study)
    with st.expander("Search further, or for something else"):
        _form(screen)


def _stopped(screen: Screen) -> bool:
    """Offer to go on with a search that was cancelled, died, or ran out of time."""
    asked, done = screen.plan.tuning, screen.audit.plan.tuning
    same = screen.audit.study is not None and replace(asked, trials=0, seconds=0) == replace(done, trials=0)
    if not asked.trials or (same and asked.trials <= done.trials):
        return False
    kept = actions.tries_kept(screen)
    if not kept and not same:
        return False
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        ended = "The time was over" if same else "A search was stopped"
        st.markdown(f"{ended} after {kept} of {asked.trials} settings.", width="stretch")
        if st.button("Continue", key="study_continue", type="primary"):
            _start(screen, asked)
    return True


def _results(screen: Screen, study: Study) -> None:
    plan = screen.audit.plan
    favourable, confidence = plan.roles.favourable, plan.confidence
    chosen = study.chosen
    show.answer(
        study_answer(
            study,
            plan.tuning,
            settings=named(chosen) if chosen else "",
            favourable=favourable,
            confidence=confidence,
        )
    )
    show.note(limits(plan.tuning))
    row = _picked(study)
    show.figure(
        cached.drawn(
            pareto, study, focus=row.number if row else None, favourable=favourable, theme=show.theme()
        ),
        key="study_picture",
        alt=pareto_alt(study, plan.tuning, favourable=favourable, confidence=confidence),
        rows=_lines(study, confidence),
        name="search",
        words=(study.criterion,),
        favourable=favourable,
        picked=lambda gap, utility: _take(study, gap, utility),
    )
    if row is not None:
        _look(screen, study, row)
    for said in (noise_sentence(study), tally(study), *study.notes):
        show.note(said)
    with st.container(horizontal=True, gap="small"):
        with st.popover("How does the search work?", type="tertiary", icon=":material/help:"):
            st.markdown(text.sentence(STUDY_METHOD))
        if st.button("Delete this search", key="study_delete", type="tertiary", icon=":material/delete:"):
            actions.delete_study(screen)
            workspace.notify("The search was removed from this audit.")
            st.rerun()


def _take(study: Study, gap: float, utility: float) -> None:
    """Look at the try that was clicked in the picture."""
    number = try_at(study, gap, utility)
    if number is not None:
        workspace.set_widget(_TRY, str(number))


def _options(study: Study) -> dict[str, str]:
    """List the tries that can be looked at: the picked ones first."""
    done = [row for row in study.rows if row.state == "done" and not row.pareto]
    rows = [*study.front, *done]
    marks = {
        row.number: " · recommended" if row.chosen else " · picked" if row.pareto else "" for row in rows
    }
    names = controls.distinct(
        [f"Try {row.number}{marks[row.number]}: {named(row)}" for row in rows], limit=110
    )
    return {str(row.number): name for row, name in zip(rows, names, strict=True)}


def _picked(study: Study) -> StudyRow | None:
    """Tell which try the reader looks at, before the picker is drawn below the picture."""
    asked = str(workspace.widget(_TRY) or workspace.chosen(_TRY) or "")
    return pointed_out(study, int(asked) if asked.isdecimal() else None) or next(iter(study.front), None)


def _look(screen: Screen, study: Study, row: StudyRow) -> None:
    """Show one try: how it stands, what its control does, and the way to try it properly."""
    options = _options(study)
    number = controls.choose(
        _TRY,
        "Look at one try",
        options,
        first=str(row.number),
        help_text="A click on a mark of the picture chooses it too.",
        width="stretch",
    )
    row = next((one for one in study.rows if str(one.number) == number), row)
    confidence = screen.audit.plan.confidence
    said = [
        picked_sentence(row, confidence=confidence),
        worth_sentence(row),
        control_sentence(row, study.utility),
    ]
    if row.test is None:
        said.append("It was not picked, so it was not measured on the test rows.")
    show.answer(" ".join(part for part in said if part))
    if st.button("Try this one", key="study_try_it", type="primary", help=_TRY_HELP):
        actions.mitigate(screen, MitigationChoice(id=row.method, params=dict(row.params)), row.title)
        workspace.notify(f"{text.sentence(row.title)} has started with these settings.")
        st.rerun()


_TRY_HELP: Final = "Runs it as a repair of its own, on several splits of the rows, so that before and after can be compared group by group."


def _lines(study: Study, confidence: float) -> tables.Lines:
    """Write every try as a line of a table, the model before as the first."""
    level = wording.level(confidence)

    def at(one: Standing | None, *, sure: bool = False) -> str:
        if one is None:
            return ""
        ends = (
            f" ({tables.ends(one.gap_low, one.gap_high, 'gap')})" if sure and one.gap_low is not None else ""
        )
        return f"{wording.points(one.gap)}{ends} at {wording.amount(study.utility, one.utility)}"

    before = next((row.before for row in study.front if row.before), None)
    rows: list[tuple[str, str, str, Standing | None, Standing | None, Standing | None]]
    rows = [("", "No repair", "Before", study.before, before, None)]
    for row in study.rows:
        state = "Recommended" if row.chosen else "Picked" if row.pareto else STATE_WORDS[row.state]
        said = f"{state}. {row.reason}" if row.reason else state
        rows.append((str(row.number), named(row), said, row.validation, row.test, row.control))
    utility = UTILITY_TITLES[study.utility].lower() if study.utility != "auc" else "AUC"
    return [
        {
            "Try": number,
            "Repair and settings": name,
            "What became of it": state,
            f"Gap and {utility}, validation rows": at(found),
            f"Test rows, with {level} interval": at(test, sure=True),
            "Its control, test rows": at(control),
        }
        for number, name, state, found, test, control in rows
    ]


def _form(screen: Screen) -> None:
    """Ask what to look for, and start."""
    plan = screen.plan
    now = plan.tuning if plan.tuning.trials else replace(_USUAL, group_by=_first_group(screen))
    key = f"tune_{crc32(repr((now, plan.roles)).encode('utf-8', 'replace')):08x}"
    with st.form(key, border=False):
        wanted = replace(now, **_goal(screen, now, key), **_limits(now, key))
        wanted = replace(wanted, methods=_methods(now, key))
        wanted = replace(wanted, **_effort(now, key))
        if st.form_submit_button("Search", type="primary", key=f"{key}_run"):
            _start(screen, wanted)


def _start(screen: Screen, wanted: Tuning) -> None:
    try:
        actions.tune(screen, wanted)
    except AuditError as error:
        message(error)
        return
    workspace.notify("The search has started.")
    st.rerun()


def _first_group(screen: Screen) -> str:
    row = overview.lead(screen.audit)
    return row.sensitive[0] if row is not None and len(row.sensitive) == 1 else screen.plan.roles.sensitive[0]


def _goal(screen: Screen, now: Tuning, key: str) -> dict[str, Any]:
    favourable, columns = screen.plan.roles.favourable, screen.plan.roles.sensitive
    words = dict(zip(columns, controls.distinct(columns), strict=True))
    groups = [*columns, "all"] if len(columns) > 1 else list(columns)
    criteria = list(dict.fromkeys([*CRITERIA, *MORE_CRITERIA, now.criterion]))
    with st.container(horizontal=True, gap="medium"):
        utility = st.selectbox(
            "Keep high",
            UTILITIES,
            index=UTILITIES.index(now.utility),
            format_func=lambda name: UTILITY_TITLES[name],
            key=f"{key}_utility",
            width=220,
        )
        criterion = st.selectbox(
            "Make the gap small in",
            criteria,
            index=criteria.index(now.criterion),
            format_func=lambda name: wording.short_title(name, favourable),
            key=f"{key}_criterion",
            width=300,
        )
        by = st.selectbox(
            "Between groups by",
            groups,
            index=groups.index(now.group_by) if now.group_by in groups else 0,
            format_func=lambda name: words.get(name, "All of them, combined"),
            key=f"{key}_by",
            width=220,
        )
    return {"utility": utility, "criterion": criterion, "group_by": by}


def _limits(now: Tuning, key: str) -> dict[str, Any]:
    with st.container(horizontal=True, gap="medium"):
        loss = st.number_input(
            "Lose at most, in points",
            min_value=0.0,
            max_value=100.0,
            value=None if now.most_loss is None else 100 * now.most_loss,
            step=0.5,
            placeholder="No limit",
            help="How much less than the model before is allowed. Among what keeps it, the smallest gap is wanted.",
            key=f"{key}_loss",
            width=220,
        )
        gap = st.number_input(
            "Gap of at most, in points",
            min_value=0.0,
            max_value=100.0,
            value=None if now.most_gap is None else 100 * now.most_gap,
            step=0.5,
            placeholder="No limit",
            help="Among what keeps it, the one that loses least is wanted. Without a limit, a point of gap counts as "
            "much as a point lost.",
            key=f"{key}_gap",
            width=220,
        )
    return {
        "most_loss": None if loss is None else round(loss / 100, 6),
        "most_gap": None if gap is None else round(gap / 100, 6),
    }


def _methods(now: Tuning, key: str) -> tuple[str, ...]:
    """Ask which repairs to search; without a choice they are all those that are quick."""
    specs = {name: spec for name, (spec, _) in catalogue().items()}
    quick = [name for name, spec in specs.items() if not spec.slow]
    chosen = st.multiselect(
        "Repairs",
        list(specs),
        default=[name for name in now.methods if name in specs],
        format_func=lambda name: f"{specs[name].title}{' (slow)' if specs[name].slow else ''}",
        placeholder=f"All {len(quick)} that take seconds",
        help="Each is tried with its usual settings first. Slow ones are tried on a quarter of the training rows "
        "before they get all of them.",
        key=f"{key}_methods",
    )
    return tuple(chosen)


def _effort(now: Tuning, key: str) -> dict[str, Any]:
    trials = sorted({*_TRIALS, now.trials})
    minutes = sorted({*_MINUTES, max(1, round(now.seconds / 60))})
    with st.container(horizontal=True, gap="medium"):
        most = st.selectbox(
            "Settings to try", trials, index=trials.index(now.trials), key=f"{key}_trials", width=160
        )
        until = st.selectbox(
            "For at most",
            minutes,
            index=minutes.index(max(1, round(now.seconds / 60))),
            format_func=lambda n: "1 minute" if n == 1 else f"{n} minutes",
            help="What was tried by then is kept, and the search can be continued. Measuring the best ones on the test "
            "rows comes on top.",
            key=f"{key}_minutes",
            width=160,
        )
        sampler = st.selectbox(
            "How settings are chosen",
            list(_SAMPLERS),
            index=list(_SAMPLERS).index(now.sampler),
            format_func=lambda name: _SAMPLERS[name],
            key=f"{key}_sampler",
            width=330,
        )
    return {"trials": most, "seconds": 60 * until, "sampler": sampler}
