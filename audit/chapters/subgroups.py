"""What a search over subgroups found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.chapters.case import Chapter
from audit.disparity.subgroups import search_row, subgroup_rows
from audit.rows.subgroups import SearchRow, SubgroupRow

if TYPE_CHECKING:
    from audit.chapters.case import Case


def _subgroups(case: Case) -> tuple[SubgroupRow, ...]:
    table = case.basis.searched
    return () if table is None else subgroup_rows(table, case.plan)


def _search(case: Case) -> tuple[SearchRow, ...]:
    table = case.basis.searched
    return () if table is None else (search_row(table, case.plan, case.chapter("subgroups")),)


CHAPTERS = (
    Chapter(id="subgroups", title="Subgroups that stand out", kinds=(SubgroupRow,), rows=_subgroups),
    Chapter(id="search", title="What the search for subgroups covered", kinds=(SearchRow,), rows=_search),
)
