"""Which types a skops file may hold, beyond the plain estimators that skops itself trusts.

Every name was read: each only holds numbers and settings, and building it runs no code of the file's choice. Trees
and neighbour indexes are read without bounds checks by scikit-learn, so a forged file can crash the process that
predicts with it: that is the worker process, never the application. The types of this project are the parts of models
that it hands over itself (:mod:`audit.models.grouped`, :mod:`audit.models.changed`); they compare, look up and add.
Functions, partial functions, operators and bound methods are never trusted.
"""

from __future__ import annotations

from typing import Final

TRUSTED_TYPES: Final = frozenset(
    {
        "audit.models.changed.MovedByGroup",
        "audit.models.changed.OnChanged",
        "audit.models.changed.RanksOfGroups",
        "audit.models.changed.Resemblances",
        "audit.models.changed.Several",
        "audit.models.grouped.CanonicalTexts",
        "audit.models.grouped.Drawn",
        "audit.models.grouped.GroupThresholds",
        "audit.models.grouped.Numbers",
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Fully qualified names, as skops reports them."""
