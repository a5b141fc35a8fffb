"""The check that a certificate's records were not withdrawn as another version. It only warns."""

import dagster as dg

from dataset_pipeline.certify.withdrawn import warning, withdrawn_alike
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version
from dataset_pipeline.ui import words

NAME = "not_withdrawn_before"


def check_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """Its declaration; it never blocks: why something was withdrawn may be over."""
    return dg.AssetCheckSpec(NAME, asset=key, blocking=False, description=words.CHECKS[NAME])


def check_result(store: Store, key: dg.AssetKey, version: Version) -> dg.AssetCheckResult:
    """Which withdrawn versions have the same records, when and why they were withdrawn."""
    alike = withdrawn_alike(store, version)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=NAME,
        passed=not alike,
        severity=dg.AssetCheckSeverity.WARN,
        description=warning(version.name, alike)
        if alike
        else "no version with these records was withdrawn",
    )
