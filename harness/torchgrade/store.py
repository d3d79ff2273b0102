"""Where a batch keeps its results: one SQLite file, one transaction a result, one writer.

The file is the truth: what is in it is done, whatever happens to the processes. A batch that was
killed goes on from it, and pages and exports are made from it. It also holds the secret seed and
hidden values, so it is readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    QueuePool,
    String,
    Table,
    create_engine,
    delete,
    event,
    exc,
    insert,
    inspect,
    or_,
    select,
)

from torchgrade import results as records
from torchgrade.errors import InternalError, TorchgradeError, UsageError
from torchgrade.results import Result, decode_result, encode_result

__all__ = ["FILE_NAME", "Batch", "Store", "read_store", "write_store"]

FILE_NAME = "results.sqlite"
LOCK_NAME = "results.lock"
LAYOUT = 1
SCHEMA = f"{LAYOUT}.{records.SCHEMA}"
"""Version of the tables, and of the records in them."""

_METADATA = MetaData()
_BATCH = Table(
    "batch",
    _METADATA,
    Column("schema", String, nullable=False),
    Column("assignment", String, nullable=False),
    Column("seed", String, nullable=False),
    Column("created_at", String, nullable=False),
)
_RESULTS = Table(
    "results",
    _METADATA,
    Column("key", String, primary_key=True),
    Column("submission_id", String, nullable=False, unique=True),
    Column("needs_regrade", Boolean, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("stored_at", String, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What all results of a store have in common.

    Attributes:
        seed: the secret seed, 64 hex digits.
        created_at: ISO 8601, UTC.
    """

    assignment: str
    seed: str
    created_at: str


class Store:
    """An open store; made by ``write_store`` and ``read_store``, closed as a context manager."""

    def __init__(self, engine: Engine, path: Path, lock: int | None) -> None:
        self.path = path
        self._engine = engine
        self._lock = lock

    def begin(self, assignment: str, *, seed: str | None = None, fresh: bool = False) -> Batch:
        """Return the store's batch; begin one, with a new seed if none is given, where there is none.

        Args:
            assignment: id of the assignment.
            seed: 64 hex digits, to reproduce an earlier batch.
            fresh: forget all results and the seed first.

        Raises:
            UsageError: if the store is another assignment's, or was begun with another seed.
        """
        with self._transaction() as connection:
            if fresh:
                connection.execute(delete(_RESULTS))
                connection.execute(delete(_BATCH))
            found = _read_batch(connection, self.path)
            if found is None:
                found = Batch(assignment=assignment, seed=seed or secrets.token_hex(32), created_at=_now())
                row = {"assignment": found.assignment, "seed": found.seed, "created_at": found.created_at}
                connection.execute(insert(_BATCH).values(schema=SCHEMA, **row))
        if found.assignment != assignment:
            raise UsageError(
                f"{self.path.parent} holds results of '{found.assignment}', not of '{assignment}';"
                " choose another --out"
            )
        if seed is not None and found.seed != seed:
            raise UsageError(
                f"{self.path.parent} was begun with another seed; leave --seed away, choose another"
                " --out, or grade all again with --fresh"
            )
        return found

    def batch(self) -> Batch:
        """Return the store's batch.

        Raises:
            UsageError: if none was begun.
        """
        with self._transaction() as connection:
            found = _read_batch(connection, self.path)
        if found is None:
            raise UsageError(f"{self.path} holds no batch yet")
        return found

    def done(self) -> frozenset[str]:
        """Return the keys of all work that need not be done again."""
        with self._transaction() as connection:
            query = select(_RESULTS.c.key).where(_RESULTS.c.needs_regrade.is_(False))
            return frozenset(connection.scalars(query))

    def put(self, key: str, result: Result) -> None:
        """Store one result; it replaces the older one of the same submission.

        Raises:
            InternalError: if it cannot be written; all that was stored before is kept.
        """
        row = {
            "key": key,
            "submission_id": result.submission_id,
            "needs_regrade": result.needs_regrade,
            "record": encode_result(result),
            "stored_at": _now(),
        }
        older = or_(_RESULTS.c.key == key, _RESULTS.c.submission_id == result.submission_id)
        with self._transaction() as connection:
            connection.execute(delete(_RESULTS).where(older))
            connection.execute(insert(_RESULTS).values(**row))

    def results(self) -> list[Result]:
        """Return the result of every submission, sorted by its id.

        Raises:
            UsageError: if a record cannot be read.
        """
        with self._transaction() as connection:
            query = select(_RESULTS.c.record).order_by(_RESULTS.c.submission_id)
            stored = connection.scalars(query).all()
        try:
            return [decode_result(record) for record in stored]
        except msgspec.MsgspecError as error:
            raise UsageError(f"{self.path} holds a record that cannot be read: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let the next writer in."""
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _explained(self.path), self._engine.begin() as connection:
            yield connection


def write_store(folder: Path) -> Store:
    """Open the store in ``folder`` for writing; make both where they are missing.

    Raises:
        UsageError: if the folder cannot be written, another batch is writing to it, or its file is
            none of this version's.
        InternalError: if the disk is full.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _lock(folder)
    except OSError as error:
        raise _explain_os(error, folder) from error
    engine = _engine(path, "rwc", begin="BEGIN IMMEDIATE")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with _explained(path):
            _prepare(engine, path)
    except OSError as error:
        engine.dispose()
        os.close(lock)
        raise _explain_os(error, folder) from error
    except BaseException:
        engine.dispose()
        os.close(lock)
        raise
    return Store(engine, path, lock)


def read_store(folder: Path) -> Store:
    """Open the store in ``folder`` for reading, while a batch is writing to it too.

    Raises:
        UsageError: if there is none, or none of this version's.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise UsageError(f"no results in {folder}: 'torchgrade grade … --out {folder}' makes them")
    engine = _engine(path, _reading_mode(path), begin="BEGIN")
    try:
        with _explained(path):
            _check_layout(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, path, None)


def _engine(path: Path, mode: str, *, begin: str) -> Engine:
    """Return an engine with real transactions: the driver's own begin too late for DDL and reads."""
    location = f"{path.resolve().as_uri()}?mode={mode}"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(location, uri=True, isolation_level=None),
        poolclass=QueuePool,
        pool_size=1,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 10000")
        if mode == "rwc":
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _reading_mode(path: Path) -> str:
    """SQLite opens a WAL file in a folder that it cannot write only if told that nobody writes."""
    alone = not path.with_name(f"{FILE_NAME}-wal").exists()
    return "ro&immutable=1" if alone and not os.access(path.parent, os.W_OK) else "ro"


def _prepare(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        if not inspect(connection).get_table_names():
            _METADATA.create_all(connection)
    _check_layout(engine, path)


def _check_layout(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            raise UsageError(f"{path} holds no batch yet")
        if not {"batch", "results"} <= tables:
            raise UsageError(f"{path} is a database, but none of torchgrade; choose another --out")
        _read_batch(connection, path)


def _read_batch(connection: Connection, path: Path) -> Batch | None:
    row = connection.execute(select(_BATCH)).mappings().first()
    if row is None:
        return None
    if row["schema"] != SCHEMA:
        raise UsageError(
            f"{path} has layout {row['schema']}, this version of torchgrade has {SCHEMA};"
            " choose another --out, or use the version that wrote it"
        )
    return Batch(assignment=row["assignment"], seed=row["seed"], created_at=row["created_at"])


def _lock(folder: Path) -> int:
    """Take the lock of the one writer; the system drops it when the process ends, however it ends."""
    path = folder / LOCK_NAME
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
    except BlockingIOError as error:
        holder = os.read(lock, 32).decode(errors="replace")
        os.close(lock)
        raise UsageError(
            f"another batch (process {holder}) is writing to {folder}; wait for it, or choose another --out"
        ) from error
    except BaseException:
        os.close(lock)
        raise
    return lock


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise _explain_sqlite(error.orig, path) from error
        raise
    except sqlite3.Error as error:
        raise _explain_sqlite(error, path) from error


def _explain_sqlite(error: sqlite3.Error, path: Path) -> TorchgradeError:
    name: str = getattr(error, "sqlite_errorname", "")
    again = "all results stored so far are kept; run the same command again to resume"
    if name == "SQLITE_FULL":
        return InternalError(f"the disk of {path.parent} is full; make room: {again}")
    if name.startswith("SQLITE_IOERR"):
        return InternalError(f"{path} cannot be written ({error}): {again}")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return UsageError(f"{path} cannot be opened ({error}); choose another --out, or mend its permissions")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return UsageError(f"{path} is no database ({error}); move it away, or choose another --out")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return UsageError(f"{path} is held by another program; close it, and try again")
    if name == "SQLITE_ERROR":
        return UsageError(f"{path} is not as torchgrade made it ({error}); choose another --out")
    return InternalError(f"{path}: {error}")


def _explain_os(error: OSError, folder: Path) -> TorchgradeError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return InternalError(f"the disk of {folder} is full; make room, and run the same command again")
    if error.errno in {errno.EEXIST, errno.ENOTDIR}:
        return UsageError(f"{folder} is no folder; choose another --out")
    return UsageError(f"{folder} cannot be written ({error.strerror}); choose another --out")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
