"""Dagster's SQLite storage with connections that stay open.

Dagster opens and closes a database for every event. In WAL mode each close is a checkpoint with
its `fsync`, and each new engine compiles its statements anew: together a quarter of a short run.
Same files, same schema, same durability: every transaction is still committed on its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

# Of the databases of single runs, so many stay open: each costs three open files.
_KEPT = 16


class _Engines:
    """One engine a database; those used last stay open."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def of(self, url: str) -> Engine:
        with self._lock:
            timeout = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            engine = self._engines.pop(url, None) or create_engine(url, connect_args=timeout)
            self._engines[url] = engine
            while len(self._engines) > _KEPT:
                self._engines.pop(next(iter(self._engines))).dispose()
            return engine

    def dispose(self) -> None:
        with self._lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


class KeptEventLogStorage(SqliteEventLogStorage):
    """The event log: a database a run, and one index over all."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engines = _Engines()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.of(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def wipe(self) -> None:
        """Remove every event; the files are removed, so none may be open."""
        self._engines.dispose()
        super().wipe()

    def dispose(self) -> None:
        """Close the databases."""
        self._engines.dispose()
        super().dispose()


class KeptRunStorage(SqliteRunStorage):
    """The runs."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None):
        self._engines = _Engines()
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A transaction."""
        with self._engines.of(self._conn_string).begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the database."""
        self._engines.dispose()
        super().dispose()


class KeptSqliteStorage(DagsterSqliteStorage):
    """All that Dagster keeps, below one folder."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        super().__init__(base_dir, inst_data)
        events, runs = self._event_log_storage, self._run_storage
        self._event_log_storage = KeptEventLogStorage(events._base_dir, events.inst_data)
        self._run_storage = KeptRunStorage(runs._conn_string, runs.inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Made by Dagster from an instance's settings."""
        return cls.from_local(inst_data=inst_data, **config_value)


def kept(storage: ConfigurableClassData | None) -> ConfigurableClassData | None:
    """This storage in the place of Dagster's SQLite storage; any other as it is."""
    theirs = (DagsterSqliteStorage.__module__, DagsterSqliteStorage.__name__)
    if storage is None or (storage.module_name, storage.class_name) != theirs:
        return storage
    return ConfigurableClassData(__name__, KeptSqliteStorage.__name__, storage.config_yaml)
