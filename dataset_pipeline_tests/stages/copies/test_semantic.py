"""With a real static model, made here: words of one meaning have nearly the same vector."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dataset_pipeline.config.deduplicated import Deduplicated, Semantic
from dataset_pipeline.stages.copies.semantic import EmbeddingError, alike, detector
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline_tests.stages.test_deduplicated import frame, out, shown

MEANINGS = (
    ("parcel", "package", "shipment"),
    ("late", "delayed", "overdue"),
    ("refund", "repayment"),
    ("where", "whereabouts"),
    ("broken", "defective", "faulty"),
    ("lamp", "light"),
    ("invoice", "bill"),
)
FILLED = "dear team this is about what i ordered from your shop and "


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model2vec = pytest.importorskip("model2vec", reason="the extra `embeddings` is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers

    dice = np.random.default_rng(3)
    words = {"[UNK]": np.zeros(64)}
    for meaning in MEANINGS:
        middle = dice.standard_normal(64)
        for word in meaning:
            words[word] = middle + 0.1 * dice.standard_normal(64)
    for word in FILLED.split():
        words[word] = 0.2 * dice.standard_normal(64)
    numbered = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(numbered, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path_factory.mktemp("model")
    vectors = np.array(list(words.values()), np.float32)
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


def policy(model: Path, **more: Any) -> Semantic:
    return Semantic(model=str(model), **more)


def sentences(count: int) -> pl.Series:
    dice = np.random.default_rng(count)
    made = {
        " ".join(str(dice.choice(MEANINGS[place])) for place in dice.permutation(7)[:4])
        for _ in range(count)
    }
    return pl.Series("text", sorted(made))


@pytest.mark.parametrize("threshold", [0.8, 0.95])
def test_pairs_are_those_of_brute_force(model: Path, threshold: float) -> None:
    from model2vec import StaticModel

    texts = sentences(500)
    found = alike(texts, policy(model, threshold=threshold), found_here)
    vectors = StaticModel.from_pretrained(model).encode(texts.to_list()).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    wanted = {
        pair for pair in combinations(range(len(texts)), 2) if cosines[pair] >= threshold + 1e-4
    }
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert cosines[found.left, found.right] == pytest.approx(found.similarity, abs=2e-4)
    assert found.similarity.min() >= threshold
    assert len(wanted) > 300
    assert len(pairs & wanted) >= 0.99 * len(wanted) or found.crowds


def test_other_words_of_the_same_meaning_go(model: Path) -> None:
    texts = ["parcel late refund where", "package delayed repayment whereabouts", "lamp broken"]
    result = deduplicated(
        frame(*(FILLED + text for text in texts)).lazy(),
        Deduplicated(semantic=policy(model, threshold=0.9)),
        [],
    )
    assert out(result) == {"r0": "semantic_duplicate"}
    edge = result.tables["edges"].row(0, named=True)
    assert (edge["left"], edge["right"], edge["kind"]) == ("r0", "r1", "semantic")
    evidence = shown(result)["r0"]
    assert evidence["kept"] == "r1"
    assert 0.9 <= evidence["similarity"] == round(edge["similarity"], 6)
    assert result.tables["clusters"]["record_id"].to_list() == ["r0", "r1"]


@pytest.mark.parametrize(("strategy", "label"), [("drop", None), ("merge", "billing")])
def test_its_strategy_is_its_own(model: Path, strategy: str, label: str | None) -> None:
    texts = ["parcel late refund where", "package delayed repayment whereabouts"]
    result = deduplicated(
        frame(*texts, label=["billing", None]).lazy(),
        Deduplicated(semantic=policy(model, threshold=0.9, strategy=strategy)),
        [],
    )
    assert result.kept.collect()["label"].to_list() == [label]


def test_a_text_of_unknown_words_is_like_none(model: Path) -> None:
    texts = pl.Series("text", ["qqq www", "eee rrr", "lamp"])
    assert len(alike(texts, policy(model), found_here).left) == 0


def test_the_order_of_texts_changes_no_pair(model: Path) -> None:
    texts = sentences(200)
    mixed = texts.shuffle(seed=2)

    def named(series: pl.Series) -> set[tuple[frozenset[str], float]]:
        found = alike(series, policy(model, threshold=0.95), found_here)
        pairs = zip(found.left, found.right, found.similarity, strict=True)
        return {(frozenset((series[int(a)], series[int(b)])), float(s)) for a, b, s in pairs}

    assert named(texts) == named(mixed)


def test_evidence_is_that_of_the_models_content(model: Path, tmp_path: Path) -> None:
    before = detector(policy(model)).key
    copied = tmp_path / "elsewhere"
    copied.mkdir()
    for path in model.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    assert detector(policy(copied)).key == before
    (copied / "config.json").write_bytes((copied / "config.json").read_bytes() + b" ")
    assert detector(policy(copied)).key != before


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="there is no model in the folder"):
        detector(policy(tmp_path))
