"""One try: repair the model on the rows without test rows, and see how it stands on the rows to compare on."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.attempt import run_once
from audit.before import GROUP_BY, own_params
from audit.bench import decide
from audit.errors import AuditError, Cancelled
from audit.mitigation.catalogue import catalogue, make
from audit.models.split import TEST, TRAIN
from audit.plan import MitigationChoice
from audit.progress import within
from audit.rows import plain
from audit.rows.studies import Standing
from audit.tuning.choose import Point, broken, promising
from audit.tuning.nested import thinned
from audit.tuning.proposals import Outcome, Proposal
from audit.tuning.standing import Target, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from audit.attempt import Attempt
    from audit.before import Before
    from audit.bench import Bench
    from audit.progress import Progress
    from audit.rows.studies import State
    from audit.work import Work

PART: Final = 0.25
"""Share of the training rows on which slow repairs are tried first."""

_WORTH_A_PART: Final = 4_000
"""Training rows below which everything is tried on all of them at once."""

_ALL_ALIKE: Final = 0.1
_WORST: Final = (0.0, 1.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one proposal.

    Parameters
    ----------
    number : int
        Its place in the search, from 1.
    proposal : Proposal
        What was tried.
    state : {"done", "pruned", "collapsed", "failed"}
        What became of it.
    reason : str
        Why it was not measured.
    found : Standing or None
        How it stands on the rows to compare on.
    part : tuple of float or None
        Utility and gap after a part of the training rows.
    """

    number: int
    proposal: Proposal
    state: State
    reason: str = ""
    found: Standing | None = None
    part: tuple[float, float] | None = None

    @property
    def point(self) -> Point | None:
        """Its place in the picture; None where it was not measured or decides the same for everybody."""
        known = self.state == "done" and self.found is not None
        if not known or self.found is None or self.found.utility is None or self.found.gap is None:
            return None
        return Point(number=self.number, utility=self.found.utility, gap=self.found.gap)

    def to_dict(self) -> dict[str, Any]:
        """Give the try as plain values for a journal.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back.
        """
        return plain(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Tried:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : mapping
            Plain values.

        Returns
        -------
        Tried
            The try.
        """
        return cls(
            number=int(raw["number"]),
            proposal=Proposal(**raw["proposal"]),
            state=raw["state"],
            reason=str(raw["reason"]),
            found=None if raw["found"] is None else Standing(**raw["found"]),
            part=None if raw["part"] is None else (float(raw["part"][0]), float(raw["part"][1])),
        )


@dataclass(slots=True, kw_only=True)
class Ground:
    """The rows that tries are made on, and what was trained on them without a repair.

    Parameters
    ----------
    work : Work
        The audit.
    bench : Bench
        Rows without the test rows of the audit.
    target : Target
        What is compared.
    reference : Standing
        The model without a repair on the rows to compare on.
    kept : dict of str to Before
        Models trained on these rows, by what is trained.
    thin : Bench or None
        The same with a part of the training rows, once it is needed.
    thin_kept : dict of str to Before
        Models trained on these.
    """

    work: Work
    bench: Bench
    target: Target
    reference: Standing
    kept: dict[str, Before] = field(default_factory=dict)
    thin: Bench | None = None
    thin_kept: dict[str, Before] = field(default_factory=dict)

    def attempt(self, proposal: Proposal, earlier: Sequence[Tried], progress: Progress) -> Tried:
        """Try settings, on a part of the training rows first where that saves much.

        Parameters
        ----------
        proposal : Proposal
            What to try.
        earlier : sequence of Tried
            What was tried before.
        progress : callable
            Where the work reports.

        Returns
        -------
        Tried
            What came of it; an error that an analyst could mend is its reason.
        """
        number = len(earlier) + 1
        part = None
        try:
            if self._worth_a_part(proposal.method):
                found = self._on_a_part(proposal, within(progress, 0.0, 0.3))
                part = None if found.utility is None or found.gap is None else (found.utility, found.gap)
                peers = [one.part for one in earlier if one.part is not None]
                if part is not None and not promising(
                    _point(number, part), [_point(0, peer) for peer in peers]
                ):
                    return Tried(
                        number=number,
                        proposal=proposal,
                        state="pruned",
                        reason="After a quarter of the training rows, most others were better.",
                        part=part,
                    )
                progress = within(progress, 0.3, 1.0)
            found = self._whole(proposal, progress)
        except Cancelled:
            raise
        except (AuditError, ArithmeticError, ValueError) as error:
            return Tried(number=number, proposal=proposal, state="failed", reason=_reason(error), part=part)
        state, reason = self._state(found)
        return Tried(number=number, proposal=proposal, state=state, reason=reason, found=found, part=part)

    def outcome(self, tried: Tried) -> Outcome:
        """Say what the sampler learns from a try.

        Parameters
        ----------
        tried : Tried
            What came of it.

        Returns
        -------
        Outcome
            Its values and the limits; the worst that there is where it is impossible.
        """
        point, tuning = tried.point, self.work.plan.tuning
        if tried.state == "pruned":
            return Outcome(proposal=tried.proposal, values=None, broken={})
        if point is None:
            return Outcome(proposal=tried.proposal, values=_WORST, broken={"impossible": 1.0})
        limits = broken(point.utility, point.gap, self.reference.utility or 0.0, tuning)
        return Outcome(proposal=tried.proposal, values=(point.utility, point.gap), broken=limits)

    def _worth_a_part(self, method: str) -> bool:
        learned = int(np.count_nonzero(self.bench.split == TRAIN))
        return catalogue()[method][0].slow and learned >= _WORTH_A_PART

    def _on_a_part(self, proposal: Proposal, progress: Progress) -> Standing:
        if self.thin is None:
            self.thin = thinned(self.bench, PART, self.work.plan.seed)
        choice = choice_of(proposal, self.target)
        before = self.work.before(choice, self.thin, self.thin_kept)
        return after(repaired(self.thin, self.work, choice, before, progress), self.target)

    def _whole(self, proposal: Proposal, progress: Progress) -> Standing:
        choice = choice_of(proposal, self.target)
        before = self.work.before(choice, self.bench, self.kept)
        return after(repaired(self.bench, self.work, choice, before, progress), self.target)

    def _state(self, found: Standing) -> tuple[State, str]:
        """Tell a repair from one that decides the same for nearly everybody, whose gap says nothing."""
        if found.utility is None:
            return "failed", "Its scores are not known, so they cannot be ranked."
        if found.gap is None:
            return "failed", "Its gap is not estimable on the validation rows."
        usual, now = self.reference.selected or 0.0, found.selected or 0.0
        edge = _ALL_ALIKE * min(usual, 1 - usual)
        if edge < now < 1 - edge:
            return "done", ""
        word = "nobody" if now <= edge else "everybody"
        return "collapsed", f"It selects nearly {word}, so that its gap says nothing."


def choice_of(proposal: Proposal, target: Target) -> MitigationChoice:
    """Give a proposal as a plan holds it.

    Parameters
    ----------
    proposal : Proposal
        What is tried.
    target : Target
        Whose groups it works on.

    Returns
    -------
    MitigationChoice
        With the columns whose groups are compared.
    """
    by = target.sensitive[0] if len(target.sensitive) == 1 else "all"
    return MitigationChoice(id=proposal.method, params={GROUP_BY: by, **proposal.params})


def repaired(
    bench: Bench, work: Work, choice: MitigationChoice, before: Before, progress: Progress
) -> Attempt:
    """Run a mitigation once.

    Parameters
    ----------
    bench : Bench
        The rows.
    work : Work
        The audit.
    choice : MitigationChoice
        The mitigation.
    before : Before
        The model it starts from.
    progress : callable
        Where the work reports.

    Returns
    -------
    Attempt
        The model after.
    """
    method = make(choice.id, own_params(choice))
    return run_once(bench, work.plan, choice, method, before, aids=work.aids, progress=progress)


def after(done: Attempt, target: Target) -> Standing:
    """Say how a repaired model stands on the rows that are measured.

    Parameters
    ----------
    done : Attempt
        The run.
    target : Target
        What is compared.

    Returns
    -------
    Standing
        Utility and gap.
    """
    rows = done.bench.rows(TEST)
    score: NDArray[np.float64] | None = None
    if target.utility == "auc" and done.repaired.score is not None:
        score = np.asarray(done.repaired.score(done.bench.frame.loc[rows], done.group), dtype=np.float64)
    return standing(done.bench, rows, done.decisions["after"], score, target)[0]


def without_repair(before: Before, bench: Bench, target: Target) -> tuple[Standing, float | None]:
    """Say how the model without a repair stands on the rows that are measured.

    Parameters
    ----------
    before : Before
        The model.
    bench : Bench
        The rows that it was trained on.
    target : Target
        What is compared.

    Returns
    -------
    standing : Standing
        Utility and gap.
    chance : float or None
        The gap that chance alone would show.
    """
    decisions = decide(before.score, before.threshold)
    return standing(bench, bench.rows(TEST), decisions, before.score, target)


def controlled(done: Attempt, target: Target) -> Standing | None:
    """Say how the model before stands at the selection rate of the repaired one.

    Parameters
    ----------
    done : Attempt
        The run.
    target : Target
        What is compared.

    Returns
    -------
    Standing or None
        None where its scores do not allow it.
    """
    decisions = done.decisions.get("control")
    if decisions is None:
        return None
    return standing(done.bench, done.bench.rows(TEST), decisions, done.before.score, target)[0]


def _point(number: int, part: tuple[float, float]) -> Point:
    return Point(number=number, utility=part[0], gap=part[1])


def _reason(error: Exception) -> str:
    if isinstance(error, AuditError):
        return f"{error.what} {error.why}".strip()
    _log.info("a try of a search broke", exc_info=error)
    return f"The method broke on these settings ({type(error).__name__})."


def as_row(tried: Tried) -> dict[str, Any]:
    """Give what a row of a study takes over from a try.

    Parameters
    ----------
    tried : Tried
        The try.

    Returns
    -------
    dict
        Fields of :class:`audit.rows.studies.StudyRow`.
    """
    return {
        "number": tried.number,
        "method": tried.proposal.method,
        "title": catalogue()[tried.proposal.method][0].title,
        "state": tried.state,
        "reason": tried.reason,
        "validation": tried.found,
    }
