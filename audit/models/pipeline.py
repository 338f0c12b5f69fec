"""A model that was trained here as a plain scikit-learn pipeline over the raw columns: the same scores, no code of ours.

The pipeline imputes, marks, scales and encodes as :class:`audit.models.features.Encoder` does, and a fitted scikit-learn
classifier follows. Where columns hold dates, or texts that are not written in their one form, a small step of
:mod:`audit.models.grouped` comes before, and the file then loads only where this project is installed.
"""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.errors import ModelError, quote
from audit.models.columns import column_kind
from audit.models.features import RARE
from audit.values import canonical

if TYPE_CHECKING:
    from audit.models.baseline import Fitted
    from audit.models.features import Encoder, LevelColumn

_OTHERS: Final = "(other values)"
_MISSING_LAST: Final = "\U0010fffd(missing)"
"""Comes after every text when sorted."""


def as_pipeline(fitted: Fitted, frame: pd.DataFrame) -> Any:
    """Build the pipeline of a model that was trained here.

    Parameters
    ----------
    fitted : Fitted
        The model, with its encoder and its estimator.
    frame : pandas.DataFrame
        Rows with its features: they say in which columns values have to be brought into their one form first.

    Returns
    -------
    scikit-learn classifier
        Fitted; takes a table with the features and gives the same scores. A fresh copy of an uploaded model is itself.

    Raises
    ------
    ModelError
        With code "model_not_portable" where the model is none that scikit-learn has.
    """
    if fitted.members:
        return _vote(fitted, frame)
    encoder, estimator = fitted.encoder, fitted.estimator
    if estimator is None:
        raise not_portable("it was not trained here on columns that are known")
    if encoder is None:
        return estimator
    kind = type(estimator).__name__
    if kind == "HistGradientBoostingClassifier":
        return _joined(_codes(encoder, frame), [], boosted(estimator, encoder))
    if kind == "Network":
        return _joined(_one_hot(encoder, frame), [], perceptron(estimator, order(encoder)))
    if not hasattr(estimator, "predict_proba") or not hasattr(estimator, "classes_"):
        raise not_portable(f"{quote(kind)} gives no probabilities as a scikit-learn classifier does")
    wanted = order(encoder)
    if (wanted == np.arange(len(wanted))).all():
        return _joined(_one_hot(encoder, frame), [], estimator)
    if kind == "LogisticRegression":
        turned = copy.deepcopy(estimator)
        turned.coef_ = turned.coef_[:, wanted]
        return _joined(_one_hot(encoder, frame), [], turned)
    return _joined(_one_hot(encoder, frame), [("order", _reordered(wanted))], estimator)


def _vote(fitted: Fitted, frame: pd.DataFrame) -> Any:
    """Join several models: scikit-learn's vote where it is the mean of models that look at the same columns."""
    parts = [as_pipeline(one, frame) for _, one in fitted.members]
    looks = {tuple(getattr(part, "feature_names_in_", ())) for part in parts}
    plain = not fitted.drawn and all(hasattr(part, "predict_proba") for part in parts)
    if plain and len(looks) == 1 and looks != {()}:
        return _voting(parts, [share for share, _ in fitted.members])
    from audit.models.changed import Several

    named = () not in looks
    made = Several(
        estimators=parts,
        shares=[float(share) for share, _ in fitted.members],
        drawn=fitted.drawn,
        features=None if named else list(fitted.features),
        named=named,
    )
    return made.take(parts)


def _voting(parts: list[Any], shares: list[float]) -> Any:
    from sklearn.ensemble import VotingClassifier
    from sklearn.preprocessing import LabelEncoder
    from sklearn.utils import Bunch

    members = [(f"model {at + 1}", part) for at, part in enumerate(parts)]
    made = VotingClassifier(members, voting="soft", weights=shares)
    made.estimators_ = parts
    made.named_estimators_ = Bunch(**dict(members))
    made.le_ = LabelEncoder().fit([0, 1])
    made.classes_ = made.le_.classes_
    made.feature_names_in_ = parts[0].feature_names_in_
    return made


def not_portable(why: str) -> ModelError:
    """Say why a model cannot be handed over.

    Parameters
    ----------
    why : str
        The reason, as the end of a sentence.

    Returns
    -------
    ModelError
        The error.
    """
    return ModelError(
        "The model cannot be handed over as a file.",
        why=f"{why[:1].upper()}{why[1:]}.",
        fix="Adopt another repair, or run this one where the data are.",
        code="model_not_portable",
    )


def order(encoder: Encoder) -> Any:
    """Say where each column of scikit-learn's matrix lies in ours: missing values come before rare ones there.

    Parameters
    ----------
    encoder : Encoder
        How columns become numbers.

    Returns
    -------
    ndarray of int64
        For each column of the pipeline's matrix its position in :func:`audit.models.baseline.one_hot`.
    """
    start = len(encoder.numbers) + sum(column.indicator for column in encoder.numbers)
    places = list(range(start))
    for column in encoder.texts:
        own = list(range(start, start + column.width))
        if column.infrequent and column.missing:
            own[-2:] = own[:-3:-1]
        places += own
        start += column.width
    return np.array(places, dtype=np.int64)


def perceptron(network: Any, wanted: Any) -> Any:
    """Write a network of this project as scikit-learn's: sums of learned vectors are a linear layer on 0 and 1.

    Parameters
    ----------
    network : audit.models.network.Network
        The network.
    wanted : ndarray of int64
        The order of the inputs, from :func:`order`.

    Returns
    -------
    sklearn.neural_network.MLPClassifier
        With the same weights.

    Raises
    ------
    ModelError
        Where its layers are others than scikit-learn knows.
    """
    from sklearn.neural_network import MLPClassifier

    weights, offsets = layers(network)
    weights[0] = weights[0][wanted]
    hidden = tuple(each.shape[1] for each in weights[:-1])
    made = MLPClassifier(hidden_layer_sizes=hidden, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.fit(np.zeros((4, len(weights[0]))), [0, 1, 0, 1])
    made.coefs_, made.intercepts_ = weights, offsets
    # What the training of four made-up rows left behind says nothing about this model.
    made.loss_curve_, made.loss_, made.best_loss_ = [], 0.0, None
    return made.set_params(max_iter=200)


def layers(network: Any) -> tuple[list[Any], list[Any]]:
    """Read the weights of a network as matrices.

    Parameters
    ----------
    network : audit.models.network.Network
        The network.

    Returns
    -------
    weights : list of ndarray of float64
        One matrix for each layer, from inputs to outputs.
    offsets : list of ndarray of float64
        What is added after each.

    Raises
    ------
    ModelError
        Where there are layers between that are not known.
    """

    def numbers(tensor: Any) -> Any:
        return tensor.detach().numpy().astype(np.float64)

    net = network.net
    levels = numbers(net.levels.weight)[:-1]
    weights = [np.vstack([numbers(net.numbers.weight).T, levels])]
    offsets = [numbers(net.numbers.bias)]
    for layer in net.rest:
        name = type(layer).__name__
        if name == "Linear":
            weights.append(numbers(layer.weight).T.copy())
            offsets.append(numbers(layer.bias))
        elif name not in {"ReLU", "Dropout"}:
            raise not_portable(f"the network has layers of a kind that scikit-learn lacks ({name})")
    return weights, offsets


def _joined(encode: Any, between: list[tuple[str, Any]], model: Any) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline([("encode", encode), *between, ("model", model)])


def _reordered(wanted: Any) -> Any:
    """Put the columns of a matrix into the order that a classifier was trained on."""
    from sklearn.compose import ColumnTransformer

    back = np.argsort(wanted)
    made = ColumnTransformer([("columns", "passthrough", back.tolist())])
    made.fit(np.zeros((2, len(back))))
    return made


def _one_hot(encoder: Encoder, frame: pd.DataFrame) -> Any:
    """Impute, scale and mark numbers; one column of 0 and 1 for each level."""
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    parts: list[tuple[str, list[Any], list[str]]] = []
    for at, (dated, names) in enumerate(_by_need(encoder, frame)):
        first = [_days()] if dated else []
        parts.append(
            (f"numbers {at + 1}", [*first, SimpleImputer(strategy="median"), StandardScaler()], names)
        )
    marked = [column.name for column in encoder.numbers if column.indicator]
    for name in marked:
        first = [_days()] if _dated(frame[name]) else []
        parts.append((f"missing: {name}", [*first, MissingIndicator(features="all")], [name]))
    for column in encoder.texts:
        first = [_texts()] if _needs_texts(frame[column.name]) else []
        made = OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=RARE if column.infrequent else None
        )
        parts.append((f"levels: {column.name}", [*first, made], [column.name]))
    return _set(_fitted(parts, encoder, frame), encoder)


def _codes(encoder: Encoder, frame: pd.DataFrame) -> Any:
    """One code for each level, then numbers as they are."""
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OrdinalEncoder, StandardScaler

    parts: list[tuple[str, list[Any], list[str]]] = []
    for column in encoder.texts:
        steps: list[Any] = [_texts()] if _needs_texts(frame[column.name]) else []
        both = column.infrequent and column.missing
        if column.missing and not both:
            steps.append(SimpleImputer(strategy="constant", fill_value=_MISSING_LAST))
        steps.append(
            OrdinalEncoder(
                handle_unknown="use_encoded_value",
                unknown_value=np.nan,
                encoded_missing_value=-1 if both else np.nan,
            )
        )
        if column.infrequent:
            steps.append(SimpleImputer(strategy="constant", fill_value=float(len(column.levels))))
        if both:
            steps.append(
                SimpleImputer(missing_values=-1, strategy="constant", fill_value=float(column.width - 1))
            )
        parts.append((f"levels: {column.name}", steps, [column.name]))
    for at, (dated, names) in enumerate(_by_need(encoder, frame)):
        first = [_days()] if dated else []
        parts.append((f"numbers {at + 1}", [*first, StandardScaler(with_mean=False, with_std=False)], names))
    return _fitted(parts, encoder, frame, rare=False)


def _by_need(encoder: Encoder, frame: pd.DataFrame) -> list[tuple[bool, list[str]]]:
    """Group neighbouring number columns by whether they are dates; the order of columns stays."""
    runs: list[tuple[bool, list[str]]] = []
    for column in encoder.numbers:
        dated = _dated(frame[column.name])
        if runs and runs[-1][0] == dated:
            runs[-1][1].append(column.name)
        else:
            runs.append((dated, [column.name]))
    return runs


def _fitted(
    parts: list[tuple[str, list[Any], list[str]]],
    encoder: Encoder,
    frame: pd.DataFrame,
    *,
    rare: bool = True,
) -> Any:
    """Fit the parts on a made-up table that has every level as often as it must; no row of the data is used."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    made = ColumnTransformer(
        [
            (name, steps[0] if len(steps) == 1 else make_pipeline(*steps), columns)
            for name, steps, columns in parts
        ],
        verbose_feature_names_out=False,
    )
    columns = {column.name: _values(column, rare=rare) for column in encoder.texts}
    length = max([2, *(len(values) for values in columns.values())])
    table = {column.name: np.linspace(0.0, 1.0, length) for column in encoder.numbers}
    table |= {
        name: np.array([*values, *[values[0]] * (length - len(values))], dtype=object)
        for name, values in columns.items()
    }
    example = pd.DataFrame(table)[list(encoder.features)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.fit(example)
    del frame
    return made


def _values(column: LevelColumn, *, rare: bool) -> list[Any]:
    values: list[Any] = [level for level in column.levels for _ in range(RARE)]
    values += [np.nan] * (RARE * column.missing)
    if column.infrequent and rare:
        name = _OTHERS
        while name in column.levels:
            name += "'"
        values.append(name)
    return values or [_OTHERS]


def _set(made: Any, encoder: Encoder) -> Any:
    """Put what was learned from the training rows into the imputers and scalers."""
    known = {column.name: column for column in encoder.numbers}
    for name, part, columns in made.transformers_:
        if not name.startswith("numbers "):
            continue
        fill, scale = part.steps[-2][1], part.steps[-1][1]
        mine = [known[column] for column in columns]
        fill.statistics_ = np.array([column.median for column in mine])
        scale.mean_ = np.array([column.mean for column in mine])
        scale.scale_ = np.array([column.scale for column in mine])
        scale.var_ = scale.scale_**2
    return made


def _dated(series: pd.Series[Any]) -> bool:
    return column_kind(series) == "date" or pd.api.types.is_timedelta64_dtype(series.dtype)


def _needs_texts(series: pd.Series[Any]) -> bool:
    """Whether some value is not written in the one form under which it is compared."""
    values = pd.unique(series.dropna().astype(object))
    return any(not isinstance(value, str) or canonical(value) != value for value in values)


def _days() -> Any:
    from audit.models.grouped import Numbers

    return Numbers()


def _texts() -> Any:
    from audit.models.grouped import CanonicalTexts

    return CanonicalTexts()


def boosted(estimator: Any, encoder: Encoder) -> Any:
    """Give gradient boosting that takes codes of levels first and numbers after them, as it computes inside.

    Parameters
    ----------
    estimator : sklearn.ensemble.HistGradientBoostingClassifier
        Trained on numbers and then codes.
    encoder : Encoder
        How columns become numbers.

    Returns
    -------
    sklearn.ensemble.HistGradientBoostingClassifier
        The same trees without the function that it orders columns with, which no file may hold.

    Raises
    ------
    ModelError
        Where it was trained on other columns or codes.
    """
    wrong = not_portable("the trees were trained on other columns or codes than the encoder's")
    if estimator.n_features_in_ != len(encoder.features):
        raise wrong
    inside = getattr(estimator, "_preprocessor", None)
    if inside is None:
        return estimator
    known = [np.asarray(codes, dtype=float) for codes in inside.named_transformers_["encoder"].categories_]
    widths = [column.width for column in encoder.texts]
    if [codes[~np.isnan(codes)].tolist() for codes in known] != [list(range(width)) for width in widths]:
        raise wrong
    turned = copy.deepcopy(estimator)
    turned._preprocessor = None  # noqa: SLF001 - the codes are what it would make of them
    return turned.set_params(
        categorical_features=[True] * len(encoder.texts) + [False] * len(encoder.numbers)
    )
