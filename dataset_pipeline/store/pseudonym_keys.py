"""By which key each epoch's pseudonyms are made: a check value, never the key.

The same epoch must not stand for two keys: the same person would get two pseudonyms, and nobody
could tell why.
"""

from pathlib import Path

from dataset_pipeline.digests import digest_of
from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, write_once


class PseudonymKeys:
    """One small file for each epoch of each dataset, owner only, written once."""

    def __init__(self, root: Path, temporary: Path):
        self._root, self._temporary = root, temporary

    def hold(self, dataset: str, epoch: str, check: str) -> None:
        """Hold the epoch to this key from its first use on. StoreError when it is another's."""
        path = self._path(dataset, epoch)
        write_once(self._temporary, path, check.encode(), mode=PRIVATE_FILE)
        self.agree(dataset, epoch, check)

    def agree(self, dataset: str, epoch: str, check: str) -> None:
        """StoreError when the epoch's pseudonyms were made by another key."""
        path = self._path(dataset, epoch)
        try:
            known = path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        if known != check:
            raise StoreError(
                f"{dataset}: the key of pseudonyms is not the one that the epoch {epoch!r} began "
                "with: set the environment variable to that key again, or give the new key an "
                "epoch of its own (stages.redacted.pseudonym.epoch)"
            )

    def _path(self, dataset: str, epoch: str) -> Path:
        return self._root / dataset / digest_of(epoch)[:32]
