"""MinHash signatures of texts, by datasketch: what worker processes compute."""

from collections.abc import Sequence

SEED = 1
SCHEME = "affine32"


def shingles(text: str, size: int) -> frozenset[str]:
    """All substrings of ``size`` characters; a shorter text is its own only shingle."""
    return frozenset(text[i : i + size] for i in range(max(len(text) - size, 0) + 1))


def signatures(texts: Sequence[str], *, size: int, permutations: int) -> list[bytes]:
    """The MinHash of each text's shingles: ``permutations`` unsigned integers of four bytes."""
    from datasketch import MinHash

    encoded = ([shingle.encode() for shingle in shingles(text, size)] for text in texts)
    made = MinHash.bulk(encoded, num_perm=permutations, seed=SEED, scheme=SCHEME)
    return [signature.hashvalues.astype("<u4").tobytes() for signature in made]
