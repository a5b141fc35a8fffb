"""The clock and the environment, read here and nowhere else in the graph."""

import os
from datetime import UTC, datetime
from pathlib import Path

KEY_VARIABLE = "DATASET_PIPELINE_SIGNING_KEY"


def now() -> datetime:
    """The time, to the second; SOURCE_DATE_EPOCH (seconds) stands in for it where it is set."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.replace(microsecond=0)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signing_key_path() -> Path:
    """Where the private key is: never in the store, and never in the repository."""
    if given := os.environ.get(KEY_VARIABLE):
        return Path(given)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "dataset-pipeline" / "signing-key.pem"
