"""What is measured in a thread of its own, or while it is still being written."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.certify.facts import Aside, Behind, Growing, ahead, measure

pieces = st.lists(st.binary(max_size=9) | st.sampled_from([bytes(1 << 16), bytes(70_000)]))


@given(pieces)
def test_the_digest_aside_is_that_of_all_pieces_in_their_order(drawn: list[bytes]) -> None:
    aside = Aside()
    for piece in drawn:
        aside.add(piece)
    assert aside.hexdigest() == measure(drawn).sha256


@given(pieces)
def test_a_growing_file_is_measured_as_a_whole_one_is(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("growing") / "file"
    path.touch()
    growing = Growing(path)
    for piece in drawn:
        with path.open("ab") as file:
            file.write(piece)
        growing.look()
    assert growing.facts() == measure([path.read_bytes()])


def test_things_are_done_in_order_and_only_a_few_wait() -> None:
    done: list[int] = []
    go = Event()
    with Behind(2) as behind:
        behind.do(go.wait)
        behind.do(done.append, 1)
        assert done == []
        go.set()
        for number in (2, 3, 4):
            behind.do(done.append, number)
        assert done[:2] == [1, 2]
    assert done == [1, 2, 3, 4]


@given(pieces)
def test_pieces_that_are_made_ahead_are_the_same(drawn: list[bytes]) -> None:
    assert list(ahead(iter(drawn))) == drawn


def test_what_goes_wrong_ahead_is_raised_behind_the_pieces_before_it() -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        yield b""
        raise OSError("the disk is gone")

    chunks = ahead(broken())
    assert [next(chunks), next(chunks)] == [b"one", b""]
    with pytest.raises(OSError, match="gone"):
        next(chunks)


def test_pieces_are_made_a_few_ahead_and_no_more() -> None:
    made: list[int] = []
    chunks = ahead(made.append(n) or b"x" for n in range(100))  # type: ignore[func-returns-value]
    next(chunks)
    assert len(made) <= 12
    chunks.close()  # type: ignore[attr-defined]
    assert len(made) <= 12


def fail() -> None:
    raise OSError("the disk is full")


@pytest.mark.parametrize("later", [0, 5])
def test_what_went_wrong_behind_is_raised(later: int) -> None:
    def done(behind: Behind) -> None:
        with behind:
            behind.do(fail)
            for _ in range(later):
                behind.do(int)

    with pytest.raises(OSError, match="full"):
        done(Behind(2))


def test_an_error_leaves_undone_what_waits(tmp_path: Path) -> None:
    go, marks = Event(), []

    def stop(behind: Behind) -> None:
        with behind:
            behind.do(go.wait, 0.2)
            behind.do(marks.append, 1)
            raise KeyError

    with pytest.raises(KeyError):
        stop(Behind(9))
    assert marks == []
