"""Models that were trained here, written as scikit-learn pipelines and as ONNX graphs: the same scores on any row."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from audit.errors import ModelError
from audit.models.baseline import Fitted, fit_baseline, mean_of
from audit.models.grouped import CanonicalTexts
from audit.models.isolated import score_isolated
from audit.models.onnx_file import open_onnx, score_onnx
from audit.models.onnx_write import to_onnx
from audit.models.pipeline import as_pipeline
from audit.models.skops_write import to_skops
from audit.models.upload import inspect_model
from tests.handing import ALGORITHMS, EXACT, frame, people, strange, through_the_door, trained


@pytest.fixture(scope="module")
def models():
    known = {}

    def get(algorithm, *, odd=False):
        if (algorithm, odd) not in known:
            known[algorithm, odd] = trained(algorithm, odd=odd)
        return known[algorithm, odd]

    return get


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_pipeline_gives_the_same_scores_on_any_row(algorithm, odd, models):
    fitted, seen = models(algorithm, odd=odd)
    rows = strange(odd=odd)
    found = as_pipeline(fitted, seen).predict_proba(rows[list(fitted.features)])[:, 1]
    np.testing.assert_allclose(found, fitted.score(rows), atol=EXACT[algorithm], rtol=0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_graph_gives_the_same_scores_on_any_row(algorithm, models):
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    session = open_onnx(to_onnx(fitted, seen), name="model.onnx")
    names = [source.name for source in session.get_inputs()]
    assert sorted(names) == sorted(fitted.features)
    answers = score_onnx(session, rows[names], lambda _: None)
    np.testing.assert_allclose(answers.table[:, 1], fitted.score(rows), atol=EXACT[algorithm], rtol=0)
    assert ((answers.labels == 1) == (answers.table[:, 1] > 0.5)).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_skops_door_takes_the_pipeline(algorithm, models, tmp_path):
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    scored, described = through_the_door(to_skops(as_pipeline(fitted, seen)), rows, tmp_path)
    np.testing.assert_allclose(scored.score, fitted.score(rows), atol=EXACT[algorithm], rtol=0)
    assert described["refittable"]
    numbers = {each["name"] for each in described["inputs"] if each["dtype"] == "number"}
    assert numbers == {"age", "x", "flag"}


def test_both_doors_take_the_files_in_a_process_of_their_own(models, tmp_path):
    algorithm = "gradient_boosting"
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    for name, content in (
        ("model.skops", to_skops(as_pipeline(fitted, seen))),
        ("model.onnx", to_onnx(fitted, seen)),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        info = inspect_model(path, name=name)
        assert sorted(info.feature_names) == sorted(fitted.features)
        scored = score_isolated(path, info, rows, (), positive="1")
        np.testing.assert_allclose(scored.score, fitted.score(rows), atol=EXACT[algorithm], rtol=0)


def test_a_plain_model_holds_no_type_of_this_project(models):
    import skops.io

    for algorithm in ALGORITHMS:
        fitted, seen = models(algorithm)
        asked = skops.io.get_untrusted_types(data=to_skops(as_pipeline(fitted, seen)))
        assert not [name for name in asked if name.startswith("audit.")]


def test_dates_are_days_in_the_pipeline_and_no_graph_is_written(tmp_path):
    table = frame(800, 0).assign(when=pd.date_range("2001-01-01", periods=800))
    fitted = fit_baseline("logistic_regression", table, (table["x"] > 0).astype(int).to_numpy(), seed=0)
    pipeline = as_pipeline(fitted, table)
    np.testing.assert_allclose(
        pipeline.predict_proba(table[list(fitted.features)])[:, 1], fitted.score(table), atol=1e-9
    )
    scored, _ = through_the_door(to_skops(pipeline), table, tmp_path)
    np.testing.assert_allclose(scored.score, fitted.score(table), atol=1e-9)
    with pytest.raises(ModelError, match="dates"):
        to_onnx(fitted, table)


def test_the_same_model_gives_the_same_bytes_without_pickle_or_time(models):
    for algorithm in ALGORITHMS:
        (one, seen), (two, _) = models(algorithm), trained(algorithm)
        first, second = to_skops(as_pipeline(one, seen)), to_skops(as_pipeline(two, seen.copy()))
        assert first == second
        assert to_onnx(one, seen) == to_onnx(two, seen)
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            names = archive.namelist()
            assert all(name == "schema.json" or name.endswith(".npy") for name in names)
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_rare_values_of_people_are_not_in_the_files(models):
    fitted, seen = models("gradient_boosting")
    rare = seen["rare"].value_counts()
    rare = [name for name in rare.index[rare < 10] if len(name) == 3]
    assert rare
    graph = to_onnx(fitted, seen)
    archive = zipfile.ZipFile(io.BytesIO(to_skops(as_pipeline(fitted, seen))))
    inside = b"".join(archive.read(name) for name in archive.namelist())
    for name in rare:
        assert name.encode() not in graph
        assert f'"{name}"'.encode() not in inside
        assert f'\\"{name}\\"'.encode() not in inside


def test_any_classifier_on_the_same_matrix_is_handed_over():
    from sklearn.naive_bayes import BernoulliNB

    from audit.models.baseline import linear, one_hot

    fitted, seen = trained("logistic_regression")
    dense = one_hot(fitted.encoder, seen)
    label = (seen["x"] > 0).astype(int).to_numpy()
    other = linear(fitted.encoder, BernoulliNB().fit(dense, label), title="other")
    rows = strange()
    found = as_pipeline(other, seen).predict_proba(rows[list(other.features)])[:, 1]
    np.testing.assert_allclose(found, other.score(rows), atol=1e-9)


def test_a_mean_of_several_models_is_a_vote_and_one_graph(models, tmp_path):
    members = [(2.0, models(name, odd=True)[0]) for name in ALGORITHMS]
    vote, seen = mean_of([*members, (0.0, members[0][1])], title="vote"), models("mlp", odd=True)[1]
    assert len(vote.members) == 3
    rows = strange(odd=True)
    scored, _ = through_the_door(to_skops(as_pipeline(vote, seen)), rows, tmp_path)
    np.testing.assert_allclose(scored.score, vote.score(rows), atol=1e-6, rtol=0)
    session = open_onnx(to_onnx(vote, seen), name="model.onnx")
    names = [source.name for source in session.get_inputs()]
    assert sorted(names) == sorted(vote.features)
    answers = score_onnx(session, rows[names], lambda _: None)
    np.testing.assert_allclose(answers.table[:, 1], vote.score(rows), atol=1e-6, rtol=0)


def test_what_was_not_trained_here_is_refused_with_the_reason():
    unknown = Fitted(title="?", features=("x",), notes=(), predict=lambda rows: rows["x"].to_numpy())
    for write in (as_pipeline, to_onnx):
        with pytest.raises(ModelError) as caught:
            write(unknown, pd.DataFrame({"x": [1.0]}))
        assert caught.value.code == "model_not_portable"
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(ModelError, match="trusted list"):
        to_skops(FunctionTransformer(people))


def test_texts_are_brought_into_their_one_form():
    found = CanonicalTexts().fit_transform(pd.DataFrame({"a": [" x ", 1.0, "1.0", None, "  ", np.nan]}))
    assert found[:3, 0].tolist() == ["x", "1", "1"]
    assert pd.isna(found[3:, 0]).all()
