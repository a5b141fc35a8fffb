"""Names typed in lower case: after words that cannot but announce one, or known by both parts."""

from dataset_pipeline.stages.personal import name_contexts as contexts
from dataset_pipeline.stages.personal.name_words import (
    FOLLOWER,
    GIVEN,
    HINT,
    LOWER,
    LOWER_NAME,
    PATRONYMIC,
    SHAPED,
    STOP,
    SURNAME,
    WEAK,
    Token,
    joined,
)

_REACH = 32  # characters before a name in which it is announced
_CALLS = (contexts.ANNOUNCES, contexts.GREETING, contexts.INTRODUCES, contexts.DOES_TO)


def announced_lower(text: str, tokens: list[Token], index: int) -> list[tuple[int, int, float]]:
    """A name typed in lower case after words that cannot but announce one."""
    token = tokens[index]
    before = text[max(0, token.start - 30) : token.start]
    if token.word in contexts.FUNCTION or not contexts.LOWER_AFTER.search(before):
        return []
    last = index
    if index + 1 < len(tokens) and _follows(text, tokens, index):
        last = index + 1
    return [(token.start, tokens[last].end, 0.6)]


def known_lower(text: str, tokens: list[Token], index: int) -> list[tuple[int, int, float]]:
    """A known given name in lower case, with the surname beside it."""
    token = tokens[index]
    if _is_handle(text, token):
        return []
    announced = announced_lower(text, tokens, index)
    if announced:
        return announced
    called = _is_called(text, tokens, index)
    if not (token.bits & GIVEN or called or _has_family(text, tokens, index)):
        return []
    start, last = token.start, index
    if index and joined(text, tokens[index - 1], token) and _is_family(tokens[index - 1]):
        start = tokens[index - 1].start
    while last + 1 < len(tokens) and joined(text, tokens[last], tokens[last + 1]):
        following = tokens[last + 1]
        named = _is_family(following) or following.bits & PATRONYMIC
        if not (named or (called and _may_be_family(following))) or last - index > 1:
            break
        last += 1
        called = False
    return [(start, tokens[last].end, 0.5)]


def _is_called(text: str, tokens: list[Token], index: int) -> bool:
    """Whether words stand before a name of some list that announce or greet somebody."""
    token = tokens[index]
    if not (
        index and token.bits & (GIVEN | LOWER_NAME) and tokens[index - 1].bits & (HINT | LOWER)
    ):
        return False
    before = text[max(0, token.start - _REACH) : token.start]
    return any(pattern.search(before) for pattern in _CALLS)


def _may_be_family(token: Token) -> bool:
    plain = token.bits & (STOP | FOLLOWER | HINT) or token.word in contexts.FUNCTION
    return not plain and len(token.word) > 3


def _is_handle(text: str, token: Token) -> bool:
    """Whether a word is a part of an e-mail address, of a domain or of a file's name."""
    before, after = text[max(0, token.start - 1) : token.start], text[token.end : token.end + 2]
    joined = len(after) == 2 and after[0] in contexts.JOINTS and after[1].isalnum()
    return before in contexts.JOINTS or joined or after[:1] in {"_", "@"}


def _follows(text: str, tokens: list[Token], index: int) -> bool:
    following = tokens[index + 1]
    return (
        joined(text, tokens[index], following)
        and following.word.lower() not in contexts.FUNCTION
        and not following.bits & STOP
    )


def _has_family(text: str, tokens: list[Token], index: int) -> bool:
    beside = [tokens[place] for place in (index - 1, index + 1) if 0 <= place < len(tokens)]
    return any(
        _is_family(other)
        and not other.bits & WEAK
        and joined(text, *sorted((tokens[index], other), key=lambda t: t.start))
        for other in beside
    )


def _is_family(token: Token) -> bool:
    return bool(token.bits & (SURNAME | SHAPED)) and token.word not in contexts.FUNCTION
