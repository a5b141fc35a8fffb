"""The key of pseudonyms: from the environment, and the one that its epoch began with."""

import os

from dataset_pipeline.config_file import Dataset
from dataset_pipeline.stages.redaction.plan import Plan, plan_of, pseudonym_key
from dataset_pipeline.store.store import Store


def keyed_plan(store: Store, dataset: Dataset) -> Plan:
    """What redaction goes by, with the key where one is needed.

    KeyMissingError where there is none; StoreError where the epoch's pseudonyms are another key's.
    """
    policy = dataset.config.stages.redacted
    plan = plan_of(policy, pseudonym_key(policy, os.environ))
    if plan.key_check:
        store.pseudonym_keys.hold(dataset.name, plan.epoch, plan.key_check)
    return plan
