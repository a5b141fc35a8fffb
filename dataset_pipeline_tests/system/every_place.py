"""Servers of every kind, folders and databases that a dataset collects from, and its place."""

import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dataset_pipeline_tests import small
from dataset_pipeline_tests.collect.occasions import missing
from dataset_pipeline_tests.system.every_kind import LOCAL, ROWS, jsonl, rows, texts, tsv
from dataset_pipeline_tests.system.place import Place, walk

DATASET = "everything"
SECRET = f"s3cr3t-{uuid.uuid4().hex}"
TABLE = f"every_source_{uuid.uuid4().hex[:8]}"
ROOTS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/test",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/test",
}
DATABASES = ("postgresql", "mariadb", "sqlite")
SOURCES = (*LOCAL, *DATABASES, "http", "s3")


# ------------------------------------------------------------------------------------- the servers


@dataclass
class Site:
    """A web server on a folder, for those who know the token; what it answered."""

    folder: Path
    port: int = 0
    answered: list[tuple[str, int]] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, site: Site) -> None:
        self.site = site
        super().__init__(*args, directory=str(site.folder))

    def do_GET(self) -> None:
        if self.headers.get("X-Token") == SECRET:
            super().do_GET()
        else:
            self.send_error(403)

    def log_request(self, code: Any = "-", _size: Any = "-") -> None:
        self.site.answered.append((self.path, int(code)))

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def web(folder: Path) -> Iterator[Site]:
    site = Site(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site=site))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Bucket:
    """A bucket on a server of its own; what was asked of it."""

    endpoint: str
    bucket: Any
    asked: list[tuple[str, str]]

    def hold(self, files: Mapping[str, bytes]) -> None:
        """Let the bucket hold these objects; those that are the same stay untouched."""
        held = {item.key: item.get()["Body"].read() for item in self.bucket.objects.all()}
        for name, data in files.items():
            if held.get(f"tickets/{name}") != data:
                self.bucket.put_object(Key=f"tickets/{name}", Body=data)
        for name in set(held) - {f"tickets/{name}" for name in files}:
            self.bucket.Object(name).delete()


@contextmanager
def objects() -> Iterator[Bucket]:
    import boto3
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    asked: list[tuple[str, str]] = []
    server: Any = running._server
    answer = server.app

    def told(environ: Mapping[str, Any], start: Any) -> Any:
        asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return answer(environ, start)

    server.app = told
    endpoint = f"http://{host}:{port}"
    made = boto3.resource(
        "s3", endpoint_url=endpoint, aws_access_key_id="key", aws_secret_access_key=SECRET,
        region_name="us-east-1",
    ).Bucket(TABLE.replace("_", "-"))  # fmt: skip
    made.create()
    try:
        yield Bucket(endpoint, made, asked)
    finally:
        made.objects.delete()
        made.delete()
        running.stop()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[sa.Engine, str]]:
    """A table of its own, and the URL by which somebody with a password may read it."""
    root = ROOTS.get(kind, f"sqlite:///{folder}/tickets.db")
    engine = sa.create_engine(root)
    place = root.partition("@")[2]
    url = f"{kind}://{TABLE[-15:]}:{SECRET}@{place}" if place else root
    host = "@'%'" if kind == "mariadb" else ""
    known = {"postgresql": "LOGIN PASSWORD", "mariadb": "IDENTIFIED BY"}.get(kind)
    user = f"{TABLE[-15:]}{host}"
    try:
        _run(engine, f"CREATE TABLE {TABLE} (id TEXT, subject TEXT, body TEXT, changed INTEGER)")
    except sa.exc.OperationalError:
        missing(f"no {kind} here: {place}")
    try:
        if known:
            _run(engine, f"CREATE USER {user} {known} '{SECRET}'",
                 f"GRANT SELECT ON {TABLE} TO {user}")  # fmt: skip
        yield engine, url
    finally:
        _run(engine, f"DROP TABLE {TABLE}")
        if known:
            _run(engine, f"DROP USER {user}")
        engine.dispose()


def _run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


# --------------------------------------------------------------------------------------- the world


@dataclass
class World:
    """Everything that is collected from, and the place that collects it."""

    place: Place
    site: Site
    bucket: Bucket
    engines: Mapping[str, sa.Engine]

    @property
    def folder(self) -> Path:
        return self.place.configs / DATASET

    def says(self, keys: tuple[str, ...], day: int) -> None:
        """Let every source say what it says under these keys; ``day``: when that is."""
        for name, kind in LOCAL.items():
            _write(self.folder / "sources" / name, kind.files(texts(name, keys)))
        first, *others = texts("http", keys).items()
        _write(self.site.folder, {"first.tsv": tsv(dict([first]))["export.tsv"],
                                  "others.tsv": tsv(dict(others))["export.tsv"]}, day)  # fmt: skip
        self.bucket.hold(jsonl(texts("s3", keys)))
        for name, engine in self.engines.items():
            self._table(engine, texts(name, keys), day)

    def _table(self, engine: sa.Engine, said: Mapping[str, str], day: int) -> None:
        """Rows that say the same stay as they are; ``changed`` is the day of the others."""
        table = sa.table(TABLE, *map(sa.column, ("id", "subject", "body", "changed")))
        with engine.begin() as connection:
            same = [
                row["id"]
                for row in rows(said)
                if connection.execute(sa.select(table.c.id).filter_by(**row)).first()
            ]
            connection.execute(sa.delete(table).where(table.c.id.not_in(same)))
            fresh = [{**row, "changed": day} for row in rows(said) if row["id"] not in same]
            connection.execute(sa.insert(table), fresh)


def _write(folder: Path, files: Mapping[str, bytes], day: int = 0) -> None:
    """The files of a folder; one that is the same stays untouched."""
    for path in [*walk(folder)] if folder.is_dir() else []:
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
            if day:  # a web server tells changes by whole seconds
                os.utime(path, (day * 86_400, day * 86_400))


def sources(site: Site, bucket: Bucket) -> dict[str, Any]:
    about = {"description": "Rows.", "system": "A test", "owner": "us", "rights": small.RIGHTS}
    found: dict[str, Any] = {
        name: {"kind": kind.kind, **about, "path": f"sources/{name}/{kind.pattern}",
               "fields": kind.fields, **kind.form}
        for name, kind in LOCAL.items()
    }  # fmt: skip
    for name in DATABASES:
        query = f"SELECT id, subject, body, changed FROM {TABLE}"  # noqa: S608
        found[name] = {"kind": "sql", **about, "connection": f"{name.upper()}_URL", "key": "id",
                       "query": query, "fields": ROWS}  # fmt: skip
    found["postgresql"]["watermark"] = "changed"
    urls = [f"http://127.0.0.1:{site.port}/{name}.tsv" for name in ("first", "others")]
    found["http"] = {"kind": "tsv", **about, "url": urls, "environment": {"X-Token": "WEB_TOKEN"},
                     "fields": ROWS}  # fmt: skip
    options = {"key": "S3_KEY", "secret": "S3_SECRET", "endpoint_url": "S3_ENDPOINT"}
    found["s3"] = {"kind": "jsonl", **about, "url": f"s3://{bucket.bucket.name}/tickets/*",
                   "environment": options, "fields": ROWS}  # fmt: skip
    return found


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Servers that run, sources that say nothing yet, and a dataset of them all."""
    with (
        web(folder / "site") as site,
        objects() as bucket,
        database("postgresql", folder) as postgresql,
        database("mariadb", folder) as mariadb,
        database("sqlite", folder) as sqlite,
    ):
        made = dict(zip(DATABASES, (postgresql, mariadb, sqlite), strict=True))
        extra = {"WEB_TOKEN": SECRET, "S3_KEY": "key", "S3_SECRET": SECRET}
        extra |= {"S3_ENDPOINT": bucket.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
        extra |= {f"{name.upper()}_URL": url for name, (_, url) in made.items()}
        place = Place(folder / "place", extra)
        small.write_dataset(
            place.configs, DATASET, [], sources=sources(site, bucket),
            gates={"max_quarantined_share": 0.5},
        )  # fmt: skip
        yield World(place, site, bucket, {name: engine for name, (engine, _) in made.items()})
