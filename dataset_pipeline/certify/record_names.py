"""What a record is asked for by: its text, folded, or its id. Standard library only.

A name's digest is ``SHA-256("text\\n" + folded text)`` or ``SHA-256("record_id\\n" + id)``. It is
public: whoever has the text can compute it. What the trees hold is that digest with a salt
(``record_tree``).
"""

import hashlib
import unicodedata

SALT_DIGITS = 3  # the first hex digits of a name's digest choose one of 4096 salts
SALTS = 16**SALT_DIGITS
TEXT, RECORD_ID = "text\n", "record_id\n"
_WORDS = frozenset("LMN")  # general categories: letters, marks, numbers
# Unicode's White_Space; ``str.strip`` would take U+001C to U+001F too.
_WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def folded(text: str) -> str:
    """A text as texts are compared: case, punctuation and white space folded away.

    A text without any letter, mark or number stays as it is, without white space around it.
    """
    kept = (c if unicodedata.category(c)[0] in _WORDS else " " for c in text.lower())
    words = "".join(kept).split()
    return " ".join(words) or text.strip(_WHITE)


def text_digest(text: str) -> str:
    """The digest (64 hex) of a text that is folded already."""
    return _digest(TEXT + text)


def record_id_digest(record_id: str) -> str:
    """The digest (64 hex) of a record's id."""
    return _digest(RECORD_ID + record_id)


def salt_index(digest: str) -> int:
    """Which of the salts goes with a digest."""
    return int(digest[:SALT_DIGITS], 16)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
