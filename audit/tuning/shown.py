"""A try in words: its method and the settings that differ from the usual ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.catalogue import catalogue

if TYPE_CHECKING:
    from audit.mitigation.spec import Param, Value
    from audit.rows.studies import StudyRow


def settings(row: StudyRow) -> str:
    """Say which settings other than the usual ones a try has.

    Parameters
    ----------
    row : StudyRow
        The try.

    Returns
    -------
    str
        Such as "how to balance: both; strength 0.4"; "usual settings" where none differs.
    """
    spec = catalogue()[row.method][0] if row.method in catalogue() else None
    params = {param.id: param for param in spec.params} if spec else {}
    parts = [
        _said(params[name], value)
        for name, value in row.params.items()
        if name in params and value != params[name].default
    ]
    return "; ".join(parts) or "usual settings"


def named(row: StudyRow) -> str:
    """Name a try by its method and settings.

    Parameters
    ----------
    row : StudyRow
        The try.

    Returns
    -------
    str
        Such as "Reweighing (strength 0.4)".
    """
    return f"{row.title} ({settings(row)})"


def _said(param: Param, value: Value) -> str:
    title = f"{param.title[:1].lower()}{param.title[1:]}"
    if param.kind == "choice":
        words = param.choice_title(str(value))
        return f"{title}: {words[:1].lower()}{words[1:]}"
    if param.kind == "bool":
        return f"{title}: {'yes' if value else 'no'}"
    return f"{title} {value:g}" if isinstance(value, float) else f"{title} {value}"
