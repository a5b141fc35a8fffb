"""Headless Chromium over its DevTools protocol: open a page, wait for text, click, picture."""

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from dataset_pipeline_tests.ui.server import until

WAIT = 60  # seconds
_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--window-size=1600,1000",
    "about:blank",
]
# The innermost element with exactly this text.
_CLICK = """(() => {
  const found = [...document.querySelectorAll('*')].filter(e => e.textContent.trim() === %s);
  if (found.length) found.at(-1).click();
  return found.length > 0;
})()"""


class Page:
    """The browser's one page."""

    def __init__(self, socket: ClientConnection):
        self._socket, self._calls = socket, 0

    def open(self, address: str) -> None:
        self._call("Page.navigate", url=address)

    def text(self) -> str:
        """What the page shows."""
        return str(self._evaluate("document.body ? document.body.innerText : ''"))

    def shows(self, *wanted: str) -> str:
        """Wait until the page shows all of these; its text."""

        def look() -> str | None:
            text = self.text()
            return text if all(word in text for word in wanted) else None

        try:
            return until(look, WAIT)
        except AssertionError:
            raise AssertionError(f"not all of {wanted} in: {self.text()[:4000]}") from None

    def click(self, text: str) -> None:
        """Click on what bears this text, once it is there."""
        until(lambda: self._evaluate(_CLICK % json.dumps(text)) or None, WAIT)

    def count(self, selector: str) -> int:
        """How many elements match."""
        found = self._evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")
        return int(found)

    def picture(self) -> bytes:
        """A screenshot as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def _evaluate(self, script: str) -> Any:
        done = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        return done["result"].get("value")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=WAIT))
            if answer.get("id") == self._calls:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result


def chromium() -> str:
    """Where Chromium is; without it the test is skipped, on a build server it fails."""
    found = shutil.which("chromium")
    if found:
        return found
    why = "no chromium here: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """A browser with a profile of its own; it and its children end with the block."""
    process = subprocess.Popen(
        [chromium(), f"--user-data-dir={profile}", *_OPTIONS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with connect(until(lambda: _tab(profile), WAIT), max_size=None, proxy=None) as socket:
            yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tab(profile: Path) -> str | None:
    """The address at which the browser's page takes orders."""
    try:
        port = (profile / "DevToolsActivePort").read_text("utf-8").splitlines()[0]
        tabs = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=10).json()
    except (OSError, IndexError):  # it is still starting
        return None
    return next((tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"), None)
