"""What a text must hold for a recognizer of Presidio's to find anything: tighter than its own gate.

Each follows from the recognizer's pattern, and a test holds what is found behind it equal to what
the recognizer finds without. Rust regexes, over the column.
"""

from dataset_pipeline.stages.personal.recognizers import Recognizer

_LATIN = r"A-Za-z\u{17f}\u{212a}\u{130}\u{131}"  # what A-Z is when case is ignored
# Seven digits with what may stand between two of them, or a digit with an extension behind it.
_EXTENSION = r";ext=|e?xt|ｅ?ｘｔ|доб|anexo|int|ｉｎｔ|[xｘ#＃~～]"
_TIGHT = {
    "EMAIL_ADDRESS": r"(?i)@|%40|[(\[{]at[)\]}]| at \S+ dot ",
    "PHONE_NUMBER": rf"(?i)(?:\d\D{{0,5}}?){{6}}\d|\d[ \u{{a0}}\t,]*(?:{_EXTENSION})\D*\d",
    "IBAN_CODE": rf"[{_LATIN}]{{2}}[0-9]{{2}}(?:[ -]?[0-9{_LATIN}]{{4}}){{2}}",
}


def gate_of(recognizer: Recognizer) -> str:
    """The regex without which the recognizer finds nothing."""
    if recognizer.regex is not None:
        return recognizer.gate
    return _TIGHT.get(recognizer.entity, recognizer.gate)
