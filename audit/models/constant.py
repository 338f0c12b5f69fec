"""A model that says the same about everybody: what training comes to where one label is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.models.baseline import Fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


def always(label: int, features: Sequence[str]) -> Fitted:
    """Give the model that always says one label.

    Parameters
    ----------
    label : int
        0 or 1.
    features : sequence of str
        The columns that it is run on; it looks at none of them.

    Returns
    -------
    Fitted
        Its score is the label.
    """
    import pandas as pd
    from sklearn.dummy import DummyClassifier

    made = DummyClassifier(strategy="constant", constant=label)
    made.fit(pd.DataFrame(np.zeros((2, len(features))), columns=list(features)), [0, 1])

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.full(len(frame), float(label))

    return Fitted(
        title="The same for everybody",
        features=tuple(features),
        notes=(),
        predict=predict,
        estimator=made,
    )
