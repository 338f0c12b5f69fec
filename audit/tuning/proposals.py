"""Which settings to try next, as Optuna proposes them from what was tried so far.

Every proposal starts its own random stream from the seed and its number, and Optuna's study is rebuilt from the list of
tries: so a search that was stopped goes on as if it had not been, and nothing of Optuna's is kept.

References
----------
.. [1] Akiba, Sano, Yanase, Ohta & Koyama (2019), "Optuna: a next-generation hyperparameter optimization framework", KDD.
.. [2] Ozaki, Tanigaki, Watanabe & Onishi (2020), "Multiobjective tree-structured Parzen estimator for computationally
   expensive optimization problems", GECCO.
.. [3] Deb, Pratap, Agarwal & Meyarivan (2002), "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE
   Transactions on Evolutionary Computation 6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.mitigation.catalogue import catalogue
from audit.tuning.space import Dimension, defaults, dimensions, named, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.mitigation.spec import Value

_STREAM: Final = 0x0971
"""Names the stream of random numbers that proposals are drawn from."""

_AGAIN: Final = 12
"""How often other settings are asked for where the proposed ones were tried already; then they are drawn at random."""

_AT_RANDOM: Final = 60
_POPULATION: Final = 20
_METHOD: Final = "method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Settings to try.

    Parameters
    ----------
    method : str
        Id of the mitigation.
    params : mapping
        Its settings that are searched.
    repeats : int
        How often settings came up first that had been tried already.
    kept : mapping
        What the sampler notes about it, such as its generation.
    """

    method: str
    params: Mapping[str, Value]
    repeats: int = 0
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a proposal, as the sampler is told.

    Parameters
    ----------
    proposal : Proposal
        What was tried.
    values : tuple of float or None
        Utility and gap; None where it was given up early.
    broken : mapping of str to float
        Each limit, and by how much it is broken; 0 or less where it is kept.
    """

    proposal: Proposal
    values: tuple[float, float] | None
    broken: Mapping[str, float]


class Proposer:
    """Proposes settings: first every method as it is, then what promises most.

    Parameters
    ----------
    methods : sequence of str
        Ids of the mitigations.
    sampler : {"tpe", "nsga2"}
        How settings are chosen.
    seed : int
        Where the draws start.
    """

    def __init__(self, methods: Sequence[str], *, sampler: str, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._methods = list(methods)
        self._sampler = sampler
        self._seed = seed
        self._tried: set[str] = set()
        self._told = 0
        self._space = {method: dimensions(catalogue()[method][0]) for method in methods}
        self._study = optuna.create_study(directions=["maximize", "minimize"])

    def tell(self, outcome: Outcome) -> None:
        """Note what came of a proposal.

        Parameters
        ----------
        outcome : Outcome
            Its values.
        """
        from optuna.trial import TrialState, create_trial

        proposal = outcome.proposal
        self._told += 1
        self._tried.add(_key(proposal.method, proposal.params))
        complete = outcome.values is not None
        space = {found.id: found for found in self._space[proposal.method]}
        self._study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if complete else TrialState.PRUNED,
                values=list(outcome.values) if outcome.values is not None else None,
                params={
                    _METHOD: proposal.method,
                    **{f"{proposal.method}.{name}": value for name, value in proposal.params.items()},
                },
                distributions={
                    _METHOD: self._method_distribution(),
                    **{f"{proposal.method}.{name}": _distribution(space[name]) for name in proposal.params},
                },
                system_attrs=dict(proposal.kept),
                constraints=dict(outcome.broken) if complete else None,
            )
        )

    def propose(self) -> Proposal | None:
        """Propose settings that have not been tried.

        Returns
        -------
        Proposal or None
            None where no other settings are found.
        """
        if self._told < len(self._methods):
            method = self._methods[self._told]
            return Proposal(method=method, params=defaults(method))
        for attempt in range(_AGAIN + _AT_RANDOM):
            found = self._ask(attempt)
            if _key(found.method, found.params) not in self._tried:
                return found
        return None

    def _ask(self, attempt: int) -> Proposal:
        from optuna.trial import TrialState

        self._study.sampler = self._fresh(attempt)
        trial = self._study.ask()
        method = trial.suggest_categorical(_METHOD, self._methods)
        params = {
            found.id: rounded(_suggested(trial, f"{method}.{found.id}", found), found)
            for found in self._space[method]
        }
        kept = self._study.get_trials(deepcopy=False)[trial.number].system_attrs
        # What becomes of it is told when it has been tried; until then the study knows nothing of it.
        self._study.tell(trial, state=TrialState.FAIL)
        return Proposal(method=method, params=params, repeats=attempt, kept=dict(kept))

    def _fresh(self, attempt: int) -> Any:
        """Make a sampler whose draws depend on nothing but the seed, the number of tries and the attempt."""
        from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

        stream = np.random.SeedSequence([self._seed, _STREAM, self._told, attempt])
        seed = int(stream.generate_state(1)[0])
        if attempt >= _AGAIN:
            return RandomSampler(seed=seed)
        if self._sampler == "nsga2":
            return NSGAIISampler(population_size=_POPULATION, seed=seed)
        return TPESampler(seed=seed, n_startup_trials=10)

    def _method_distribution(self) -> Any:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self._methods)


def _key(method: str, params: Mapping[str, Value]) -> str:
    return f"{method}: {named(params)}"


def _suggested(trial: Any, name: str, found: Dimension) -> Any:
    if found.kind == "choice":
        return trial.suggest_categorical(name, list(found.values))
    if found.kind == "int":
        return trial.suggest_int(name, int(found.low), int(found.high), log=found.log)
    return trial.suggest_float(name, found.low, found.high, log=found.log)


def _distribution(found: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if found.kind == "choice":
        return CategoricalDistribution(list(found.values))
    if found.kind == "int":
        return IntDistribution(int(found.low), int(found.high), log=found.log)
    return FloatDistribution(found.low, found.high, log=found.log)
