"""What nobody looked for is one line, which says nothing of what is in the texts."""

from dataset_pipeline.certify.not_looked_for import OTHER_KINDS, model_gaps, text_gaps

CLAIM = {"section": "privacy", "claim": OTHER_KINDS}


def test_all_kinds_that_the_policy_leaves_out_stand_in_one_line() -> None:
    (told,) = text_gaps(["IBAN_CODE", "CREDIT_CARD"], ["PERSON"])
    why = "not looked for by policy: CREDIT_CARD, IBAN_CODE; the texts may hold them"
    assert told == {**CLAIM, "why": why}


def test_what_the_policy_asks_for_in_vain_is_not_laid_to_the_policy() -> None:
    left_out, in_vain = text_gaps(["CREDIT_CARD", "LOCATION"], ["PERSON", "LOCATION"])
    assert "LOCATION" not in left_out["why"]
    assert in_vain["why"].startswith(
        "the policy asks for them, and no stages.redacted.ner_model is"
    )
    assert "LOCATION" in in_vain["why"]
    assert "CREDIT_CARD" not in in_vain["why"]


def test_where_all_is_looked_for_nothing_is_said() -> None:
    assert text_gaps([], ["PERSON"]) == model_gaps([]) == []


def test_a_model_may_have_learned_what_nobody_looked_for() -> None:
    why = "not looked for in the texts: DEBT, LOCATION; the model may have learned them"
    assert model_gaps(["LOCATION", "DEBT"]) == [{**CLAIM, "why": why}]
