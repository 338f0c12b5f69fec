"""What this project says that other tools print is what they printed: golden files made by running them (peers/make.py)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from audit.cells import Attribute, Cells
from audit.peers.catalogue import PEERS
from audit.peers.spec import counts_of

HERE = Path(__file__).resolve().parent / "peers"
INPUTS = json.loads((HERE / "inputs.json").read_text(encoding="utf-8"))


def cells_of(counts):
    n = np.array([[[tn, fp], [fn, tp]] for tn, fp, fn, tp in counts.values()], dtype=float)
    levels = tuple(counts)
    return Cells(
        attributes=(Attribute(column="g", levels=levels),),
        groups=tuple((level,) for level in levels),
        n=n,
        w=n.copy(),
        w2=n.copy(),
    )


def printed(value):
    return math.nan if value is None else math.inf if value == "inf" else value


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.id)
def test_the_numbers_are_those_the_tool_printed(peer, name):
    golden = json.loads((HERE / f"{peer.id}.json").read_text(encoding="utf-8"))
    assert golden["version"] == peer.version
    cells = cells_of(INPUTS[name]["counts"])
    said = peer.says(
        counts_of(cells, weighted=peer.weights), int(np.argmax(cells.sizes)), INPUTS[name]["favourable"]
    )
    ours = {
        (one.measure, one.group and one.group[0], one.reference and one.reference[0]): one.value
        for one in said
    }
    assert golden["said"][name]
    for measure, group, reference, value in golden["said"][name]:
        assert ours[measure, group, reference] == pytest.approx(
            printed(value), rel=1e-9, abs=1e-9, nan_ok=True
        ), (
            measure,
            group,
        )


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.id)
def test_every_measure_was_printed_by_the_tool(peer):
    golden = json.loads((HERE / f"{peer.id}.json").read_text(encoding="utf-8"))
    printed_ones = {row[0] for rows in golden["said"].values() for row in rows}
    cells = cells_of(INPUTS["toy"]["counts"])
    said = peer.says(counts_of(cells, weighted=False), 0, "positive")
    assert {one.measure for one in said} <= printed_ones | {"fnr", "fnr_disparity"}
