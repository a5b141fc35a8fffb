"""Text from bytes: in the encoding that is declared, or in the one that the bytes speak for."""

import codecs
import re
from collections.abc import Iterable

from dataset_pipeline.config import DETECT
from dataset_pipeline.stages.readers.flaws import Flaw, bytes_of

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does: looked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What exports are written in; a longer list finds more, and errs more.
_LEGACY = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp866", "koi8_r",
    "iso8859_2", "iso8859_5", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
# What nearly all bytes fit into, by the names that mails and pages have for it.
_FITS_ALL = re.compile(
    r"(us-)?ascii|iso-?8859-?\d+|latin-?\d+|(windows-|cp)125\d|koi8[-_][ru]|cp866"
)
_SAMPLE = 1 << 16
_MOST_BROKEN = 0.1  # share of lines that an encoding may lack a byte of and still be the file's
_MESS = 0.5  # how unlike a language a text may look at the most
_ESCAPED = re.compile("[\udc80-\udcff]")


def decoded(data: bytes, encoding: str) -> str:
    """The text of ``data`` without a byte order mark; a flaw where it is in another encoding."""
    name = detected([data]) if encoding == DETECT else encoding
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeError as error:
        at = {"byte": error.start} if isinstance(error, UnicodeDecodeError) else {}
        raise Flaw("bad_encoding", f"the file is not {name}", **at) from None


def declared(data: bytes, charset: str) -> str:
    """The text of ``data`` in the charset that it declares, unless its bytes say otherwise.

    UTF-8 by chance is so rare that a charset which fits nearly all bytes was declared in error.
    """
    for name in ("utf-8" if _FITS_ALL.fullmatch(charset) else charset, charset):
        try:
            if name not in ("us-ascii", "ascii"):
                return decoded(data, name)
        except (Flaw, LookupError):
            continue
    return decoded(data, DETECT)


def detected(pieces: Iterable[bytes]) -> str:
    """One answer for the same bytes: by the byte order mark, else UTF-8, else the likeliest.

    A file that is UTF-8 but for a few bytes stays UTF-8, so that only those rows are told.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    sound = broken = 0
    sample = b""
    for number, piece in enumerate(pieces):
        if number == 0 and (name := marked(piece)):
            return name
        text = decoder.decode(piece)
        sound += len(piece) - len(text)  # bytes that continue a character
        if _is_sound(text):
            continue
        broken += len(_ESCAPED.findall(text))
        if len(sample) < _SAMPLE:
            telling = (line for line in piece.splitlines(True) if not line.isascii())
            sample += b"".join(telling)[:_SAMPLE]
    if rest := decoder.decode(b"", final=True):
        broken, sample = broken + len(rest), sample or bytes_of(rest)
    return "utf-8" if sound >= 4 * broken else _likeliest(sample)


def marked(data: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning speaks for."""
    return next((name for mark, name in _BOMS if data.startswith(mark)), None)


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _likeliest(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    lines = sample.splitlines(True)
    fits = {name: [_fits(line, name) for line in lines] for name in _LEGACY}
    likely = [name for name in _LEGACY if sum(fits[name]) >= len(lines) * (1 - _MOST_BROKEN)]
    telling = [line for place, line in enumerate(lines) if all(fits[n][place] for n in likely)]
    told = b"".join(telling) or sample
    if found := from_bytes(told, cp_isolation=likely or _LEGACY):
        calmest = [match.encoding for match in found if match.chaos <= found[0].chaos]
        return "cp1252" if "cp1252" in calmest else calmest[0]
    # Some languages look like none in their own encoding: Turkish, say.
    doubtful = from_bytes(told, cp_isolation=likely or _LEGACY, threshold=_MESS)
    return max(doubtful, key=lambda match: match.coherence).encoding if doubtful else "utf-8"


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeError:
        return False
    return True
