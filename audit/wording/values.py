"""What each measure of predicted numbers is called, how it is read and what it does not tell."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.metrics import MetricText

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGARWAL: Final = (
    "A. Agarwal, M. Dudík, Z. S. Wu (2019). Fair regression: quantitative definitions and reduction-based "
    "algorithms. arXiv:1905.12843"
)
_WILLMOTT: Final = (
    "C. J. Willmott, K. Matsuura (2005). Advantages of the mean absolute error (MAE) over the root mean square error "
    "(RMSE) in assessing average model performance. doi:10.3354/cr030079"
)
_BONETT: Final = (
    "D. G. Bonett (2006). Approximate confidence interval for standard deviation of nonnormal distributions. "
    "doi:10.1016/j.csda.2004.10.003"
)
_CALDERS: Final = (
    "T. Calders, A. Karim, F. Kamiran, W. Ali, X. Zhang (2013). Controlling attribute effect in linear regression. "
    "doi:10.1109/ICDM.2013.114"
)
_NOBODY: Final = "With fewer than two people in the group there is no interval, and so no value."

VALUE_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        item.id: item
        for item in (
            MetricText(
                id="mean_error",
                title="Predicted too high or too low (mean error)",
                short="Predicted too high or too low",
                term="mean error",
                symbol="ME",
                reading="How much too high the prediction is on average; below zero it is too low.",
                formula="mean of (prediction − label)",
                latex=r"\mathrm{ME} = \frac{1}{n}\sum_i (\hat{y}_i - y_i)",
                typst='"ME" = 1/n sum_i (hat(y)_i - y_i)',
                caution="Errors upwards and downwards cancel: a mean of zero does not mean small errors.",
                undefined=_NOBODY,
                references=(_CALDERS,),
                unit="label",
                better="neither",
            ),
            MetricText(
                id="mean_absolute_error",
                title="Size of the error (mean absolute error)",
                short="Size of the error",
                term="mean absolute error",
                symbol="MAE",
                reading="How far the prediction is from the label on average, in either direction.",
                formula="mean of |prediction − label|",
                latex=r"\mathrm{MAE} = \frac{1}{n}\sum_i |\hat{y}_i - y_i|",
                typst='"MAE" = 1/n sum_i abs(hat(y)_i - y_i)',
                caution="It does not tell in which direction the errors go. Where labels vary more, errors are larger.",
                undefined=_NOBODY,
                references=(_WILLMOTT, _AGARWAL),
                unit="label",
                better="lower",
            ),
            MetricText(
                id="root_mean_squared_error",
                title="Size of large errors (root mean squared error)",
                short="Size of large errors",
                term="root mean squared error",
                symbol="RMSE",
                reading="How far the prediction is from the label, where large errors count for more.",
                formula="square root of the mean of (prediction − label)²",
                latex=r"\mathrm{RMSE} = \sqrt{\frac{1}{n}\sum_i (\hat{y}_i - y_i)^2}",
                typst='"RMSE" = sqrt(1/n sum_i (hat(y)_i - y_i)^2)',
                caution="A few very large errors can decide it. Where labels vary more, errors are larger.",
                undefined=_NOBODY,
                references=(_WILLMOTT, _BONETT, _AGARWAL),
                unit="label",
                better="lower",
            ),
            MetricText(
                id="r_squared",
                title="Explained within the group (R squared)",
                short="Explained within the group",
                term="R squared",
                symbol="R²",
                reading="How much better the prediction is than the group's own mean label: 1 is perfect, 0 no better.",
                formula="1 − mean of (prediction − label)² / variance of the label in the group",
                latex=r"R^2 = 1 - \frac{\sum_i (\hat{y}_i - y_i)^2}{\sum_i (y_i - \bar{y}_g)^2}",
                typst="R^2 = 1 - (sum_i (hat(y)_i - y_i)^2) / (sum_i (y_i - macron(y)_g)^2)",
                caution="It depends on how much labels vary within the group: a group of similar people scores lower "
                "with the same errors.",
                undefined="When everybody in the group has the same label, or fewer than two people are in it.",
                unit="index",
                better="higher",
            ),
            MetricText(
                id="mean_prediction",
                title="Predicted on average (mean prediction)",
                short="Predicted on average",
                term="mean prediction",
                symbol="MP",
                reading="The average of the predicted numbers.",
                formula="mean of the predictions",
                latex=r"\mathrm{MP} = \frac{1}{n}\sum_i \hat{y}_i",
                typst='"MP" = 1/n sum_i hat(y)_i',
                caution="It does not look at the label: a difference can mirror a difference that really came about.",
                undefined=_NOBODY,
                references=(_CALDERS, _AGARWAL),
                unit="label",
                better="neither",
            ),
        )
    }
)
"""The texts by id."""
