"""Evidence: what detectors found in texts, by the text's digest; a cache that may go at any time.

Rows lie in Parquet files below a folder for each detector, owner only: what they say comes from
texts before redaction, though it holds none of them. What no run has used for a month goes, so
that nothing outlives the texts for long. A file's name ends with its SHA-256: Parquet has no sums
of its own as it is written here, and what is damaged would be read as another finding.
"""

import errno
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import polars as pl

from dataset_pipeline.digests import sha256_file
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, publish

DIGEST = "digest"
_DAY = 24 * 3600
_RENEWED_AFTER, _GONE_AFTER = 15 * _DAY, 30 * _DAY
_MANY = 24  # files of one detector; more are joined into one


class EvidenceStore:
    """Rows by detector and digest. ``now`` gives seconds since the epoch."""

    def __init__(self, root: Path, temporary: Path, now: Callable[[], float] = time.time):
        self._root, self._temporary, self._now = root, temporary, now

    def known(self, detector: str, digests: pl.Series) -> pl.DataFrame:
        """What is known of these digests (16 bytes each): at most one row a digest."""
        found = []
        for path in self._files(detector):
            rows = _read(path, digests)
            if rows is None:
                continue
            if self._age(path) > _RENEWED_AFTER:
                self._write(detector, rows)
            found.append(rows)
        return pl.concat(found).unique(DIGEST) if found else pl.DataFrame()

    def keep(self, detector: str, rows: pl.DataFrame) -> None:
        """Remember rows with their digests; whole or not at all."""
        self._write(detector, rows)
        for path in (path for path in self._files(detector) if self._age(path) > _GONE_AFTER):
            path.unlink(missing_ok=True)
        if len(self._files(detector)) > _MANY:
            self._join(detector)

    def forget(self, seconds: float) -> None:
        """Remove what no run has used for so long, of every detector."""
        for path in self._root.glob("*/*.parquet"):
            if self._age(path) > seconds:
                path.unlink(missing_ok=True)

    def _join(self, detector: str) -> None:
        """One file in the place of many young ones; old ones keep their age."""
        young = [path for path in self._files(detector) if self._age(path) <= _RENEWED_AFTER]
        rows = [found for path in young if (found := _read(path)) is not None]
        if rows:
            self._write(detector, pl.concat(rows).unique(DIGEST))
        for path in young:
            path.unlink(missing_ok=True)

    def _files(self, detector: str) -> list[Path]:
        return sorted((self._root / detector).glob("*.parquet"))

    def _age(self, path: Path) -> float:
        try:
            return self._now() - path.stat().st_mtime
        except FileNotFoundError:  # another run joined it with others
            return 0.0

    def _write(self, detector: str, rows: pl.DataFrame) -> None:
        folder = self._root / detector
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        name = uuid.uuid4().hex
        staging = self._temporary / f"{name}.parquet"
        try:
            staging.touch(mode=PRIVATE_FILE)
            rows.write_parquet(staging, compression="lz4", statistics=False)
            publish(staging, folder / f"{name}-{sha256_file(staging)}.parquet")
        finally:
            staging.unlink(missing_ok=True)


def _read(path: Path, digests: pl.Series | None = None) -> pl.DataFrame | None:
    """A file's rows, of these digests only; None where there are none, or it is gone or damaged."""
    try:
        rows = pl.scan_parquet(path, glob=False)
        if digests is not None:
            asked = digests.rename(DIGEST).to_frame().lazy()
            here = rows.select(DIGEST).join(asked, on=DIGEST, how="semi").collect()
            if here.is_empty():  # what is new is the rule: the rest need not be read
                return None
            rows = rows.join(here.lazy(), on=DIGEST, how="semi")
        _check(path)
        return rows.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        path.unlink(missing_ok=True)
        return None


def _check(path: Path) -> None:
    """OSError where a file is not as it was written; releases before named it by no sum."""
    _, named, digest = path.stem.partition("-")
    if named and sha256_file(path) != digest:
        raise OSError(errno.EIO, "changed after it was written", str(path))
