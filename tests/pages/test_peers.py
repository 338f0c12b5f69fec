"""How other tools would report it, on the screen Certainty; and what screens offer where small counts are withheld."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit import tasks
from audit.data.samples import open_sample, sample
from audit.plan import Grouping
from audit.progress import silent
from tests.pages.test_screens import PAGES, literally, said


def _of(known, grouping):
    plan = replace(sample("ricci").plan, grouping=grouping)
    audit_id = known.store.create_audit(open_sample("ricci", known.store.data_folder), plan, sample="ricci")
    tasks.run_audit(known.store, audit_id, {}, silent)
    return audit_id


@pytest.mark.parametrize("small", ["merge", "suppress"])
def test_every_screen_draws_with_every_policy_for_small_groups(walk, known, small):
    audit_id = _of(known, Grouping(small=small, small_size=25))
    for page, at in walk(PAGES, audit_id):
        assert not at.exception, page
        assert not [error.value for error in at.error], page
        if page == "05_groups" and small == "merge":
            assert "are joined as" in literally(said(at))
        if page == "12_report" and small == "suppress":
            assert "withheld in every file" in literally(said(at))
        if page != "12_report" and small == "suppress":
            assert not [button for button in at.get("download_button") if "SVG" in button.label], page
