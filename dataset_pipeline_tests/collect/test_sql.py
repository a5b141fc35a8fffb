"""The same story on every database: collected twice, the second time only the changes."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from dataset_pipeline.collect import database, rows, sql
from dataset_pipeline.collect.collector import Collection
from dataset_pipeline.config import SqlSource
from dataset_pipeline.errors import CollectError
from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline.stages.readers.chunk import LINE
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile
from dataset_pipeline.stages.readers.sql import read_sql
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.collect.occasions import (
    collected,
    counts,
    missing,
    nothing_half_written,
    source,
    written,
)

PASSWORD = "s3cr3t-p4ssw0rd"
URLS = {
    "postgresql": "postgresql://postgres@127.0.0.1:5432/test",
    "mariadb": "mariadb://root@127.0.0.1:3306/test",
}
DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}


@dataclass
class Base:
    """A database with a table of its own."""

    kind: str
    engine: sa.Engine
    table: str

    def run(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement.replace("TICKETS", self.table)), values)

    def put(self, name: int | None, text: str, changed: int = 1) -> None:
        self.run("INSERT INTO TICKETS VALUES (:i, :t, :c)", i=name, t=text, c=changed)

    def source(self, query: str = "SELECT * FROM TICKETS", **more: Any) -> SqlSource:
        asked = {"connection": "TICKETS_URL", "query": query.replace("TICKETS", self.table)}
        found = source("sql", **{**asked, "key": "id", **more})
        assert isinstance(found, SqlSource)
        return found


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def base(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Base]:
    kind = request.param
    url = URLS.get(kind, f"sqlite:///{tmp_path}/tickets.db")
    monkeypatch.setenv("TICKETS_URL", url)
    engine = sa.create_engine(sa.make_url(url).set(drivername=DRIVERS.get(kind, "sqlite")))
    made = Base(kind, engine, f"tickets_{uuid.uuid4().hex[:8]}")
    try:
        made.run("CREATE TABLE TICKETS (id INTEGER, body TEXT, changed INTEGER)")
    except sa.exc.OperationalError:
        missing(f"no {kind} here: {url}")
    yield made
    made.run("DROP TABLE TICKETS")
    engine.dispose()


def now(collection: Collection, found: SqlSource) -> tuple[dict[str, str], list[BadRow]]:
    """The rows that count after a collection, by key; and the bad ones."""
    files = [SourceFile(file.name, file.copy) for file in collection.batch.files]
    chunks = list(read_sql(found, files))
    frames = [chunk.frame for chunk in chunks]
    kept = [row for frame in frames for row in frame.select("id", "body").iter_rows()]
    assert len(dict(kept)) == len(kept)
    return dict(kept), [row for chunk in chunks for row in chunk.bad]


def files(collection: Collection) -> list[str]:
    return [file.name for file in collection.batch.files]


@pytest.mark.parametrize("watermark", [None, "changed"])
def test_the_second_time_only_changes_are_kept(
    store: Store, base: Base, watermark: str | None
) -> None:
    tickets = base.source(watermark=watermark)
    for name in (1, 2, 3):
        base.put(name, f"text {name}", changed=name)
    first = collected(store, tickets)
    assert files(first) == ["0000.base.parquet"]
    assert now(first, tickets) == ({1: "text 1", 2: "text 2", 3: "text 3"}, [])
    again = collected(store, tickets)
    assert again.unchanged
    assert counts(again) == {"unchanged": 1}

    base.run("DELETE FROM TICKETS WHERE id = 1")
    base.run("UPDATE TICKETS SET body = 'other', changed = 4 WHERE id = 2")
    base.put(4, "text 4", changed=5)
    second = collected(store, tickets)
    assert files(second) == [
        "0000.base.parquet", "0001.changed.parquet", "0001.withdrawn.parquet",
    ]  # fmt: skip
    assert counts(second) == {"new": 2, "unchanged": 1}
    delta = pl.read_parquet(second.batch.files[1].copy)
    assert sorted(delta["id"]) == [2, 4]
    assert now(second, tickets) == ({2: "other", 3: "text 3", 4: "text 4"}, [])
    assert collected(store, tickets).unchanged

    base.put(1, "back", changed=6)
    third = collected(store, tickets)
    assert files(third)[-1] == "0002.changed.parquet"
    assert now(third, tickets)[0] == {1: "back", 2: "other", 3: "text 3", 4: "text 4"}
    base.run("DELETE FROM TICKETS")
    fourth = collected(store, tickets)
    assert now(fourth, tickets) == ({}, [])
    assert collected(store, tickets).unchanged
    nothing_half_written(store)


def test_with_a_watermark_only_late_rows_are_asked_for(
    store: Store, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = sql.Database.rows

    def watched(self: Any, *, column: str | None = None, since: Any = None) -> Any:
        asked.append(since)
        return real(self, column=column, since=since)

    monkeypatch.setattr(sql.Database, "rows", watched)
    tickets = base.source(watermark="changed")
    base.put(1, "a", changed=7)
    base.put(2, "b", changed=9)
    collected(store, tickets)
    base.put(3, "c", changed=9)
    assert now(collected(store, tickets), tickets)[0] == {1: "a", 2: "b", 3: "c"}
    assert asked == [None, 9]
    # Entered late, with a time before the watermark: the listing of keys shows that it is there.
    base.put(4, "d", changed=3)
    assert now(collected(store, tickets), tickets)[0] == {1: "a", 2: "b", 3: "c", 4: "d"}
    assert asked == [None, 9, 9, None]
    base.put(5, "e", changed=None)  # type: ignore[arg-type]
    base.put(6, "f", changed=12)
    assert sorted(now(collected(store, tickets), tickets)[0]) == [1, 2, 3, 4, 5, 6]
    assert asked == [None, 9, 9, None, 9]
    assert collected(store, tickets).unchanged


@pytest.mark.parametrize("watermark", [None, "changed"])
def test_null_and_repeated_keys_are_told(store: Store, base: Base, watermark: str | None) -> None:
    tickets = base.source(watermark=watermark)
    base.put(1, "a")
    base.put(2, "b")
    base.put(2, "c")
    base.put(3, "d")
    base.put(3, "d")
    base.put(None, "e")
    base.put(None, "f")
    first = collected(store, tickets)
    kept, bad = now(first, tickets)
    assert set(kept) == {1, 2, 3}
    assert sorted(row.rule for row in bad) == [
        "duplicate_key", "missing_key", "missing_key", "repeated_row",
    ]  # fmt: skip
    for row in bad:
        assert row.content
        assert len(row.content) == 64
        assert row.evidence in ({"field": "id"}, {"first": row.evidence.get("first")})
    assert collected(store, tickets).unchanged
    base.run("DELETE FROM TICKETS WHERE body IN ('b', 'f')")
    base.run("UPDATE TICKETS SET body = 'D', changed = 2 WHERE id = 3")
    second = collected(store, tickets)
    kept, bad = now(second, tickets)
    assert kept == {1: "a", 2: "c", 3: "D"}
    assert sorted(row.rule for row in bad) == ["missing_key", "repeated_row"]
    assert collected(store, tickets).unchanged


def test_which_row_of_a_key_is_kept_does_not_hang_on_their_order(store: Store, base: Base) -> None:
    kept = set()
    for number, texts in enumerate(("abc", "cba", "bca")):
        base.run("DELETE FROM TICKETS")
        for text in texts:
            base.put(1, text)
        tickets = base.source(f"SELECT id, body, 'x{number}' AS other FROM TICKETS")  # noqa: S608
        again = base.source(f"SELECT id, body FROM TICKETS -- {number}")  # noqa: S608
        collected(store, tickets)
        kept.add(now(collected(store, again), again)[0][1])
    assert len(kept) == 1


def test_after_many_deltas_there_is_a_new_base(
    store: Store, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MOST_STEPS", 3)
    for watermark in (None, "changed"):
        base.run("DELETE FROM TICKETS")
        tickets = base.source(watermark=watermark)
        shapes = []
        for name in range(6):
            base.put(name, f"text {name}", changed=name)
            collection = collected(store, tickets)
            shapes.append(len(files(collection)))
            assert collected(store, tickets).unchanged
        assert shapes == [1, 2, 3, 4, 1, 2]
        assert len(now(collection, tickets)[0]) == 6


def test_another_query_begins_anew(store: Store, base: Base) -> None:
    base.put(1, "a")
    collected(store, base.source())
    base.put(2, "b")
    other = base.source("SELECT id, body FROM TICKETS")
    assert files(collected(store, other)) == ["0000.base.parquet"]


def test_a_copy_that_is_gone_begins_anew(store: Store, base: Base) -> None:
    base.put(1, "a")
    first = collected(store, base.source())
    base.put(2, "b")
    first.batch.files[0].copy.unlink()
    assert files(collected(store, base.source())) == ["0000.base.parquet"]


def test_rows_are_read_in_parts(store: Store, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_ROWS", 1000)
    base.run("INSERT INTO TICKETS VALUES (-1, NULL, NULL)")
    with base.engine.begin() as connection:
        connection.execute(
            sa.text(f"INSERT INTO {base.table} VALUES (:i, :t, :c)"),  # noqa: S608
            [{"i": i, "t": f"text {i}" if i > 2500 else None, "c": i} for i in range(5000)],
        )
    kept, bad = now(collected(store, base.source()), base.source())
    assert not bad
    assert len(kept) == 5001
    assert kept[4999] == "text 4999"


def test_one_state_is_read(store: Store, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the rows and the listing of keys somebody else writes and commits."""
    base.put(1, "a", changed=1)
    tickets = base.source(watermark="changed")
    collected(store, tickets)
    base.put(2, "b", changed=2)
    real = sql.Database.keys

    def meanwhile(self: Any, key: str) -> Any:
        if base.kind != "sqlite":  # whose reader locks writers out, so nothing can come between
            base.put(3, "c", changed=3)
            base.run("DELETE FROM TICKETS WHERE id = 1")
        return real(self, key)

    monkeypatch.setattr(sql.Database, "keys", meanwhile)
    second = collected(store, tickets)
    assert now(second, tickets)[0] == {1: "a", 2: "b"}
    monkeypatch.undo()


def test_nothing_can_be_written(store: Store, base: Base) -> None:
    base.put(1, "a")
    with pytest.raises(CollectError, match="neither SELECT nor WITH"):
        collected(store, base.source("DELETE FROM TICKETS"))
    with pytest.raises(CollectError, match="cannot be read"):
        collected(store, base.source("SELECT 1 AS id) AS q; DELETE FROM TICKETS; SELECT (1"))
    if base.kind == "postgresql":
        removing = "WITH x AS (DELETE FROM TICKETS RETURNING *) SELECT * FROM x"
        with pytest.raises(CollectError, match="cannot be read"):
            collected(store, base.source(removing))
    assert now(collected(store, base.source()), base.source())[0] == {1: "a"}


def test_a_query_may_hold_what_drivers_take_for_their_own(store: Store, base: Base) -> None:
    base.put(1, "100% :since")
    query = "SELECT id, body, ':since %s %(x)s {query}' AS other, changed FROM TICKETS "
    query += "WHERE body LIKE '%:since%' -- %s :x"
    tickets = base.source(query, watermark="changed")
    for _ in range(2):
        collection = collected(store, tickets)
    frame = pl.read_parquet(collection.batch.files[0].copy)
    assert frame["other"].to_list() == [":since %s %(x)s {query}"]


def test_wrong_columns_are_told(store: Store, base: Base) -> None:
    for more, told in (
        ({"key": "nr"}, "no column 'nr'"),
        ({"watermark": "time"}, "no column 'time'"),
        ({"query": "SELECT id, body AS _key FROM TICKETS"}, "rename the query's column '_key'"),
    ):
        with pytest.raises(CollectError, match=told):
            collected(store, base.source(**more))


def test_errors_never_hold_values_or_credentials(
    store: Store, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.put(1, PASSWORD)
    broken = base.source("SELECT id, CAST(body AS INTEGER) / 0 AS n FROM NOWHERE WHERE 'Anna' = ''")
    with pytest.raises(CollectError, match=r"the database of TICKETS_URL \(.*cannot be read:") as e:
        collected(store, broken)
    assert "Anna" not in str(e.value)
    assert e.value.__cause__ is None
    assert e.value.__suppress_context__
    if base.kind == "postgresql":
        cast = base.source("SELECT id, CAST(body AS INTEGER) AS n FROM TICKETS")
        with pytest.raises(
            CollectError, match=r"InvalidTextRepresentation \(22P02\); correct"
        ) as e:
            collected(store, cast)
        assert PASSWORD not in str(e.value)
    if base.kind != "sqlite":
        url = f"{base.kind}://somebody:{PASSWORD}@127.0.0.1:9/test?password={PASSWORD}"
        monkeypatch.setenv("TICKETS_URL", url)
        with pytest.raises(
            CollectError, match=r"127\.0\.0\.1:9/test\) cannot be read.*see that"
        ) as e:
            collected(store, base.source())
        assert PASSWORD not in str(e.value)
        assert "somebody" not in str(e.value)
    assert PASSWORD.encode() not in written(store)
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None


def test_what_the_variable_must_hold(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = source("sql", connection="TICKETS_URL", query="SELECT 1 AS id", key="id")
    monkeypatch.delenv("TICKETS_URL", raising=False)
    with pytest.raises(CollectError, match="environment variable TICKETS_URL is not set"):
        collected(store, tickets)
    for url, told in (
        (f"no url {PASSWORD}", "TICKETS_URL holds no database URL"),
        (f"oracle://u:{PASSWORD}@host/db", "the URL in TICKETS_URL is of no known database"),
        ("sqlite:////nowhere/at/all.db", r"cannot be read: OperationalError \(SQLITE_CANTOPEN\)"),
    ):
        monkeypatch.setenv("TICKETS_URL", url)
        with pytest.raises(CollectError, match=told) as error:
            collected(store, tickets)
        assert PASSWORD not in str(error.value)


def _values(collection: Collection) -> tuple[dict[str, Any], dict[str, pl.DataType]]:
    frame = pl.read_parquet(collection.batch.files[0].copy)
    return frame.row(0, named=True), dict(frame.schema)


@pytest.mark.parametrize("base", ["postgresql"], indirect=True)
def test_types_of_postgresql(store: Store, base: Base) -> None:
    query = """SELECT 1::bigint AS id, 9007199254740993::bigint AS big, 1.5::float8 AS share,
        12345678901234567890.10::numeric AS price, DATE '2026-05-01' AS day, true AS yes,
        TIMESTAMP '2026-05-01 10:00:00.5' AS local, TIMESTAMPTZ '2026-05-01 10:00:00+05' AS at,
        '{"a": 12345678901234567890.10}'::json AS doc, '"text"'::jsonb AS scalar,
        ARRAY[1, NULL, 3] AS list, ARRAY['a', NULL] AS words, '\\x00ff'::bytea AS data,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS uid, INTERVAL '1 day' AS span,
        '10.0.0.1'::inet AS host, NULL::text AS nothing"""
    values, schema = _values(collected(store, base.source(query)))
    assert values | {"_digest": b""} == {
        "id": 1, "big": 9007199254740993, "share": 1.5, "price": "12345678901234567890.10",
        "day": date(2026, 5, 1), "yes": True,
        "local": datetime.fromisoformat("2026-05-01T10:00:00.5"),
        "at": datetime.fromisoformat("2026-05-01T05:00:00+00:00"),
        "doc": '{"a": 12345678901234567890.10}', "scalar": '"text"', "list": "[1, null, 3]",
        "words": '["a", null]', "data": "00ff", "uid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "span": "1 day, 0:00:00", "host": "10.0.0.1", "nothing": None,
        "_key": "1", "_digest": b"", "_rule": None,
    }  # fmt: skip
    assert schema["big"] == pl.Int64
    assert schema["at"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize("base", ["postgresql"], indirect=True)
def test_times_that_python_does_not_have_are_text(store: Store, base: Base) -> None:
    query = """SELECT * FROM (VALUES
        (1, 'infinity'::timestamptz, '0044-03-15 BC'::date, '24:00'::time, 'infinity'::timestamp),
        (2, '2026-05-01 10:00+05', '2026-05-01', '10:00', '2026-05-01 10:00'), (3, NULL, NULL,
        NULL, NULL)) AS v (id, at, day, clock, local)"""
    source_ = base.source(query, watermark="at")
    rows = pl.read_parquet(collected(store, source_).batch.files[0].copy).sort("id")
    assert rows.select("at", "day", "clock", "local").rows() == [
        ("infinity", "0044-03-15 BC", "24:00:00", "infinity"),
        ("2026-05-01T05:00:00+00:00", "2026-05-01", "10:00:00", "2026-05-01T10:00:00"),
        (None, None, None, None),
    ]
    assert collected(store, source_).unchanged


@pytest.mark.parametrize("base", ["mariadb"], indirect=True)
def test_types_of_mariadb(store: Store, base: Base) -> None:
    query = """SELECT 'k' AS id, 18446744073709551615 AS big, CAST(1.10 AS DECIMAL(6, 2)) AS price,
        DATE '2026-05-01' AS day, TIMESTAMP '2026-05-01 10:00:00' AS local, TIME '10:00:00' AS at,
        X'00ff' AS data, JSON_OBJECT('a', 1) AS doc, 1e0 AS share"""
    values, _ = _values(collected(store, base.source(query)))
    assert values | {"_digest": b""} == {
        "id": "k", "big": "18446744073709551615", "price": "1.10", "day": date(2026, 5, 1),
        "local": datetime.fromisoformat("2026-05-01T10:00:00"), "at": "10:00:00",
        "data": "00ff", "doc": '{"a": 1}',
        "share": 1.0, "_key": "k", "_digest": b"", "_rule": None,
    }  # fmt: skip


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_types_of_sqlite_are_those_of_its_values(
    store: Store, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_ROWS", 2)
    monkeypatch.setattr(database, "_FETCH", 1)
    with sqlite3.connect(str(base.engine.url.database)) as opened:
        opened.execute("CREATE TABLE mixed (id, a, b, c, d)")
        opened.executemany(
            "INSERT INTO mixed VALUES (?, ?, ?, ?, ?)",
            [(1, 1, None, 1, 1), ("x", 2.5, None, "x", 1 << 60), (b"\x01", 3, 7, None, 0.5)],
        )
    frame = pl.read_parquet(
        collected(store, base.source("SELECT * FROM mixed")).batch.files[0].copy
    )
    assert frame["a"].to_list() == [1.0, 2.5, 3.0]
    assert frame["b"].to_list() == [None, None, 7]
    assert frame["c"].to_list() == ["1", "x", None]
    assert frame["d"].to_list() == ["1", str(1 << 60), "0.5"]
    assert frame["_key"].to_list() == ["1", "x", "01"]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_text_that_is_none_is_one_bad_row(store: Store, base: Base) -> None:
    base.put(1, "a")
    base.run("INSERT INTO TICKETS VALUES (2, CAST(x'ff41' AS TEXT), 2)")
    for watermark in (None, "changed"):
        tickets = base.source(watermark=watermark)
        first = collected(store, tickets)
        kept, (bad,) = now(first, tickets)
        assert kept == {1: "a"}
        assert bad.rule == "bad_encoding"
        assert collected(store, tickets).unchanged


def test_chunks_say_where_their_rows_stand(store: Store, base: Base) -> None:
    base.put(1, "a")
    base.put(2, "b")
    tickets = base.source()
    collected(store, tickets)
    base.run("UPDATE TICKETS SET body = 'c' WHERE id = 1")
    batch = collected(store, tickets).batch
    chunks = list(read_sql(tickets, [SourceFile(f.name, f.copy) for f in batch.files]))
    placed = [(c.file, row) for c in chunks for row in c.frame.select(LINE, "id").iter_rows()]
    assert placed == [("0000.base.parquet", (2, 2)), ("0001.changed.parquet", (1, 1))]
    assert chunks[0].frame.schema[LINE] == pl.UInt64
    assert set(chunks[0].frame.columns) == {LINE, "id", "body", "changed"}


def test_the_record_of_it_names_query_and_variable_alone(store: Store, base: Base) -> None:
    base.put(1, "a")
    collection = collected(store, base.source(watermark="changed"))
    facts = store.batches.facts(collection.batch.digest)
    assert facts["origins"]["0000.base.parquet"].keys() == {"query_sha256", "connection"}
    markers = store.collections.markers(store.collections.last("small", "rows"))
    assert markers["watermark"] == {"type": "int", "value": "1"}
    assert "127.0.0.1" not in json.dumps(facts)


def test_numbers_since_1970_are_times(store: Store, base: Base) -> None:
    for name, at in ((1, 1_700_000_000), (2, -1), (3, 0)):
        base.put(name, f"text {name}", changed=at)
    late = "CASE id WHEN 3 THEN 2000000000000 ELSE changed END"
    for column in (f"{late} AS at", f"CAST({late} AS CHAR(20)) AS at", f"{late} * 1.0 AS at"):
        time = {"column": "at", "format": "epoch_s"}
        mapping = {"key": "id", "prompt": "body", "event_time": time}
        tickets = base.source(f"SELECT id, body, {column} FROM TICKETS", fields=mapping)  # noqa: S608
        files = [SourceFile(f.name, f.copy) for f in collected(store, tickets).batch.files]
        result = raw_source("tickets", tickets, "0" * 64, files)
        seconds = [at.timestamp() for at in result.kept.collect()["event_time"]]
        assert sorted(seconds, reverse=True) == [1_700_000_000, -1]
        assert result.excluded.collect()["rule"].to_list() == ["bad_time"]
