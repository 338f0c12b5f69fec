"""Models run in a process of their own: right answers, and limits that hold."""

from __future__ import annotations

import os
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from audit.errors import Cancelled, JobFailed, ModelError
from audit.models import process
from audit.models.isolated import refit, score_isolated
from audit.models.onnx_file import inspect_onnx, open_onnx, score_onnx
from audit.models.outputs import interpret
from audit.models.upload import ModelInfo, fingerprint, inspect_model

COEF, BIAS = np.array([1.0, -2.0]), 0.5


def model_bytes(nodes, inputs, outputs, initial=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initial))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=9, producer_name="tests"
    ).SerializeToString()


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, list(shape))


def tensor_model(rows="N", kind=TensorProto.FLOAT):
    """One input of two numbers; the log-odds are x0 - 2 x1 + 0.5."""
    weight = helper.make_tensor("W", TensorProto.FLOAT, [2, 1], COEF)
    bias = helper.make_tensor("B", TensorProto.FLOAT, [1], [BIAS])
    nodes = [
        helper.make_node("Cast", ["X"], ["F"], to=TensorProto.FLOAT),
        helper.make_node("Gemm", ["F", "W", "B"], ["Z"]),
        helper.make_node("Sigmoid", ["Z"], ["P"]),
    ]
    return model_bytes(
        nodes, [value("X", kind, rows, 2)], [value("P", TensorProto.FLOAT, rows, 1)], [weight, bias]
    )


def named_model(*, zipmap=False):
    """Inputs age (number) and sex (text), labels no and yes: the log-odds of yes are age + 1 for F, age - 1 for M."""
    nodes = [
        helper.make_node(
            "LabelEncoder", ["sex"], ["S"], domain="ai.onnx.ml",
            keys_strings=["F", "M"], values_floats=[1.0, -1.0], default_float=0.0,
        ),
        helper.make_node("Concat", ["age", "S"], ["X"], axis=1),
        helper.make_node(
            "LinearClassifier", ["X"], ["label", "p"], domain="ai.onnx.ml", coefficients=[-1.0, -1.0, 1.0, 1.0],
            intercepts=[0.0, 0.0], classlabels_strings=["no", "yes"], post_transform="LOGISTIC", multi_class=0,
        ),
    ]  # fmt: skip
    outputs = [value("label", TensorProto.STRING, "N"), value("p", TensorProto.FLOAT, "N", 2)]
    if zipmap:
        nodes.append(
            helper.make_node("ZipMap", ["p"], ["m"], domain="ai.onnx.ml", classlabels_strings=["no", "yes"])
        )
        entry = helper.make_map_type_proto(
            TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        )
        outputs[1] = helper.make_value_info("m", helper.make_sequence_type_proto(entry))
    inputs = [value("age", TensorProto.FLOAT, "N", 1), value("sex", TensorProto.STRING, "N", 1)]
    return model_bytes(nodes, inputs, outputs)


def write(tmp_path, content, name="model.onnx"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def described(path, content):
    """Describe a model without starting a process."""
    raw = inspect_onnx(content, name="m.onnx")
    return ModelInfo.from_dict(
        {**raw, "kind": "onnx", "name": "m.onnx", "sha256": fingerprint(path), "n_bytes": 1}
    )


def run_here(content, frame, positive="1"):
    answers = score_onnx(open_onnx(content, name="m"), frame, lambda _: None)
    return interpret(answers, positive=positive, n_rows=len(frame))


PEOPLE = pd.DataFrame(
    {"sex": ["F", "M", None, "other", "F"], "age": [0.0, 0.0, 1.0, -1.0, -3.0], "extra": "x"}
)
ODDS = np.array([1.0, -1.0, 1.0, -1.0, -2.0])


def test_a_single_tensor_is_inspected_and_scored_in_its_own_process(tmp_path):
    path = write(tmp_path, tensor_model())
    info = inspect_model(path, name="m.onnx")
    assert (info.kind, info.named, info.n_features) == ("onnx", False, 2)
    assert info.inputs[0].dtype == "number"
    assert info.versions == {"producer": "tests"}
    frame = pd.DataFrame({"b": [1, 0, 1], "a": [0.0, 1.0, 3.0], "c": ["x", "y", "z"]})
    scored = score_isolated(path, info, frame, ["a", "b"])
    odds = frame[["a", "b"]].to_numpy() @ COEF + BIAS
    assert scored.score.dtype == np.float64
    assert np.allclose(scored.score, 1 / (1 + np.exp(-odds)), atol=1e-6)
    assert scored.decision is None


def test_named_inputs_take_their_columns_whatever_the_order(tmp_path):
    content = named_model()
    path = write(tmp_path, content)
    info = described(path, content)
    assert info.feature_names == ("age", "sex")
    scored = score_isolated(path, info, PEOPLE, ["extra"], positive="yes")
    # A missing text arrives as an empty text, which the model does not know: its default is 0.
    assert np.allclose(scored.score, 1 / (1 + np.exp(-ODDS)), atol=1e-6)
    assert any("empty texts" in note for note in scored.notes)
    with pytest.raises(ModelError) as caught:
        score_isolated(path, info, PEOPLE[["age"]], [])
    assert caught.value.code == "model_features"


def test_a_map_of_probabilities_is_read_by_its_names():
    frame = PEOPLE[["age", "sex"]]
    yes = run_here(named_model(zipmap=True), frame, "yes").score
    assert np.allclose(yes, 1 / (1 + np.exp(-ODDS)), atol=1e-6)
    assert np.allclose(run_here(named_model(zipmap=True), frame, "no").score, 1 - yes, atol=1e-6)
    with pytest.raises(ModelError):
        run_here(named_model(zipmap=True), frame, "1")


@pytest.mark.parametrize("rows", [1, 2])
def test_a_model_for_a_fixed_number_of_rows_is_fed_in_batches(rows):
    frame = pd.DataFrame({"a": np.arange(5.0), "b": np.ones(5)})
    expected = 1 / (1 + np.exp(-(frame.to_numpy() @ COEF + BIAS)))
    assert np.allclose(run_here(tensor_model(rows), frame).score, expected, atol=1e-6)


def test_many_rows_are_scored_in_pieces_and_reported():
    frame = pd.DataFrame({"a": np.linspace(-1, 1, 45_000), "b": 0.0})
    seen = []
    answers = score_onnx(open_onnx(tensor_model(), name="m"), frame, seen.append)
    assert answers.table.shape == (45_000, 1)
    assert np.allclose(answers.table[:, 0], 1 / (1 + np.exp(-(frame["a"] + BIAS))), atol=1e-6)
    assert seen[-1] == 1.0
    assert len(seen) == 3


def test_whole_number_inputs_refuse_missing_and_fractional_values():
    content = tensor_model(kind=TensorProto.INT64)
    assert np.isfinite(run_here(content, pd.DataFrame({"a": [1, 2], "b": ["3", "4"]})).score).all()
    for broken in ([1.0, np.nan], [1.0, 0.5]):
        with pytest.raises(ModelError) as caught:
            run_here(content, pd.DataFrame({"a": broken, "b": [1, 2]}))
        assert caught.value.code == "model_types"


def test_missing_numbers_that_the_model_passes_on_are_refused_by_count():
    with pytest.raises(ModelError) as caught:
        run_here(tensor_model(), pd.DataFrame({"a": [1.0, np.nan, 2.0], "b": 1.0}))
    assert caught.value.code == "model_output"
    assert "1 of 3 rows" in caught.value.what


def test_a_truncated_model_and_a_text_file_are_unreadable(tmp_path):
    content = tensor_model()
    for broken in (content[: len(content) // 2], b"age,sex\n1,F\n"):
        with pytest.raises(ModelError) as caught:
            inspect_onnx(broken, name="m.onnx")
        assert caught.value.code == "model_unreadable"
    with pytest.raises(ModelError) as caught:
        inspect_model(write(tmp_path, content[:80]), name="m.onnx")
    assert caught.value.code == "model_unreadable"


def test_a_model_cannot_reach_for_files_outside(tmp_path):
    loaded = onnx.load_from_string(tensor_model())
    secret = write(tmp_path, bytes(8), "secret.bin")
    weight = loaded.graph.initializer[0]
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, text in (("location", str(secret)), ("offset", "0"), ("length", "8")):
        weight.external_data.add(key=key, value=text)
    with pytest.raises(ModelError) as caught:
        inspect_onnx(loaded.SerializeToString(), name="m.onnx")
    assert caught.value.code == "model_unreadable"


def test_a_picture_model_is_refused():
    nodes = [helper.make_node("Flatten", ["X"], ["P"])]
    content = model_bytes(
        nodes, [value("X", TensorProto.FLOAT, "N", 3, 8, 8)], [value("P", TensorProto.FLOAT, "N", 192)]
    )
    with pytest.raises(ModelError) as caught:
        inspect_onnx(content, name="m.onnx")
    assert caught.value.code == "model_inputs"


def test_a_changed_file_and_a_model_that_fails_are_told_in_one_sentence(tmp_path):
    content = tensor_model()
    path = write(tmp_path, content)
    info = described(path, content)
    with pytest.raises(ModelError) as caught:
        score_isolated(path, replace(info, sha256="0" * 64), PEOPLE, ["age", "extra"])
    assert caught.value.code == "model_changed"
    with pytest.raises(ModelError) as caught:  # three columns for a matrix of two: the runtime stops
        score_isolated(path, info, PEOPLE.assign(one=1.0, two=2.0), ["age", "one", "two"])
    assert caught.value.code == "model_failed"
    assert "onnx" not in str(caught.value).lower()


@pytest.fixture
def worker(monkeypatch):
    """Put a hostile program in the worker's place."""

    def place(program):
        monkeypatch.setattr(process, "_COMMAND", (sys.executable, "-c", f"import sys, os, time\n{program}"))

    return place


def score_with(tmp_path, **options):
    content = tensor_model()
    path = write(tmp_path, content)
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    return score_isolated(path, described(path, content), frame, ["a", "b"], **options)


def test_a_model_that_takes_too_long_is_stopped(tmp_path, worker):
    worker("time.sleep(60)")
    with pytest.raises(JobFailed) as caught:
        score_with(tmp_path, seconds=0.2)
    assert caught.value.code == "job_time"


def test_a_model_that_takes_too_much_memory_is_stopped(tmp_path, worker):
    worker("hoard = bytearray(200_000_000)\ntime.sleep(60)")
    with pytest.raises(JobFailed) as caught:
        score_with(tmp_path, megabytes=100)
    assert caught.value.code == "job_memory"


def test_the_worker_limits_its_own_memory(tmp_path):
    with pytest.raises(JobFailed) as caught:
        score_with(tmp_path, megabytes=60)
    assert caught.value.code in {"job_memory", "job_killed"}


def test_a_process_that_dies_or_leaves_nonsense_is_told(tmp_path, worker):
    for program in (
        "os.abort()",
        "os._exit(0)",
        "open(sys.argv[1] + '/answer.json', 'w').write('[')",
        "os.symlink('/etc/hostname', sys.argv[1] + '/answer.json')",
    ):
        worker(program)
        with pytest.raises(JobFailed) as caught:
            score_with(tmp_path)
        assert caught.value.code == "job_killed"


def test_answers_of_the_process_are_not_trusted(tmp_path, worker):
    import_numpy = "import numpy as np\nd = sys.argv[1]\nopen(d + '/answer.json', 'w').write('{}')\n"
    for program in (
        "",
        "np.save(d + '/score.npy', np.zeros(2))",
        "np.save(d + '/score.npy', np.array([np.nan]))",
        "np.save(d + '/score.npy', np.array([0], dtype=object), allow_pickle=True)",
        "np.save(d + '/score.npy', np.zeros(100_000))",
        "os.symlink('/etc/hostname', d + '/score.npy')",
    ):
        worker(import_numpy + program)
        with pytest.raises(ModelError) as caught:
            score_with(tmp_path)
        assert caught.value.code == "model_output"


def test_cancelling_ends_the_process_and_what_it_started(tmp_path, worker):
    pids = tmp_path / "pids"
    worker(f"child = os.fork()\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(60)")

    def stop(share, message):
        if pids.exists() and len(pids.read_text().split()) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        score_with(tmp_path, progress=stop, seconds=30)
    for pid in map(int, pids.read_text().split()):
        assert _gone(pid)


def _gone(pid):
    """A killed grandchild stays a zombie until init takes it."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state in {"Z", "X"}:
            return True
        time.sleep(0.02)
    return False


def test_the_process_sees_no_secrets_of_the_environment(tmp_path, worker, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "value")
    seen = tmp_path / "seen"
    worker(f"open({str(seen)!r}, 'w').write(' '.join(os.environ) + ' ' + os.getcwd() + ' ' + sys.argv[1])")
    with pytest.raises(JobFailed):
        score_with(tmp_path)
    *names, cwd, folder = seen.read_text().split()
    assert "SECRET_TOKEN" not in names
    assert cwd == folder
    assert not os.path.exists(folder)  # noqa: PTH110 - a text from the worker


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    """A skops pipeline with names and a missing-value step; 1 means yes."""
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame, label = rows(0)
    columns = make_column_transformer(
        (SimpleImputer(), ["age"]), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["sex"])
    )
    model = make_pipeline(
        columns, RandomForestClassifier(5, max_depth=3, random_state=0), memory="/nowhere/cache"
    )
    model.set_params(memory=None)
    model.fit(frame, label)
    path = tmp_path_factory.mktemp("forest") / "forest.skops"
    model.set_params(memory="/nowhere/cache")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        skops.io.dump(model, path)
    return path, model


def rows(seed, n=400):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": draw.normal(size=n), "sex": draw.choice(["F", "M"], n)})
    label = np.where(frame["age"] + (frame["sex"] == "F") + draw.normal(scale=0.3, size=n) > 0.5, "yes", "no")
    return frame, label


def test_a_skops_model_is_scored_in_its_own_process_and_trained_again(forest):
    path, model = forest
    info = inspect_model(path, name="forest.skops")
    assert info.refittable
    frame, label = rows(1)
    frame.loc[:5, "age"] = np.nan
    frame.loc[3:9, "sex"] = None
    scored = score_isolated(path, info, frame[::-1], [], positive="yes")
    assert np.array_equal(scored.score, model.predict_proba(frame[::-1])[:, 1])

    target = (label == "yes").astype(int)
    fitted = refit(path, info, frame, target, seed=3)
    assert fitted.features == ("age", "sex")
    assert not Path("/nowhere").exists()  # the cache folder that the file asks for is never made
    score = fitted.score(frame)
    assert score[target == 1].mean() > score[target == 0].mean() + 0.3
    assert np.array_equal(score, refit(path, info, frame, target, seed=3).score(frame))
    assert not np.array_equal(score, refit(path, info, frame, target, seed=4).score(frame))
    weight = np.where(frame["sex"] == "F", 1.0, 1e-9) * np.where(target == 1, 1.0, 1e-6)
    heavy = refit(path, info, frame, target, weight=weight, seed=3).score(frame)
    assert heavy.mean() > 0.9


def test_a_classifier_without_weights_says_so(tmp_path):
    import skops.io
    from sklearn.neighbors import KNeighborsClassifier

    frame, label = rows(2, 60)
    path = tmp_path / "m.skops"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        skops.io.dump(KNeighborsClassifier().fit(frame[["age"]].to_numpy(), label), path)
    info = ModelInfo(kind="skops", name="m.skops", sha256=fingerprint(path), n_features=1, refittable=True)
    target = (label == "yes").astype(int)
    assert refit(path, info, frame[["age"]], target, weight=np.full(60, 2.0), seed=0).score(frame).shape == (
        60,
    )
    with pytest.raises(ModelError) as caught:
        refit(path, info, frame[["age"]], target, weight=np.arange(60.0), seed=0)
    assert caught.value.code == "model_weights"
    with pytest.raises(ModelError) as caught:
        refit(path, replace(info, refittable=False), frame, target, seed=0)
    assert caught.value.code == "model_refit"
