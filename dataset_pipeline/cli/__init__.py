"""``dataset-pipeline …``: every command prints for people, or JSON with ``--json``.

Exit codes: 0 yes, done; 1 no, a check failed; 2 could not be answered (bad usage, bad
configuration, a missing file).
"""

from dataset_pipeline.cli.main import main

__all__ = ["main"]
