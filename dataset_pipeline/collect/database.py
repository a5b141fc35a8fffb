"""A database, read in one transaction that sees one state and can change nothing."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dataset_pipeline.collect.secrets import variable
from dataset_pipeline.errors import CollectError

if TYPE_CHECKING:
    import sqlalchemy as sa

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_FETCH = 1_000
_CONNECT = 10  # seconds
Row = Sequence[Any]


class Database:
    """An open transaction. Errors name the database and the driver's exception, nothing more."""

    def __init__(self, connection: "sa.Connection", query: str) -> None:
        self._connection = connection
        self._query = query.strip().rstrip(";").replace(":", "\\:")

    def columns(self) -> list[str]:
        """The names of the query's columns."""
        return list(self._select("*", "WHERE 1 = 0").keys())

    def rows(self, *, column: str | None = None, since: Any = None) -> Iterator[list[Row]]:
        """The query's rows, some at a time; with ``column`` those at or above ``since``."""
        if column is None:
            yield from self._fetched(self._select("*", stream=True))
        else:
            name = self._quoted(column)
            where = f"WHERE {name} >= :since OR {name} IS NULL"
            yield from self._fetched(self._select("*", where, stream=True, since=since))

    def keys(self, key: str) -> Iterator[list[Row]]:
        """The key of each of the query's rows."""
        yield from self._fetched(self._select(self._quoted(key), stream=True))

    def highest(self, column: str) -> Any:
        """The highest value in a column."""
        return self._select(f"MAX({self._quoted(column)})").scalar()

    def _select(
        self, what: str, where: str = "", *, stream: bool = False, **values: Any
    ) -> "sa.CursorResult[Any]":
        import sqlalchemy as sa

        # The line break ends a comment at the query's end; as a subquery it can only be read.
        statement = sa.text(f"SELECT {what} FROM ({self._query}\n) AS q {where}")  # noqa: S608
        options = {"stream_results": stream, "max_row_buffer": _FETCH}
        return self._connection.execute(statement, values, execution_options=options)

    def _fetched(self, result: "sa.CursorResult[Any]") -> Iterator[list[Row]]:
        while rows := result.fetchmany(_FETCH):
            yield list(rows)

    def _quoted(self, column: str) -> str:
        preparer = self._connection.dialect.identifier_preparer
        return preparer.quote_identifier(column).replace(":", "\\:")


@contextmanager
def reading(connection: str, query: str) -> Iterator[Database]:
    """Open the database whose URL stands in an environment variable, for one query."""
    import sqlalchemy as sa

    url = _url(connection)
    place = f"the database of {connection} ({_place(url)})"
    try:
        with _engine(url).connect() as opened:
            _begin(opened)
            yield Database(opened, query)
    except ImportError:
        raise CollectError(f"{place}: install dataset-pipeline[sql] for its driver") from None
    except (sa.exc.SQLAlchemyError, sqlite3.Error, UnicodeError) as error:
        remedy = _remedy(error, connection)
        raise CollectError(f"{place} cannot be read: {_told(error)}; {remedy}") from None


def _url(name: str) -> "sa.URL":
    import sqlalchemy as sa

    try:
        url = sa.make_url(variable(name))
    except (sa.exc.SQLAlchemyError, ValueError):
        raise CollectError(f"the environment variable {name} holds no database URL") from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        return url
    if kind not in _DRIVERS:
        expected = "postgresql, mysql, mariadb or sqlite"
        raise CollectError(f"the URL in {name} is of no known database; expected {expected}")
    return url.set(drivername=_DRIVERS[kind])


def _engine(url: "sa.URL") -> "sa.Engine":
    import sqlalchemy as sa

    if url.drivername.startswith("sqlite"):
        return sa.create_engine(
            "sqlite://", creator=lambda: _sqlite(url), poolclass=sa.pool.NullPool,
            hide_parameters=True,
        )  # fmt: skip
    arguments = {"connect_timeout": _CONNECT}
    return sa.create_engine(
        url, poolclass=sa.pool.NullPool, connect_args=arguments, hide_parameters=True
    )


def _sqlite(url: "sa.URL") -> sqlite3.Connection:
    """A file that must be there; bytes that are no UTF-8 come as halves of surrogate pairs."""
    name = f"file:{quote(url.database or '')}?mode=ro"
    opened = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)
    opened.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return opened


def _begin(opened: "sa.Connection") -> None:
    kind = opened.dialect.name
    if kind == "postgresql":
        _load_as_text(opened)
        opened.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    elif kind == "sqlite":
        opened.exec_driver_sql("PRAGMA query_only = ON")
        opened.exec_driver_sql("BEGIN")
    else:
        opened.execution_options(isolation_level="AUTOCOMMIT")  # the transaction is begun by hand
        opened.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        opened.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _load_as_text(opened: "sa.Connection") -> None:
    """Leave as the database writes it what Python cannot hold.

    JSON, for a number in it may be beyond that; and of days and times those that are
    ``infinity``, of before the year 1 or after the year 9999.
    """
    from psycopg.pq import Format
    from psycopg.types.string import TextLoader

    driver: Any = opened.connection.driver_connection
    for name in ("json", "jsonb"):
        driver.adapters.register_loader(name, TextLoader)
    for name in ("date", "time", "timestamp", "timestamptz"):
        usual = driver.adapters.get_loader(driver.adapters.types[name].oid, Format.TEXT)
        driver.adapters.register_loader(name, _or_text(usual))


def _or_text(usual: Any) -> Any:
    """A loader that gives the database's words where the usual one has no value for them."""
    from psycopg import DataError
    from psycopg.adapt import Loader

    class OrText(Loader):
        def __init__(self, oid: int, connection: Any = None) -> None:
            super().__init__(oid, connection)
            self._usual = usual(oid, connection)

        def load(self, data: Any) -> Any:
            try:
                return self._usual.load(data)
            except DataError:
                return bytes(data).decode()

    return OrText


def _place(url: "sa.URL") -> str:
    """Kind, host and database: no user, no password, no options."""
    if url.drivername.startswith("sqlite"):
        return f"sqlite:///{url.database or ''}"
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or 'localhost'}{port}/{url.database or ''}"


def _remedy(error: Exception, connection: str) -> str:
    import sqlalchemy as sa

    if isinstance(error, sa.exc.ProgrammingError | sa.exc.DataError):
        return "correct the query, or what the user may read"
    return f"see that it is there, and that the URL in {connection} may open it"


def _told(error: Exception) -> str:
    """The driver's exception and the database's own code for it; its words may quote a value."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    if code is None and cause.args and isinstance(cause.args[0], int):
        code = cause.args[0]
    return f"{type(cause).__name__} ({code})" if code else type(cause).__name__
