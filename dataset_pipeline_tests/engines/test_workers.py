"""Workers give what one process gives, and never outlive their parent."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from dataset_pipeline.config import Redacted
from dataset_pipeline.engines import workers
from dataset_pipeline.stages.personal.recognizers import find_all, recognizers
from dataset_pipeline.stages.spread import here

MANY = workers.WORTHWHILE + 50


def _process(items: Sequence[int]) -> list[int]:
    return [os.getpid() for _ in items]


def _double(items: Sequence[int]) -> list[int]:
    return [2 * item for item in items]


def _die(items: Sequence[int]) -> list[int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return list(items)


def _fails(items: Sequence[int]) -> list[int]:
    raise ValueError(len(items))


def test_results_come_in_order() -> None:
    assert workers.spread(_double, range(MANY)) == [2 * item for item in range(MANY)]


def test_work_is_done_in_other_processes() -> None:
    assert os.getpid() not in workers.spread(_process, range(MANY))


def test_detectors_find_the_same_in_workers() -> None:
    texts = [f"write to a{n}@example.org or call +7 701 000 {n:04}" for n in range(MANY)]
    find = partial(find_all, recognizers(Redacted(phone_regions=["KZ"])))
    asked = [(text, (0, 1, 2, 3, 4, 5)) for text in texts]
    found = workers.spread(find, asked)
    assert found == here(find, asked)
    assert all({finding.entity for finding in findings} >= {"EMAIL_ADDRESS"} for findings in found)


def test_an_error_of_the_function_is_the_callers() -> None:
    with pytest.raises(ValueError, match=r"\d"):
        workers.spread(_fails, range(MANY))


def test_a_killed_worker_is_told_and_the_next_work_has_new_ones() -> None:
    with pytest.raises(workers.WorkerError, match="killed"):
        workers.spread(_die, range(MANY))
    assert workers.spread(_double, range(MANY))[-1] == 2 * (MANY - 1)


def _as_daemon(connection: multiprocessing.connection.Connection) -> None:
    connection.send(set(workers.spread(_process, range(MANY))) == {os.getpid()})


def test_a_daemonic_process_works_alone() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_as_daemon, args=(theirs,), daemon=True)
    child.start()
    assert ours.recv()
    child.join()


SCRIPT = """
import os, sys, time
from dataset_pipeline.engines import workers
from dataset_pipeline_tests.engines.test_workers import _process
print(*sorted(set(workers.spread(_process, range({many})))), flush=True)
time.sleep({stay})
"""


def _script(folder: Path, stay: float) -> subprocess.Popen[str]:
    path = folder / "script.py"
    path.write_text(SCRIPT.format(many=MANY, stay=stay), encoding="utf-8")
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.Popen(
        [sys.executable, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return False
    return state[0] != "Z"


def _gone(processes: Sequence[int], within: float = 10) -> bool:
    end = time.monotonic() + within
    while any(map(_alive, processes)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(_alive, processes))


def _workers_of(script: subprocess.Popen[str]) -> list[int]:
    assert script.stdout
    return [int(process) for process in script.stdout.readline().split()]


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    script = _script(tmp_path, stay=0)
    told, _ = script.communicate(timeout=60)
    assert script.returncode == 0
    assert len(told.splitlines()) == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, blow: signal.Signals) -> None:
    script = _script(tmp_path, stay=60)
    started = _workers_of(script)
    assert started
    assert all(map(_alive, started))
    script.send_signal(blow)
    script.wait(timeout=20)
    assert _gone(started)


def test_what_workers_load_is_no_polars() -> None:
    """Its threads would not survive the fork."""
    code = "import sys, dataset_pipeline.engines.preload; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_prepared_is_done_in_another_process() -> None:
    code = """
import os, sys
from dataset_pipeline.engines import workers
from dataset_pipeline.ui.plots import NEEDED, share_plot
before = share_plot({"label": {"a": [0.4, 0.6]}}, ["train", "test"])
here = workers.elsewhere(os.getpid)
workers.spread(sorted, list(range(1000)))
workers.prepare("colorsys")
there = workers.elsewhere(os.getpid)
after = share_plot({"label": {"a": [0.4, 0.6]}}, ["train", "test"])
print(here == os.getpid(), there != os.getpid(), before == after)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_a_model_trained_in_the_prepared_process_is_the_same() -> None:
    code = """
import sys
from dataset_pipeline.config import BaselineTraining
from dataset_pipeline.engines import workers
from dataset_pipeline.training.baseline import NEEDED, Examples, train_baseline
texts = [f"{colour} paint {n}" for colour in ("red", "blue") for n in range(9)]
given = Examples(texts, [*"r" * 9, *"b" * 9])
asked = given, {"validation": given}, BaselineTraining(trainer="baseline")
workers.spread(sorted, list(range(1000)))
workers.prepare(*NEEDED, "no_such_module")
there = workers.elsewhere(train_baseline, *asked)
print("sklearn" not in sys.modules, there == train_baseline(*asked))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
