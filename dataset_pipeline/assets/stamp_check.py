"""The check of a certificate's time stamps, for a dataset that names authorities."""

import dagster as dg

from dataset_pipeline.certify.stamping import Stamping
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.ui import words

NAME = "time_stamped"


def check_specs(dataset: Dataset, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Its declaration; it blocks where a stamp is required."""
    asked = dataset.config.certificate.time_stamps
    if asked is None:
        return []
    told = words.CHECKS[NAME]
    return [dg.AssetCheckSpec(NAME, asset=key, blocking=asked.required, description=told)]


def check_results(
    dataset: Dataset, key: dg.AssetKey, stamping: Stamping
) -> list[dg.AssetCheckResult]:
    """What the check found: pending is an error where a stamp is required, else a warning."""
    asked = dataset.config.certificate.time_stamps
    if asked is None:
        return []
    error, warning = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
    return [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=NAME,
            passed=not stamping.pending,
            severity=error if asked.required else warning,
            description="; ".join(stamping.pending) or "every signature has a time stamp",
        )
    ]
