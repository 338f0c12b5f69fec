"""Names the classes of a model for labels whose positive value is 0."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np


def turned_round(model: Any) -> Any:
    """Give the same model with the names of its two classes changed over.

    Parameters
    ----------
    model : scikit-learn classifier
        Fitted on 1 for the positive label and 0 for any other.

    Returns
    -------
    scikit-learn classifier
        A copy whose second class is called 0: what it says of the positive label is unchanged, and who reads it by the
        label's own values reads it right.
    """
    made = copy.copy(model)
    if hasattr(made, "steps"):
        name, last = made.steps[-1]
        made.steps = [*made.steps[:-1], (name, turned_round(last))]
        return made
    made.classes_ = np.array([1, 0])
    # Votes and networks look their answers up in a table of their own.
    for table in ("le_", "_label_binarizer"):
        if hasattr(made, table):
            own = copy.copy(getattr(made, table))
            own.classes_ = made.classes_
            setattr(made, table, own)
    return made
