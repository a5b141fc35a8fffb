"""How many names and addresses are found in what another hand wrote; ``-s`` prints the figures."""

import pytest

from dataset_pipeline.stages.personal import addresses, names
from dataset_pipeline.stages.personal.finding import Kind
from dataset_pipeline_tests.stages.personal.held_out import Case
from dataset_pipeline_tests.stages.personal.measure import Score, score
from dataset_pipeline_tests.stages.personal.second_hand import OPEN, SEALED, cases

AT_LEAST = 0.8
# By language there are few cases in a part: one that is missed counts much.
BY_LANGUAGE = 0.75
KINDS = [*names.KINDS, *addresses.KINDS]


@pytest.mark.parametrize("part", [OPEN, SEALED], ids=["open", "sealed"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.entity)
def test_recall_and_precision(kind: Kind, part: dict[str, tuple[str, ...]]) -> None:
    scores = {language: score(cases(part, language), kind.entity, kind.find) for language in part}
    for language, found in scores.items():
        print(
            f"{kind.entity:15} {language} {found.there:3} recall {found.recall:.3f} "
            f"precision {found.precision:.3f}"
        )
    whole = sum(scores.values(), Score())
    assert min(whole.recall, whole.precision) >= AT_LEAST
    assert min(min(s.recall, s.precision) for s in scores.values()) >= BY_LANGUAGE


def test_marks_are_no_part_of_a_text() -> None:
    assert cases({"en": ("Ask ⟨Ann⟩ at ⟦1 Oak Lane⟧.",)}, "en") == [
        Case("en", "Ask Ann at 1 Oak Lane.", ((4, 7, "PERSON"), (11, 21, "STREET_ADDRESS")))
    ]
    every = [text for part in (OPEN, SEALED) for many in part.values() for text in many]
    assert len(set(every)) == len(every) == 200
