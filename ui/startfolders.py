"""The data folders on the first screen: what lies in them, and audits of it in place."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.data.folders import MOST_NAMES, data_folders, listing
from audit.data.place import ADDRESSES
from audit.wording.places import ENGINE_TITLES
from ui import actions, cached, show, text, workspace
from ui.problems import boundary

if TYPE_CHECKING:
    from audit.data.folders import Entry, Folder, Listing

_FIRST: Final = 6
_MOST: Final = 200
_WORDS: Final = 560
"""Width of the words beside a button; in a narrow window the button stands below them."""
_INSIDE: Final = "data_inside"
_UNITS: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def draw() -> None:
    """Offer the data folders, where an administrator named any."""
    folders = data_folders()
    if not folders:
        return
    st.header("Data folders", anchor=False)
    st.markdown(
        "Files on this server that an administrator offers. They are audited where they lie: nothing is copied, and "
        "their size does not matter."
    )
    with boundary():
        folder = _folder(folders)
        if folder.reason:
            with st.container(border=True, gap="small"):
                st.markdown(f"**The folder {text.md(text.cut(folder.name, 60))} cannot be read.**")
                st.markdown(text.sentence(f"{folder.reason} Ask the administrator of this server."))
            return
        engine = _engine()
        inside = _place(folder)
        found = listing(folder.path, inside)
        _path(folder, inside)
        _entries(folder, inside, found, engine)


def size(n_bytes: int) -> str:
    """Write a number of bytes for a reader.

    Parameters
    ----------
    n_bytes : int
        Bytes.

    Returns
    -------
    str
        Such as "746 MB".
    """
    for unit, name in _UNITS:
        if n_bytes >= unit:
            value = n_bytes / unit
            return f"{value:,.1f} {name}" if value < 10 else f"{value:,.0f} {name}"
    return f"{n_bytes} bytes"


def _folder(folders: tuple[Folder, ...]) -> Folder:
    if len(folders) == 1:
        return folders[0]
    names = [folder.name for folder in folders]
    workspace.seed("data_folder", names)
    chosen = st.selectbox(
        "Folder", names, format_func=lambda name: text.cut(name, 80), key="data_folder", width=360
    )
    workspace.remember("data_folder", chosen)
    return folders[names.index(chosen)]


def _engine() -> str:
    """Ask who counts, where there is a choice."""
    known = ["duckdb", *(name for name, variable in ADDRESSES.items() if variable in os.environ)]
    if len(known) == 1:
        return known[0]
    return st.selectbox(
        "Counted by",
        known,
        format_func=lambda name: ENGINE_TITLES[name] + (", on this machine" if name == "duckdb" else ""),
        key="data_engine",
        width=360,
    )


def _place(folder: Folder) -> str:
    """Give the folder inside the data folder that is looked at, as long as it belongs to this one."""
    name, _, inside = workspace.chosen(_INSIDE).partition("\n")
    return inside if name == folder.name else ""


def _enter(folder: Folder, inside: str) -> None:
    workspace.remember(_INSIDE, f"{folder.name}\n{inside}")
    st.rerun()


def _path(folder: Folder, inside: str) -> None:
    """Show where one is, and the way back."""
    if not inside:
        return
    above, _, _ = inside.rpartition("/")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Back", key="folder_up", icon=":material/arrow_back:"):
            _enter(folder, above)
        show.quiet(" / ".join(text.md(text.cut(part, 60)) for part in (folder.name, *inside.split("/"))))


def _entries(folder: Folder, inside: str, found: Listing, engine: str) -> None:
    if not found.entries:
        show.note(
            "This folder holds no Parquet, CSV or TSV file and no folder."
            + (f" {_others(found)}" if found.others else "")
        )
        return
    entries = _wanted(found)
    for entry in entries[:_MOST]:
        _row(folder, inside, entry, engine)
    formats = {entry.format for entry in found.files}
    if len(found.files) > 1 and len(formats) == 1 and found.complete:
        _together(folder, inside, found, engine)
    _remarks(found, len(entries))


def _wanted(found: Listing) -> tuple[Entry, ...]:
    """Give the entries to show: the first of many, or those that were looked for."""
    if len(found.entries) <= _FIRST:
        return found.entries
    asked = st.text_input(
        f"Find one of {wording.count(len(found.entries))} names", key="data_find", max_chars=200, width=360
    )
    if asked.strip():
        return tuple(entry for entry in found.entries if asked.strip().casefold() in entry.name.casefold())
    every = st.toggle(f"Show {wording.count(min(len(found.entries), _MOST))} names", key="data_all")
    return found.entries if every else found.entries[:_FIRST]


def _row(folder: Folder, inside: str, entry: Entry, engine: str) -> None:
    below = f"{inside}/{entry.name}" if inside else entry.name
    key = hashlib.sha256(f"{folder.name}\n{below}".encode()).hexdigest()[:16]
    name = text.md(text.cut(entry.name, 90))
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        rows = cached.parquet_rows(folder.path, below, entry) if entry.format == "Parquet" else None
        broken = entry.format == "Parquet" and rows is None
        with st.container(gap=None, width=_WORDS):
            st.markdown(f"**{name}**")
            show.quiet(_about(entry, rows, broken=broken))
        if entry.kind == "folder":
            if st.button("Open", key=f"enter_{key}", help=f"Look into {name}"):
                _enter(folder, below)
        elif st.button(
            "Audit in place",
            key=f"place_{key}",
            disabled=broken or not entry.n_bytes,
            help=f"Audit {name} where it lies",
        ):
            actions.open_place(folder, below, entry.n_bytes, engine)


def _about(entry: Entry, rows: int | None, *, broken: bool) -> str:
    if entry.kind == "folder":
        return "Folder"
    if not entry.n_bytes:
        return f"{entry.format}, empty"
    if broken:
        return f"{entry.format}, {size(entry.n_bytes)}. It cannot be read: it is cut off, damaged or something else."
    counted = f", {wording.count(rows)} rows" if rows is not None else ""
    return f"{entry.format}, {size(entry.n_bytes)}{counted}"


def _together(folder: Folder, inside: str, found: Listing, engine: str) -> None:
    total = sum(entry.n_bytes for entry in found.files)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Audit all {wording.count(len(found.files))} files as one table",
            key="place_all",
            type="tertiary",
            help="For a table that was written in parts. The files must have the same columns.",
        ):
            actions.open_place(folder, inside, total, engine)


def _remarks(found: Listing, shown: int) -> None:
    said = []
    if not found.complete:
        said.append(f"Only the first {wording.count(MOST_NAMES)} names of this folder were looked at.")
    if shown > _MOST:
        said.append(f"The first {wording.count(_MOST)} of {wording.count(shown)} are shown: look for a name.")
    if found.others:
        said.append(_others(found))
    show.note(" ".join(said))


def _others(found: Listing) -> str:
    one = found.others == 1
    return (
        f"{wording.count(found.others)} other name{'' if one else 's'} {'is' if one else 'are'} left out: "
        "hidden, no table, or a link that leads out of the folder."
    )
