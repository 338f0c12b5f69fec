"""The frame around every screen: navigation, guard and the one place where errors become sentences."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import streamlit as st

from audit.errors import StoreError
from ui import show, sidebar, workspace
from ui.pagespec import FOLDER, PageSpec, pages
from ui.problems import boundary, message
from ui.screen import Screen, open_screen

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSIDE: ContextVar[bool] = ContextVar("inside_the_shell", default=False)
_WIDTH: Final = 1040
_LOGO: Final = FOLDER.parent / "ui" / "logo.svg"
_MARK: Final = FOLDER.parent / "ui" / "mark.svg"


def run() -> None:
    """Draw the frame and, inside it, the screen that the address bar names."""
    links = {
        file.slug: st.Page(
            file.path,
            title=file.spec.title,
            url_path=file.slug,
            default=file.spec.needs == "nothing" and not number,
        )
        for number, file in enumerate(pages())
    }
    page = st.navigation(list(links.values()), position="hidden")
    st.set_page_config(page_title=f"{page.title} · Evenhand", page_icon=str(_MARK), layout="wide")
    st.logo(_LOGO, size="large", icon_image=_MARK)
    with st.sidebar, boundary():
        sidebar.draw(page.url_path)
    with st.container(width=_WIDTH), boundary(), _inside():
        notice = workspace.take_notice()
        if notice:
            st.toast(notice)
        page.run()


@contextmanager
def _inside() -> Iterator[None]:
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)


def enter(spec: PageSpec) -> Screen:
    """Begin a screen: its heading, and what it needs or else the way there.

    Parameters
    ----------
    spec : PageSpec
        What the page says about itself.

    Returns
    -------
    Screen
        The open audit, as far as there is one.

    Notes
    -----
    A fresh server runs the first page asked for by a deep link alone, without the frame. Then the frame is drawn
    from here, and the page once more inside it.
    """
    if not _INSIDE.get():
        run()
        st.stop()
    st.title(spec.question, anchor=False)
    try:
        screen = open_screen()
    except StoreError as error:
        if spec.needs == "nothing":
            workspace.leave()  # the way out of a dead link must not be dead itself
            return Screen()
        message(error)
        show.go("Choose what to audit", "start", key="way_out", primary=True)
        st.stop()
    show.guard(spec, screen)
    return screen
