"""Worker processes, one a core: started before they are needed, gone with their parent."""

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from types import ModuleType
from typing import Any, TypeVar

from dataset_pipeline.errors import PipelineError
from dataset_pipeline.stages.spread import Found, Item

Given = TypeVar("Given")

# Below this, starting processes costs more than they save.
WORTHWHILE = 250
_PART, _MOST = 128, 1024  # items that a worker is given at a time, at least and at most
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


class WorkerError(PipelineError):
    """A worker did not live to give its result."""


def warm() -> None:
    """Begin to load what workers need, in a process of its own; does not wait for it."""
    if _possible() and _METHOD == "forkserver" and not _pool.asked_for:
        multiprocessing.get_context(_METHOD).set_forkserver_preload([f"{__package__}.preload"])
        forkserver.ensure_running()
        _pool.asked_for = True


def spread(function: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]) -> list[Found]:
    """Call ``function`` with parts of the items in the workers; the results in order.

    Few items are done here, unless the workers stand ready.
    """
    if not _possible() or (len(items) < WORTHWHILE and not _pool.asked_for):
        return function(items)
    size = max(_PART, min(len(items) // (4 * _cores()), _MOST))
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    try:
        return [found for part in _pool.get().map(function, parts) for found in part]
    except BrokenProcessPool:
        _pool.forget()
        raise WorkerError(
            "a worker process was killed from outside; if memory ran out, give the machine more "
            "or run fewer things at once; then run again"
        ) from None


def prepare(*modules: str) -> None:
    """Let a process of its own load modules, for ``elsewhere``, where there are workers already."""
    if _pool.ready and not _side.ready:
        _side.get(1).submit(_load, modules)


def elsewhere(function: Callable[..., Given], *arguments: Any) -> Given:
    """Call a function in the process that was prepared for it; here, where there is none."""
    if not _side.ready:
        return function(*arguments)
    try:
        return _side.get(1).submit(function, *arguments).result()
    except BrokenProcessPool:
        _side.forget()
        return function(*arguments)


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        importlib.import_module(name)


def _possible() -> bool:
    """Daemonic processes may have no children; a single core has nothing to share."""
    return _cores() > 1 and not multiprocessing.current_process().daemon


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Pool:
    """The workers of this process, made at most once."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._made: ProcessPoolExecutor | None = None
        self.asked_for = False

    def get(self, number: int | None = None) -> ProcessPoolExecutor:
        """So many workers, one a core if it is not said; waits until they have begun."""
        self.asked_for = True
        with self._making:
            if self._made is None:
                self._made = _make(number or _cores())
            return self._made

    @property
    def ready(self) -> bool:
        """Whether there are workers already."""
        return self._made is not None

    def forget(self) -> None:
        """Make new ones the next time."""
        self._made = None


_pool, _side = _Pool(), _Pool()


def _make(number: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        context.set_forkserver_preload([f"{__package__}.preload"])
    pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin)
    with _without_main():
        for started in [pool.submit(os.getpid) for _ in range(number)]:
            started.result()
    return pool


@contextmanager
def _without_main() -> Iterator[None]:
    """Workers would run the main script again, to find what is defined there: nothing of ours."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _begin() -> None:
    """In a worker: leave Control-C to the parent, and end when it does, however it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
