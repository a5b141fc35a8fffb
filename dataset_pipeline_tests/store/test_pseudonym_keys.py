from pathlib import Path

import pytest

from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.store import Store, open_store


def test_an_epoch_stands_for_one_key(tmp_path: Path) -> None:
    keys = Store(tmp_path).pseudonym_keys
    keys.hold("tickets", "2026-1", "aaaa")
    keys.hold("tickets", "2026-1", "aaaa")
    with pytest.raises(StoreError, match=r"2026-1.*epoch of its own"):
        Store(tmp_path).pseudonym_keys.hold("tickets", "2026-1", "bbbb")
    keys.hold("tickets", "2026-2", "bbbb")
    keys.hold("mails", "2026-1", "bbbb")
    keys.hold("tickets", "2026-1", "aaaa")


def test_who_only_reads_writes_nothing(tmp_path: Path) -> None:
    Store(tmp_path)
    keys = open_store(tmp_path).pseudonym_keys
    keys.agree("tickets", "2026-1", "aaaa")
    assert not list(tmp_path.rglob("pseudonym_keys/*/*"))
    keys.hold("tickets", "../../2026", "aaaa")
    (path,) = tmp_path.rglob("pseudonym_keys/*/*")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError):
        keys.agree("tickets", "../../2026", "bbbb")
