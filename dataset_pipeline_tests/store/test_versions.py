import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from dataset_pipeline.errors import NotFoundError, StoreError
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version, VersionStore, Wanted

DAY = date(2026, 5, 1)
SNAPSHOTS = {"splits": "1", "raw": "2", "raw/crm": "3"}


def assign(store: Store, content: str, base: str = "1.0", day: date = DAY) -> Version:
    wanted = Wanted("tickets", "My Set", base, content, SNAPSHOTS)
    return store.versions.assign(wanted, day)


def assign_elsewhere(arguments: tuple[Path, str]) -> str:
    root, content = arguments
    return assign(Store(root), content).name


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_the_patch_counts_up(store: Store) -> None:
    names = [assign(store, content).name for content in ("a", "b", "c")]
    assert names == [f"My_Set_v1.0.{patch}_2026-05-01" for patch in range(3)]


def test_the_same_content_is_the_same_version_for_ever(store: Store) -> None:
    first = assign(store, "a")
    assign(store, "b")
    assert assign(store, "a", day=date(2027, 1, 1)) == first
    assert assign(store, "a", base="2.0") == first
    assert len(store.versions.all("tickets")) == 2


def test_another_base_counts_from_zero(store: Store) -> None:
    assign(store, "a")
    assert assign(store, "b", base="1.1").patch == 0
    assert assign(store, "c").patch == 1
    assert assign(store, "d", base="1.10").name == "My_Set_v1.10.0_2026-05-01"


def test_ten_follows_nine(store: Store) -> None:
    for number in range(12):
        assign(store, str(number))
    assert [version.patch for version in store.versions.all("tickets")] == list(range(12))


def test_datasets_have_their_own_versions(store: Store) -> None:
    assign(store, "a")
    other = store.versions.assign(Wanted("mails", "Mails", "1.0", "a", SNAPSHOTS), DAY)
    assert other.name == "Mails_v1.0.0_2026-05-01"
    assert store.versions.datasets() == ["mails", "tickets"]
    assert store.versions.all("none") == []


def test_a_title_stays_with_the_dataset_that_had_it_first(store: Store) -> None:
    first = assign(store, "a")
    with pytest.raises(StoreError, match=r"tickets has versions by the title 'My Set'.*'mails'"):
        store.versions.assign(Wanted("mails", "My Set", "2.0", "b", SNAPSHOTS), DAY)
    assert store.versions.datasets() == ["tickets"]
    assert store.versions.find("1.0.0") == first
    assert assign(store, "c").patch == 1
    for title in ("My", "My Set v1.0.0"):
        assert store.versions.assign(Wanted("mails", title, "1.0", title, SNAPSHOTS), DAY)


def test_a_version_is_found_by_its_name_or_number(store: Store) -> None:
    first, second = assign(store, "a"), assign(store, "b")
    assert store.versions.find(first.name) == first
    assert store.versions.find("v1.0.1") == second
    assert store.versions.find("1.0.1") == second
    for name in ("v1.0", "v9.9.9", "", "My_Set"):
        with pytest.raises(NotFoundError, match="no version"):
            store.versions.find(name)


def two_datasets(store: Store) -> tuple[Version, Version, Version]:
    """Two of tickets, 1.0.0 and 1.0.1; one of mails, 1.0.0."""
    mails = store.versions.assign(Wanted("mails", "Mails", "1.0", "a", SNAPSHOTS), DAY)
    return assign(store, "a"), assign(store, "b"), mails


def test_a_number_of_several_datasets_is_said_with_its_dataset(store: Store) -> None:
    first, _, mails = two_datasets(store)
    with pytest.raises(NotFoundError, match=r"2 versions are called 1.0.0: .*like mails/1\.0\.0"):
        store.versions.find("1.0.0")
    assert store.versions.find("mails/1.0.0") == mails
    assert store.versions.find("tickets/v1.0.0", "tickets") == first
    assert store.versions.find(f"tickets/{first.name}") == first
    for name, dataset in (("tickets/1.0.0", "mails"), ("none/1.0.0", None), ("mails/1.0.1", None)):
        with pytest.raises(NotFoundError, match="no version"):
            store.versions.find(name, dataset)


def test_of_a_pair_each_number_is_looked_for_where_the_other_is(store: Store) -> None:
    first, second, mails = two_datasets(store)
    assert store.versions.pair("1.0.0", "1.0.1") == (first, second)
    assert store.versions.pair(second.name, "v1.0.0") == (second, first)
    assert store.versions.pair("1.0.0", mails.name) == (mails, mails)
    assert store.versions.pair("mails/1.0.0", second.name) == (mails, second)
    with pytest.raises(NotFoundError, match=r"2 versions are called 1\.0\.0"):
        store.versions.pair("1.0.0", "1.0.0")
    with pytest.raises(NotFoundError, match=r"no version '9\.9\.9' of tickets"):
        store.versions.pair("1.0.1", "9.9.9")


def test_processes_that_ask_at_once_get_one_version_for_one_content(store: Store) -> None:
    asked = [(store.root, content) for content in "aabbccaa"]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        names = list(pool.map(assign_elsewhere, asked))
    by_content = {content: name for (_, content), name in zip(asked, names, strict=True)}
    assert [by_content[content] for _, content in asked] == names
    assert sorted(version.patch for version in store.versions.all("tickets")) == [0, 1, 2]


def test_nobody_else_assigns_between_the_look_and_the_writing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = VersionStore.all

    def slow_look(self: VersionStore, dataset: str) -> list[Version]:
        found = look(self, dataset)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(VersionStore, "all", slow_look)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda content: assign(store, content), "abab"))
    assert found[0] == found[2] != found[1] == found[3]
    assert len(store.versions.all("tickets")) == 2


def test_stages_stand_in_the_order_of_the_flow(store: Store) -> None:
    assert assign(store, "a").stages() == ["raw/crm", "raw", "splits"]


def test_a_damaged_entry_is_told(store: Store) -> None:
    first = assign(store, "a")
    (entry,) = (store.root / "versions").rglob(f"{first.name}.json")
    entry.write_bytes(b"{}")
    with pytest.raises(StoreError, match="not a version's entry"):
        store.versions.all("tickets")
