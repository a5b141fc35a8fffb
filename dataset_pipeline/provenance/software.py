"""Which code is at work: its release, and the digest of its files."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import dataset_pipeline
from dataset_pipeline.digests import folder_digest


@cache
def software() -> Mapping[str, str]:
    """``version``: the release; ``source``: ``folder_digest`` of the package, as it is installed.

    What a stage calls upon outside the package is not in it.
    """
    (folder,) = map(Path, dataset_pipeline.__path__)
    return {"version": dataset_pipeline.__version__, "source": folder_digest(folder)}
