"""Kinds of personal data that nobody looked for: one gap names them all."""

from collections.abc import Collection, Sequence

from dataset_pipeline.certify.completeness import Gap, gap

# No sentence: "no … is left" would be read as if it were said to be so.
OTHER_KINDS = "personal data of other kinds"


def text_gaps(not_covered: Sequence[str], asked_for: Collection[str]) -> list[Gap]:
    """What may stand in the texts: kinds that the policy leaves out, and those it asks for in vain.

    ``asked_for``: the policy's entities. Of some of them only a model knows, where one is named.
    """
    left_out = [kind for kind in not_covered if kind not in asked_for]
    in_vain = [kind for kind in not_covered if kind in asked_for]
    whys = {
        "not looked for by policy": left_out,
        "the policy asks for them, and no stages.redacted.ner_model is named to find them": in_vain,
    }
    return _gaps({why: kinds for why, kinds in whys.items() if kinds}, "the texts may hold them")


def model_gaps(not_covered: Sequence[str]) -> list[Gap]:
    """What a model may have learned, as nothing looked for it in what it was trained on."""
    whys = {"not looked for in the texts": not_covered} if not_covered else {}
    return _gaps(whys, "the model may have learned them")


def _gaps(whys: dict[str, Sequence[str]], so: str) -> list[Gap]:
    return [
        gap("privacy", OTHER_KINDS, f"{why}: {', '.join(sorted(kinds))}; {so}")
        for why, kinds in whys.items()
    ]
