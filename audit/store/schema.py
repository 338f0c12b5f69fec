"""The tables of the store and how they are opened: one engine per address, one version number.

A newer release adds a step to :data:`MIGRATIONS` and raises :data:`VERSION`; an older one refuses a newer store
instead of harming it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from audit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION: Final = 2
"""Version of the tables below."""

PATIENCE_SECONDS: Final = 20.0
"""How long a writer waits for its turn."""

metadata: Final = MetaData()

schema_version: Final = Table(
    "schema_version",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

audits: Final = Table(
    "audits",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False, index=True),
    Column("sample", String(100)),
    Column("fingerprint", String(64), index=True),
    Column("data_name", Text, nullable=False),
    Column("n_rows", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("model_sha", String(64)),
    Column("verdicts", Text, nullable=False),
    # The long texts come last, so that SQLite leaves their pages alone when it lists audits.
    Column("plan", Text, nullable=False),
    Column("dataset", Text),
)

plan_versions: Final = Table(
    "plan_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("saved", String(40), nullable=False),
    Column("plan", Text, nullable=False),
)

results: Final = Table(
    "results",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("saved", String(40), nullable=False),
    Column("text", Text, nullable=False),
)

trials: Final = Table(
    "trials",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("saved", String(40), nullable=False),
    Column("text", Text, nullable=False),
)

studies: Final = Table(
    "studies",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("saved", String(40), nullable=False),
    Column("text", Text, nullable=False),
)

study_parts: Final = Table(
    "study_parts",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("study", String(64), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("text", Text, nullable=False),
)

models: Final = Table(
    "models",
    metadata,
    Column("sha", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("name", Text, nullable=False),
    Column("info", Text, nullable=False),
    Column("created", String(40), nullable=False),
)

audit_models: Final = Table(
    "audit_models",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("sha", ForeignKey("models.sha", ondelete="CASCADE"), primary_key=True, index=True),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(12), nullable=False, unique=True),
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(60), nullable=False),
    Column("key", String(200), nullable=False),
    Column("title", Text, nullable=False),
    # Held by a job until it ends, so that the same work never runs twice at once.
    Column("slot", String(300), unique=True),
    Column("state", String(12), nullable=False, index=True),
    Column("progress", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("error", Text),
    Column("machine", String(100)),
    Column("pid", Integer),
    Column("ticks", Integer),
    Column("created", String(40), nullable=False),
    Column("started", String(40)),
    Column("beat", String(40)),
    Column("cancel_asked", String(40)),
    Column("ended", String(40)),
    Column("dismissed", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)


def _add_studies(connection: Connection) -> None:
    metadata.create_all(connection, tables=[studies, study_parts])


MIGRATIONS: Final[Mapping[int, Callable[[Connection], None]]] = MappingProxyType({1: _add_studies})
"""What turns the tables of a version into those of the next one, by the version it starts from."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, from which one reads and to which one writes in whole transactions."""

    engine: Engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that reads.

        Yields
        ------
        Connection
            It sees one state of the database throughout.

        Raises
        ------
        StoreError
            Where the database does not answer.
        """
        with _told(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes, after every other writer is done.

        Yields
        ------
        Connection
            Everything done with it is kept, or nothing.

        Raises
        ------
        StoreError
            Where the database does not answer or cannot be written.
        """
        with _told(), _alone(self.engine).begin() as connection:
            if self.engine.dialect.name != "sqlite":
                # SQLite takes its lock with BEGIN; elsewhere writers queue for this one row.
                connection.execute(select(schema_version.c.version).with_for_update())
            yield connection


_OPEN: dict[str, Database] = {}
_LOCK = threading.Lock()


def database(url: str) -> Database:
    """Open the database at an address, once per process.

    Parameters
    ----------
    url : str
        A SQLAlchemy URL, such as "sqlite:////home/me/.evenhand/evenhand.sqlite".

    Returns
    -------
    Database
        With tables of this release's version.

    Raises
    ------
    StoreError
        Where the address is not understood, does not answer or belongs to a newer release.
    """
    with _LOCK:
        known = _OPEN.get(url)
        if known is not None and not _vanished(known.engine):
            return known
        if known is not None:
            known.engine.dispose()
        fresh = Database(_engine(url))
        _prepare(fresh)
        _OPEN[url] = fresh
        return fresh


def _vanished(engine: Engine) -> bool:
    """Say whether somebody removed the file of an open SQLite database."""
    name = engine.url.database
    return engine.dialect.name == "sqlite" and bool(name) and not Path(str(name)).exists()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        options: dict[str, Any] = (
            {"connect_args": {"timeout": PATIENCE_SECONDS}} if sqlite else {"pool_pre_ping": True}
        )
        engine = create_engine(parsed, **options)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        # The text of the error is left out: an address can hold a password.
        raise StoreError(
            "The address of the database is not understood.",
            why="It is not a SQLAlchemy URL, or the driver it names is not installed.",
            fix="Write it like sqlite:////folder/evenhand.sqlite, or leave it out.",
            code="store_url",
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Make a new SQLite connection wait its turn, keep references whole and overwrite what is deleted."""
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself: see _begin_sqlite.
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _alone(engine: Engine) -> Engine:
    return engine.execution_options(evenhand_writes=True)


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a reader that turns writer midway can fail without waiting."""
    writes = connection.get_execution_options().get("evenhand_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(opened: Database) -> None:
    """Make or upgrade the tables; two processes that open a new store at once take turns."""
    if opened.engine.dialect.name == "sqlite":
        _write_ahead(opened.engine)
    with _told(), _alone(opened.engine).begin() as connection:
        metadata.create_all(connection, tables=[schema_version])
    with opened.write() as connection:
        found = connection.execute(select(schema_version.c.version)).scalar()
        if found is None:
            metadata.create_all(connection)
            connection.execute(insert(schema_version).values(only=1, version=VERSION))
        elif found > VERSION:
            raise StoreError(
                f"The store has version {found}, which is newer than this release.",
                why=f"This release reads version {VERSION}.",
                fix="Start the newer release, or name another folder in EVENHAND_HOME.",
                code="store_newer",
            )
        elif found < VERSION:
            _upgrade(connection, found)


def _upgrade(connection: Connection, found: int) -> None:
    for version in range(found, VERSION):
        MIGRATIONS[version](connection)
    connection.execute(schema_version.update().values(version=VERSION))


def _write_ahead(engine: Engine) -> None:
    """Let readers go on while one process writes. SQLite does not wait when it changes the mode, so this does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with _told(), closing(engine.raw_connection()) as raw:
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL").fetchone()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            else:
                return
        time.sleep(0.02)


@contextmanager
def _told() -> Iterator[None]:
    """Say in a sentence that the database does not answer."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:
        raise StoreError(
            "The store cannot be read or written.",
            why="Its database is damaged, locked, full or out of reach.",
            fix="Check the free space and the rights of the store's folder, then try again.",
            code="store_unavailable",
        ) from error
