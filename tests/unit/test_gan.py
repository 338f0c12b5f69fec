from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from audit.errors import AuditError, Cancelled
from audit.mitigation.gan import GanAugmentation
from audit.mitigation.table import TrainingTable
from audit.progress import silent


def build(n=1500, seed=0, share=(0.2, 0.5), weight=None, columns=None, fixed=()):
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.6).astype(int)
    label = (rng.random(n) < np.take(share, group)).astype(np.int8)
    ability = rng.normal(size=n) + label
    frame = pd.DataFrame(
        {
            "hours": np.clip(40 + 8 * ability, 0, 99).astype(int),
            "pay": np.round(np.exp(7 + ability + 0.1 * rng.normal(size=n)), 2),
            "grade": np.where(ability > 1, "high", np.where(ability > 0, "middle", "low")),
            "gain": np.where(rng.random(n) < 0.85, 0, rng.integers(1, 5000, n)),
        }
    )
    for name, values in (columns or {}).items():
        frame[name] = values(group) if callable(values) else values
    return TrainingTable(
        frame=frame,
        label=label,
        group=group,
        groups=(("women",), ("men",)),
        weight=np.ones(n) if weight is None else weight,
        fixed=fixed,
    )


@pytest.fixture(scope="module")
def treated():
    return GanAugmentation(target="cells", epochs=15).treat(build(), seed=0, progress=silent)


def test_cells_end_exactly_as_planned_and_real_rows_come_first(treated):
    table = build()
    counts = table.counts()
    after = np.bincount(treated.group * 2 + treated.label, minlength=4).reshape(2, 2)
    np.testing.assert_array_equal(after, np.tile(counts.max(axis=0), (2, 1)))
    assert [cell.after for cell in treated.cells] == after.ravel().tolist()
    n = len(table.label)
    pd.testing.assert_frame_equal(treated.frame.iloc[:n], table.frame)
    assert not treated.synthetic[:n].any()
    assert treated.synthetic[n:].all()
    assert len(treated.label) > n


def test_made_rows_keep_the_links_between_columns(treated):
    quality = treated.quality
    assert quality["pair_trends"] > 0.85
    assert quality["pair_trends"] > quality["independent_pair_trends"] + 0.02
    assert quality["detection_boosting"] < 0.9
    assert quality["outside"] == 0
    assert quality["marginals"] > quality["real_marginals"] - 0.05
    assert quality["epochs_done"] == 15
    made = treated.frame[treated.synthetic]
    assert np.corrcoef(made["hours"], np.log(made["pay"]))[0, 1] > 0.8
    assert all(np.isfinite(list(quality.values())))


def test_made_values_are_values_of_real_rows(treated):
    made, real = treated.frame[treated.synthetic], build().frame
    assert all(made[name].isin(real[name]).all() for name in real.columns)
    assert list(made.dtypes) == list(real.dtypes)


@pytest.mark.parametrize("count", [0, 1, 49])
def test_small_cells_are_refused_with_what_is_missing(count):
    table = build()
    rows = np.flatnonzero((table.group == 0) & (table.label == 1))
    keep = np.setdiff1d(np.arange(len(table.label)), rows[count:])
    small = TrainingTable(
        frame=table.frame.iloc[keep].reset_index(drop=True),
        label=table.label[keep],
        group=table.group[keep],
        groups=table.groups,
        weight=table.weight[keep],
    )
    with pytest.raises(AuditError) as caught:
        GanAugmentation(target="cells", epochs=1).treat(small, seed=0, progress=silent)
    assert caught.value.code == "gan_small_cells"
    assert f"'women' with label 1: {count} rows, {50 - count} more needed" in str(caught.value)


def test_a_cell_of_50_rows_is_enough():
    table = build()
    rows = np.flatnonzero((table.group == 0) & (table.label == 1))
    keep = np.setdiff1d(np.arange(len(table.label)), rows[50:])
    enough = TrainingTable(
        frame=table.frame.iloc[keep],
        label=table.label[keep],
        group=table.group[keep],
        groups=table.groups,
        weight=table.weight[keep],
    )
    assert GanAugmentation(epochs=1).treat(enough, seed=0, progress=silent).synthetic.any()


def test_columns_that_go_with_the_group_keep_to_it():
    columns = {"sex": lambda group: np.where(group == 0, "women", "men")}
    table = build(columns=columns, fixed=("sex",))
    treated = GanAugmentation(epochs=1).treat(table, seed=0, progress=silent)
    np.testing.assert_array_equal(treated.frame["sex"], np.take(["women", "men"], treated.group))


def test_made_rows_weigh_the_mean_of_their_cell():
    weight = np.random.default_rng(1).uniform(0.5, 2, 1500)
    table = build(weight=weight)
    treated = GanAugmentation(epochs=1).treat(table, seed=0, progress=silent)
    inside = (treated.group == 0) & (treated.label == 1)
    real = weight[(table.group == 0) & (table.label == 1)].mean()
    assert treated.weight[inside & treated.synthetic] == pytest.approx(real)
    assert "a made row has the mean weight" in " ".join(treated.notes)


def test_columns_that_never_vary_give_copies_without_training():
    table = build()
    dull = TrainingTable(
        frame=pd.DataFrame({"one": np.ones(1500), "none": [None] * 1500}),
        label=table.label,
        group=table.group,
        groups=table.groups,
        weight=table.weight,
    )
    treated = GanAugmentation(epochs=1).treat(dull, seed=0, progress=silent)
    assert treated.synthetic.any()
    assert treated.notes[0].startswith("No feature varies")


@pytest.mark.parametrize("name", ["hours", "grade"])
def test_a_single_column_of_either_kind_is_enough(name):
    table = build()
    narrow = TrainingTable(
        frame=table.frame[[name]],
        label=table.label,
        group=table.group,
        groups=table.groups,
        weight=table.weight,
    )
    assert GanAugmentation(epochs=1).treat(narrow, seed=0, progress=silent).quality["marginals"] > 0.8


def test_a_table_that_is_too_wide_is_refused(monkeypatch):
    monkeypatch.setattr("audit.mitigation.synthesis.adversarial.MOST_INPUTS", 3)
    with pytest.raises(AuditError) as caught:
        GanAugmentation(epochs=1).treat(build(), seed=0, progress=silent)
    assert caught.value.code == "gan_too_wide"


def test_the_time_limit_stops_early_and_says_so(monkeypatch):
    from audit.mitigation.synthesis import contest

    clock = iter(range(0, 10**9, 100))
    monkeypatch.setattr(contest.time, "monotonic", lambda: next(clock))
    treated = GanAugmentation(epochs=5, seconds=1).treat(build(), seed=0, progress=silent)
    assert treated.quality["epochs_done"] == 1
    assert treated.notes[0].startswith("The time limit stopped the training after 1 of 5 epochs")


def test_cancelling_during_training_leaves_torch_as_it_was():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    state = torch.random.get_rng_state()

    def stop(share, message):
        if message.startswith("Epoch 2"):
            raise Cancelled

    try:
        with pytest.raises(Cancelled):
            GanAugmentation(epochs=5).treat(build(), seed=0, progress=stop)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(state, torch.random.get_rng_state())


def test_progress_gives_epochs_and_loss():
    messages = []
    GanAugmentation(epochs=2).treat(build(), seed=0, progress=lambda *told: messages.append(told[1]))
    assert any(message.startswith("Epoch 2 of 2, loss ") for message in messages)


def test_rare_levels_are_told():
    names = np.array([f"n{i}" for i in range(300)])
    columns = {"name": names[np.arange(1500) % 300]}
    treated = GanAugmentation(epochs=1).treat(build(columns=columns), seed=0, progress=silent)
    assert any("'name'" in note for note in treated.notes)
