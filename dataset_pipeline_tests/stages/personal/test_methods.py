"""Which method covers which entity; models that are named; gates of all kinds; what workers get."""

import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.personal import models
from dataset_pipeline.stages.personal.recognizers import GATES, Recognizer, methods, recognizers

OWN = [entity for entity in GATES if not entity.startswith(("EMAIL", "PHONE", "CREDIT", "IBAN"))]


def policy(*entities: str, **more: Any) -> Any:
    said = {"phone_regions": ["US"], "patterns": {}, "not_covered": ["ADDRESS"], **more}
    return SimpleNamespace(entities=list(entities), **said)


def test_every_entity_has_a_method_or_is_not_covered() -> None:
    told = methods(policy("IIN", "PERSON", patterns={"X": SimpleNamespace(regex="x", score=1)}))
    assert told["PERSON"] == "gazetteer, context and shape"
    assert told["IIN"] == "checksum"
    assert told["X"] == "pattern of the policy"
    assert {told["LOCATION"], told["ADDRESS"], told["SECRET"]} == {"not covered"}
    assert set(GATES) < set(told)


@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        ("spacy", "xx_no_such_model", "python -m spacy download xx_no_such_model"),
        ("transformers", "/no/such/folder", "pip install transformers|no folder"),
    ],
)
def test_a_model_that_is_not_installed_is_an_error(kind: str, name: str, remedy: str) -> None:
    asked = policy("PERSON", ner_model=SimpleNamespace(kind=kind, name=name))
    with pytest.raises(ConfigError, match=remedy):
        recognizers(asked)


def test_a_model_finds_persons_and_places(tmp_path: Any) -> None:
    import spacy

    read = spacy.blank("en")
    read.add_pipe("entity_ruler").add_patterns(  # type: ignore[attr-defined]
        [{"label": "PERSON", "pattern": "Qwx"}, {"label": "GPE", "pattern": "Zzyx"}]
    )
    read.to_disk(tmp_path / "model")
    named = SimpleNamespace(kind="spacy", name=str(tmp_path / "model"))
    asked = policy("PERSON", "LOCATION", ner_model=named)
    found = [r.find("Qwx went to Zzyx with Anna Smith") for r in recognizers(asked)]
    assert [[(f.start, f.end, f.entity) for f in one] for one in found] == [
        [(0, 3, "PERSON"), (22, 32, "PERSON")],
        [(12, 16, "LOCATION")],
    ]
    assert methods(asked)["LOCATION"].startswith("spaCy ")
    assert {"PERSON", "LOCATION"} == models.ENTITIES


NAMES = {"qwx": "B-PER", "anna": "B-PER", "smith": "I-PER", "##son": "O", "zzyx": "B-LOC"}
TRANSFORMERS = pytest.mark.skipif(
    find_spec("transformers") is None or find_spec("torch") is None,
    reason="transformers and torch are not installed: models of theirs are not tried",
)


def tiny_network(folder: Path, longest: int | None = 32) -> None:
    """A token classifier without layers: the label of a token follows from the token alone."""
    import tokenizers
    import torch
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *NAMES]
    labels = ["O", "B-PER", "I-PER", "B-LOC"]
    size = len(vocabulary)
    config = transformers.BertConfig(
        vocab_size=size,
        hidden_size=size,
        num_hidden_layers=0,
        num_attention_heads=1,
        max_position_embeddings=32,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    network = transformers.BertForTokenClassification(config)
    embeddings = network.bert.embeddings
    with torch.no_grad():
        embeddings.word_embeddings.weight.copy_(torch.eye(size))
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        network.classifier.weight.zero_()
        network.classifier.bias.zero_()
        for place, token in enumerate(vocabulary):
            network.classifier.weight[labels.index(NAMES.get(token, "O")), place] = 9.0
    network.save_pretrained(folder)
    pieces = {token: number for number, token in enumerate(vocabulary)}
    split = tokenizers.Tokenizer(tokenizers.models.WordPiece(pieces, unk_token="[UNK]"))
    split.normalizer = tokenizers.normalizers.BertNormalizer()
    split.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    split.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    limit = {} if longest is None else {"model_max_length": longest}
    special = {
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
    }
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=split, **special, **limit
    ).save_pretrained(folder)


@TRANSFORMERS
@pytest.mark.parametrize("longest", [32, None])
def test_a_network_finds_persons_and_places_to_the_end_of_long_texts(
    tmp_path: Path, longest: int | None
) -> None:
    tiny_network(tmp_path, longest)
    named = SimpleNamespace(kind="transformers", name=str(tmp_path))
    asked = policy("LOCATION", ner_model=named)
    assert methods(asked)["LOCATION"].startswith("transformers ")
    model = models.Model("transformers", str(tmp_path))
    text = "Наш Qwx went to «Zzyx» with Anna Smithson, then again. " * 40
    found = {
        e: [text[f.start : f.end] for f in models.find(model, e, text)] for e in models.ENTITIES
    }
    assert found == {"PERSON": ["Qwx", "Anna Smithson"] * 40, "LOCATION": ["Zzyx"] * 40}


def test_recognizers_go_to_workers() -> None:
    active = recognizers(policy(*GATES))
    assert pickle.loads(pickle.dumps(active)) == active  # noqa: S301


def test_nothing_here_loads_polars_or_a_model() -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import dataset_pipeline.stages.personal.names, dataset_pipeline.stages.personal.secrets\n"
        "import dataset_pipeline.stages.personal.addresses\n"
        "import dataset_pipeline.stages.personal.models\n"
        "assert not {'polars', 'spacy', 'detect_secrets', 'presidio_analyzer'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


pieces = st.one_of(
    st.sampled_from(
        ["Anna Smith", "анна иванова", "Иванов И. И.", "Айгүл Нұрланқызы", "J. Smith", "Dear ",
         "14 Oak Lane", "14 oak lane, apt 5", "ул. Мира, 5", "Мира, д. 5", "Абай көшесі 7",
         "Lindenweg 5", "PO Box 12", "7707083893", "112-233-445 95", "45 12 123456", "ИНН ",
         "born ", "1985 года рождения", "12.03.1985", "долг ", "зарплата ", "$500", "500 тенге",
         "password ", "пароль ", "hunter2!", "PIN 1234", "ghp_" + "a1" * 18, "Bearer " + "a1" * 9,
         "token ", "9fKq2LmX7vRt0ZwY8b", "x://u:p@h", "-----BEGIN PRIVATE KEY-----", "contract ",
         "order #", "ticket ", "S/N ", "account ", "AB-12345", "ſn 12345", "OAK STREET"]
    ),
    st.sampled_from([" ", ", ", "\n", "-", ". ", ": ", "№", "٣٤٥٦", "²²²²"]),
    st.text(max_size=3),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(pieces, max_size=6).map("".join))
def test_a_gate_lets_through_all_that_is_found(text: str) -> None:
    for entity in OWN:
        if Recognizer(entity, entity, GATES[entity]).find(text):
            assert pl.Series([text]).str.contains(GATES[entity])[0], entity
