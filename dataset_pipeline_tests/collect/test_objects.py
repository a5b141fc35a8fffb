from collections.abc import Iterator
from typing import Any

import pytest

from dataset_pipeline.collect import objects
from dataset_pipeline.errors import CollectError
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.collect.occasions import (
    collected,
    counts,
    names,
    nothing_half_written,
    source,
    written,
)

SECRET = "s3cr3t-t0k3n"
ENVIRONMENT = {
    "key": "S3_KEY", "secret": "S3_SECRET", "endpoint_url": "S3_ENDPOINT",
    "client_kwargs.region_name": "S3_REGION",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import boto3

    monkeypatch.setenv("S3_KEY", "key")
    monkeypatch.setenv("S3_SECRET", SECRET)
    monkeypatch.setenv("S3_ENDPOINT", server)
    monkeypatch.setenv("S3_REGION", "us-east-1")
    made = boto3.resource(
        "s3", endpoint_url=server, aws_access_key_id="key", aws_secret_access_key=SECRET,
        region_name="us-east-1",
    ).Bucket("exports")  # fmt: skip
    made.create()
    yield made
    made.objects.delete()
    made.delete()


TICKETS = source("csv", url="s3://exports/tickets/*/*.csv", environment=ENVIRONMENT)


def _downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that are downloaded from now on."""
    seen: list[str] = []
    real = objects._Object._body

    def body(self: Any, before: Any) -> Iterator[bytes]:
        seen.append(self._place)
        yield from real(self, before)

    monkeypatch.setattr(objects._Object, "_body", body)
    return seen


def test_the_second_time_only_changes_are_downloaded(
    store: Store, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tickets/2025/a.csv", "tickets/2026/a.csv", "tickets/2026/b.csv", "other/x.csv"):
        bucket.put_object(Key=name, Body=name.encode())
    seen = _downloads(monkeypatch)
    first = collected(store, TICKETS)
    assert names(first) == ["2025/a.csv", "2026/a.csv", "2026/b.csv"]
    assert first.batch.files[0].copy.read_bytes() == b"tickets/2025/a.csv"
    assert first.batch.files[0].origin["url"] == "s3://exports/tickets/2025/a.csv"
    assert len(seen) == 3
    assert collected(store, TICKETS).unchanged
    assert len(seen) == 3
    bucket.put_object(Key="tickets/2026/a.csv", Body=b"TICKETS/2026/a.csv")
    bucket.Object("tickets/2026/b.csv").delete()
    changed = collected(store, TICKETS)
    assert counts(changed) == {"changed": 1, "vanished": 1, "unchanged": 1}
    assert seen[3:] == ["s3://exports/tickets/2026/a.csv"]
    nothing_half_written(store)
    assert SECRET.encode() not in written(store)


def _put_while_read(bucket: Any, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    real, done = objects._Object._body, []

    def body(self: Any, before: Any) -> Iterator[bytes]:
        for chunk in real(self, before):
            if len(done) < times:
                done.append(1)
                bucket.put_object(Key="tickets/2026/a.csv", Body=b"new %d" % len(done))
            yield chunk

    monkeypatch.setattr(objects._Object, "_body", body)


def test_an_object_that_changes_while_it_is_read_is_read_again(
    store: Store, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Key="tickets/2026/a.csv", Body=b"old")
    _put_while_read(bucket, monkeypatch, 2)
    assert collected(store, TICKETS).batch.files[0].copy.read_bytes() == b"new 2"
    nothing_half_written(store)
    assert collected(store, TICKETS).unchanged


def test_an_object_that_never_holds_still_is_an_error(
    store: Store, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Key="tickets/2026/a.csv", Body=b"old")
    _put_while_read(bucket, monkeypatch, 100)
    with pytest.raises(CollectError, match=r"2026/a\.csv cannot be collected: it changed while"):
        collected(store, TICKETS)
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None


def test_nothing_that_matches_is_an_error(store: Store, bucket: Any) -> None:
    bucket.put_object(Key="tickets/x.txt", Body=b"x")
    with pytest.raises(CollectError, match=r"s3://exports/tickets/\*/\*\.csv: no object has such"):
        collected(store, TICKETS)


def test_one_object_by_its_name(store: Store, bucket: Any) -> None:
    bucket.put_object(Key="tickets/x.csv", Body=b"x")
    one = source("csv", url="s3://exports/tickets/x.csv", environment=ENVIRONMENT)
    assert names(collected(store, one)) == ["x.csv"]
    both = source(
        "csv", url=["s3://exports/tickets/x.csv", "s3://exports/*/x.csv"], environment=ENVIRONMENT
    )
    assert names(collected(store, both)) == ["tickets/x.csv"]


@pytest.mark.usefixtures("bucket")
def test_a_store_that_does_not_answer_is_told_without_secrets(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CollectError, match=r"cannot be collected: it failed \(") as error:
        collected(store, TICKETS)
    assert SECRET not in str(error.value)
    monkeypatch.delenv("S3_SECRET")
    with pytest.raises(CollectError, match="environment variable S3_SECRET is not set"):
        collected(store, TICKETS)


def test_an_unknown_scheme_is_told(store: Store) -> None:
    with pytest.raises(CollectError, match="cannot be collected"):
        collected(store, source("csv", url="nowhere://x/*.csv"))
