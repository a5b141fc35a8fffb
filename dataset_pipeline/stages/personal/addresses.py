"""Street addresses by the words for streets, houses and flats, in English, Russian and Kazakh.

A street alone is no address: a house number belongs to it.
"""

import re

from dataset_pipeline.stages.personal.finding import Finding, Kind
from dataset_pipeline.stages.personal.gazetteers import words

# ------------------------------------------------------------------------------------ English

_LONG_TYPES = (
    r"street|road|avenue|boulevard|highway|parkway|crescent|terrace|lane|drive|court|close|square"
    r"|place|way|gardens|grove|mews|row|walk|hill|alley|quay|embankment|circle|trail|ridge|yard|rise"
    r"|vale|wharf|parade|passage|croft|wynd"
)
_SHORT_TYPES = r"st|rd|ave|av|blvd|hwy|pkwy|ln|dr|ct|sq|pl|cres|ter"
_PLAIN_TYPES = r"street|road|avenue|boulevard|lane|crescent|st|rd|ave|blvd|ln"
_UNIT = r"(?:apt|apartment|flat|unit|suite|ste|room|floor|office|bldg|#)\.? ?[0-9]{1,5}[a-z]?"
_UK = r"[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}"
_US = r"(?:[a-z]{2} )?[0-9]{5}(?:-[0-9]{4})?"
_TOWN = r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}?"
_TAIL = (
    rf"(?:,? {_UNIT})?(?:,? {_TOWN})?(?:,? (?:{_UK}|(?-i:[A-Z]{{2}}),? [0-9]{{5}}(?:-[0-9]{{4}})?"
    rf"|{_US})(?![0-9]))"
)
_UNIT_BEFORE = re.compile(rf"(?i)\b{_UNIT},? $")
_EN_NAME = r"(?:[A-ZÀ-Ž][\w.'’-]*|[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH))"
_SIDE = r"(?:[NS][EW]?|[EW]|North|South|East|West)\b\.?"
_EN = re.compile(
    rf"(?<![\w.-])[0-9]{{1,5}}[A-Za-z]?(?:[-/][0-9]{{1,4}})?,? "
    rf"(?P<name>{_EN_NAME} (?:(?:{_EN_NAME}|of|the) ){{0,3}}?)"
    rf"(?P<type>(?i:{_LONG_TYPES}|{_SHORT_TYPES}))\b\.?(?! (?i:{_LONG_TYPES}|{_SHORT_TYPES})\b)"
    rf"(?:,? {_SIDE})?(?P<tail>(?i:{_TAIL})|(?i:,? {_UNIT})|)"
)
_EN_LOWER = re.compile(
    rf"(?i)(?<![\w.-])[0-9]{{1,5}}[a-z]? (?P<name>(?:[a-z][a-z.'’-]+ ){{1,3}}?)"
    rf"(?P<type>{_LONG_TYPES}|{_SHORT_TYPES})\b\.?(?P<tail>{_TAIL}|,? {_UNIT}|)"
)
_NO_STREET = words("no_street_words")
# German, Dutch, Danish and Swedish.
_GERMAN_WORDS = (
    "straße|strasse|str\\.|weg|platz|allee|gasse|damm|ufer|straat|laan|gracht|plein|kade|gade|vej|veien"
    "|gatan|vägen|gata"
)
_BOX = re.compile(r"(?i)\bp\.? ?o\.? ?box [0-9]{1,6}")
_GERMAN = re.compile(
    rf"(?i)\b[a-zäöüßåæø-]+(?:{_GERMAN_WORDS}) [0-9]{{1,4}}[a-z]?\b"
    r"(?:,? [0-9]{4,5} [^\W\d_][\w-]+)?"
)
# "16 Fishergate, York YO10 4FB": where the postcode is told, the street needs no word for it.
_UK_CODED = re.compile(
    r"(?<![\w.-])[0-9]{1,4}[A-Za-z]?,? (?P<name>(?:[A-Z][\w.'’-]*,? ){1,6}?)"
    r"(?-i:[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2})\b"
)
# Roads with a number, and streets without a name: "31 Highway 101 North", "3 The Crescent".
_NUMBERED = re.compile(
    rf"(?<![\w.-])[0-9]{{1,5}}[A-Za-z]?,? (?:(?:{_SIDE} )?"
    r"(?:U\.?S\.? )?(?i:highway|hwy|route|rte"
    r"|(?:county|state|farm)(?: to market)? (?:road|route|highway|rd|rte)"
    rf"|interstate)[ -]?[0-9]{{1,4}}[A-Z]?(?: {_SIDE})?"
    rf"|The (?i:{_LONG_TYPES}|green|limes|elms|oaks|firs|mount|moorings|spinney|orchards?)\b"
    r"(?=[,;.\n]|$))"
    rf"(?:(?i:{_TAIL}|,? {_UNIT})|)"
)
# French, with the house before; Italian, Spanish and Portuguese, with the house behind.
_FRENCH_TYPES = (
    r"(?:rue|avenue|av\.|boulevard|bd|quai|chemin|impasse|all[ée]e|(?:place|route|cours)(?= d| l))"
)
_SOUTHERN_TYPES = (
    r"(?:viale|vicolo|piazza|piazzale|calle|avenida|avda?\.|paseo|plaza|carrer|rua|travessa|pra[çc]a"
    r"|estrada|(?-i:Via|Corso|Largo|Ronda))"
)
_ROMANCE_NAME = (
    r"(?:(?:d['’]|l['’])?(?-i:[A-ZÀ-Ž0-9])[\w.'’-]*|de|du|des|la|le|les|del|della|delle|dei|di|da|do"
    r"|dos|das|los|las|el|en)"
)
_TOWN_BEHIND = r"(?:,? [0-9]{4,5}(?:-[0-9]{3})?,? (?-i:[A-ZÀ-Ž])[\w-]+)?"
_FRENCH = re.compile(
    rf"(?i)(?<![\w.-])[0-9]{{1,4}}(?: ?(?:bis|ter|[a-z]))?,? {_FRENCH_TYPES}"
    rf"(?: {_ROMANCE_NAME}){{0,4}} (?:d['’]|l['’])?(?-i:[A-ZÀ-Ž])[\w'’-]*{_TOWN_BEHIND}"
)
_SOUTHERN = re.compile(
    rf"(?i)(?<![\w.-]){_SOUTHERN_TYPES}(?: {_ROMANCE_NAME}){{0,3}} (?-i:[A-ZÀ-Ž])[\w'’-]+,?"
    rf" (?:n[°º.]? ?)?[0-9]{{1,4}}(?: ?[a-z]\b)?(?![\w%:]|[.,][0-9]){_TOWN_BEHIND}"
)
_PLACED = re.compile(
    r"(?i)(?:\b(?:at|from|to|address|deliver\w*|live|near|in|on|outside|behind)\b[ :]*|[:\n] *|^)$"
)

# ------------------------------------------------------------------------------------ Russian

_RU_TYPES = (
    r"ул\.|ул|улиц[аыеу]|улицей|пр\.|пр-т|пр-кт|просп\.|проспект[ауе]?|пер\.|переул(?:ок|ка|ке|ку)"
    r"|бульвар[ауе]?|бул\.|б-р|шоссе|наб\.|набережн(?:ая|ой|ую)|пл\.|площад[ьи]|проезд[ауе]?"
    r"|пр-д|тупик[ауе]?|мкр\.?|мкрн\.?|микрорайон[ауе]?|мк-н|аллея|аллее|тракт[ае]?|линия"
)
_HOUSE = (
    r"(?:(?:д\.?|дом[ае]?|№|здание|зд\.|влд\.?) ?№? ?)?[0-9]{1,4}"
    r"(?: ?[а-гА-Г](?![^\W\d_]))?(?:[/-][0-9]{1,4}[а-г]?)?"
)
_RU_TAIL = (
    r"(?:,? ?(?:к|корп|корпус|с|стр|строение|кв|квартира|квартире|оф|офис|подъезд|под|этаж|эт"
    r"|блок|лит|литер|пом|комн|комната|секция)\.? ?№? ?[0-9]{1,4}[а-я]?(?![\w]))*"
)
_CITY = (
    r"(?:(?:[0-9]{6},? )?(?:(?:г\.|гор\.|город[еау]?|г|пос\.|пгт|с\.|село) ?)?"
    r"[А-ЯЁӘҒҚҢӨҰҮІ][\w-]+(?: [А-ЯЁ][\w-]+)?(?: обл(?:\.|асть))?, ?)"
)
_CITY_BEFORE = re.compile(rf"(?<![^\W_])(?:{_CITY}){{1,3}}$")
_RU_NAME = (
    r"(?:[0-9]{1,2}(?:-?[а-я]{1,2})? )?[^\W\d_][\w.-]*(?: [^\W\d_][\w.-]*){0,3}?(?:-[0-9]{1,2})?"
)
_RU = re.compile(
    rf"(?<![^\W_])(?i:(?P<type>{_RU_TYPES}) ?(?P<name>{_RU_NAME}),? ?"
    rf"{_HOUSE}(?![\w]){_RU_TAIL})"
)
_RU_AFTER = re.compile(
    rf"(?<![^\W_])(?P<name>[А-ЯЁ][\w-]+(?: [А-ЯЁ][\w-]+)?) "
    rf"(?i:(?:улиц(?:а|ы|е|у|ей)|проспект[ауе]?|переул(?:ок|ка|ке|ку)|бульвар[ауе]?|шоссе"
    rf"|набережн(?:ая|ой|ую)|проезд[ауе]?|тракт[ауе]?|площад[ьи]|ул\.?|пр-т|пер\.)"
    rf",? ?{_HOUSE}(?![\w]){_RU_TAIL})"
)
_RU_BARE = re.compile(
    rf"(?<![^\W_])(?P<name>(?:[0-9]{{1,2}} )?[А-ЯЁ][\w-]+(?: [А-ЯЁ][\w-]+)?),? "
    rf"(?i:(?P<house>{_HOUSE})(?![\w:.]){_RU_TAIL})"
)
_MARKED = re.compile(r"(?i)(?:\bд\.|\bдом|\bкв|\bкорп|\bподъезд|\bоф)")
_FLAT = re.compile(r"[0-9]{1,3}[а-г]?-[0-9]{1,3}$")
_STREET_ENDING = re.compile(r"(?i)[\w-]*(?:ая|яя|ой|ого|его|[оеё]ва|[иы]на|ого|ых|их|а|я|и|ы|ина)$")
_ADDRESSED = re.compile(
    r"(?i)(?:адрес\w*|живу|прописан\w*|проживаю|на|по|с|из|здесь|доставк\w+|г\.|город)[ :—–-]*$"
)
_NO_RU_STREET = re.compile(
    r"(?i)\b(?:минус|плюс|уже|около|было|холодно|тепло|примерно|всего|идёт|есть|в|и|на|с|до|от"
    r"|по|за|не|нет|через"
    r"|январ\w+|феврал\w+|март\w*|апрел\w+|ма[йея]|июн\w+|июл\w+|август\w*"
    r"|сентябр\w+|октябр\w+|ноябр\w+"
    r"|декабр\w+|понедельник\w*|вторник\w*|сред[аыу]|четверг\w*|пятниц\w+|суббот\w+|воскресень\w+"
    r"|датчик\w*|камер\w*|верси[яию]|заказ\w*|договор\w*|тел\w*|код\w*"
    r"|номер\w*|модел\w+|градус\w*)\b"
)
_SHORT_TYPE = re.compile(r"(?i)(?:ул|пр|пер|просп|наб|пл|мкр|мкрн|бул)\.?|пр-т|б-р|пр-кт|пр-д")

# ------------------------------------------------------------------------------------- Kazakh

_KK_TYPES = (
    r"көше(?:сі|сін|сінің|сіне|сінде)?|көш\.|к-сі|к-сi|даңғыл(?:ы|ын|ының|ына|ында)?|д-лы|даң\."
    r"|ықшам ?аудан(?:ы|ын|ының|ына|ында)?|ы/а|шағынаудан(?:ы|ына|ында)?|ш/а|мкр\.?"
    r"|шағын аудан(?:ы|ын|ының|ына|ында)?|бульвар(?:ы|ына|ында)?"
    r"|тұйығы|алаңы|тас жолы|өткелі"
)
_KK_HOUSE = (
    r"(?:№ ?)?[0-9]{1,4}(?:[а-гА-Г](?![^\W\d_]))?(?:[/-][0-9]{1,4})?(?:[- ]?ші)?(?:[ -]?үй\w*)?"
)
_KK_TAIL = (
    r"(?:,? ?(?:[0-9]{1,4}[ -]?(?:пәтер|кеңсе|подъезд|қабат|блок|офис)\w*"
    r"|(?:пәтер|кв|оф)\.? ?[0-9]{1,4}))*"
)
_KK_CITY = r"(?:[0-9]{6},? )?[А-ЯЁӘҒҚҢӨҰҮІ][\w-]+(?: (?:қаласы|қ\.|облысы|ауданы|ауылы))?, ?"
_KK_CITY_BEFORE = re.compile(rf"(?<![^\W_])(?:{_KK_CITY}){{1,3}}$")
_KK = re.compile(
    rf"(?<![^\W_])(?P<name>[А-ЯЁӘҒҚҢӨҰҮІ][\w.-]* (?:[^\W\d_][\w.-]* ){{0,2}}?"
    rf"|[а-яёәғқңөұүһі][\w.-]* |[^\W\d_][\w-]*-[0-9]{{1,2}} )"
    rf"(?i:(?:{_KK_TYPES}),? ?{_KK_HOUSE}(?![\w]){_KK_TAIL})"
)
# Streets of Kazakhstan in Latin letters: "Abay 14", "Abay Ave 14, apt 5", "14 Dostyk".
_LATIN = re.compile(
    r"(?<![^\W_])(?P<name>[A-Z][\w'’-]+(?: (?:[Bb]i|[Bb]atyr|[A-Z][\w'’-]+))?) "
    rf"(?P<type>(?i:{_LONG_TYPES}|{_SHORT_TYPES}|str|prospekt|koshesi|microdistrict|mkr)\b\.?)"
    rf",? ?[0-9]{{1,4}}[A-Za-z]?(?:[-/][0-9]{{1,4}})?(?![\w])(?i:,? {_UNIT})?(?:, [A-Z][\w-]+)?"
)


def _addresses(text: str) -> list[Finding]:
    if not _DIGIT.search(text):
        return []
    spans = _english(text) if _LATIN_LETTER.search(text) else []
    if _CYRILLIC.search(text):
        spans += _russian(text)
        spans += _kazakh(text) if _KK_TYPE.search(text) else []
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [
        Finding(start, _GOES_ON.match(text, end).end(), "STREET_ADDRESS", 0.7)  # type: ignore[union-attr]
        for start, end in merged
    ]


# What goes on behind a street and its house: a flat, a town with its code, a town called so.
_TOWN_CAP = r"[A-ZА-ЯЁӘҒҚҢӨҰҮІ][\w'’-]*(?: [A-ZА-ЯЁӘҒҚҢӨҰҮІ][\w'’-]*){0,2}"
_CODE = r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[0-9]{5}(?:-[0-9]{4})?|[0-9]{6})(?!\w)"
_CALLED = r"(?:г\.|гор\.|город) ?"
_KNOWN_TOWN = "|".join(map(re.escape, sorted(words("cities"), key=lambda town: (-len(town), town))))
_GOES_ON = re.compile(
    rf"(?i:,? {_UNIT})?(?i:,? лит\. ?[а-я]\b)?"
    rf"(?:,? (?:{_CALLED})?{_TOWN_CAP}(?:, [A-Z]{{2}})?,? {_CODE}"
    rf"|,? {_CODE}(?:,? (?:{_CALLED})?{_TOWN_CAP})?|, {_CALLED}{_TOWN_CAP}"
    rf"|, {_TOWN_CAP}, [A-Z]{{2}}\b|, (?i:{_KNOWN_TOWN})(?: (?:қаласы|қ\.))?(?![\w-]))?"
)


def _with(before: re.Pattern[str], text: str, start: int) -> int:
    """Where an address begins, with the town or the flat that stands before it."""
    found = before.search(text[max(0, start - _REACH) : start])
    return start - len(found[0]) if found else start


def _english(text: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _BOX.finditer(text)] if "ox " in text.lower() else []
    if _GERMAN_TYPE.search(text):
        spans += [match.span() for match in _GERMAN.finditer(text)]
    if _SOUTHERN_TYPE.search(text):
        spans += [match.span() for match in _SOUTHERN.finditer(text)]
    for led_by_number in (_FRENCH, _NUMBERED):
        spans += [match.span() for match in led_by_number.finditer(text)]
    if _UK_CODE.search(text):
        spans += [match.span() for match in _UK_CODED.finditer(text)]
    if not _EN_TYPE.search(text):
        return spans
    spans += [match.span() for match in _LATIN.finditer(text)]
    for match in _EN.finditer(text):
        if not _NO_STREET.intersection(match["name"].lower().split()):
            spans.append((_with(_UNIT_BEFORE, text, match.start()), match.end()))
    for match in _EN_LOWER.finditer(text):
        plain = _PLAIN.fullmatch(match["type"]) is not None
        named = not _NO_STREET.intersection(match["name"].lower().split())
        placed = _PLACED.search(text[max(0, match.start() - 20) : match.start()]) is not None
        if named and (match["tail"] or (plain and placed)):
            spans.append(match.span())
    return spans


def _russian(text: str) -> list[tuple[int, int]]:
    found = []
    if _RU_TYPE.search(text):
        found += [match for match in _RU.finditer(text) if _is_street(match)]
        found += [m for m in _RU_AFTER.finditer(text) if not _NO_RU_STREET.search(m["name"])]
    spans = [(_with(_CITY_BEFORE, text, match.start()), match.end()) for match in found]
    for match in _RU_BARE.finditer(text):
        if _NO_RU_STREET.search(match["name"]) or not _STREET_ENDING.match(match["name"]):
            continue
        start, whole = _with(_CITY_BEFORE, text, match.start()), match[0]
        addressed = _ADDRESSED.search(text[max(0, match.start() - 20) : match.start()])
        comma = "," in whole
        in_town = comma and start < match.start()
        if in_town or _MARKED.search(whole) or (comma and addressed and _FLAT.search(whole)):
            spans.append((start, match.end()))
    return spans


def _is_street(match: re.Match[str]) -> bool:
    """Whether what follows a word for street is its name, and no talk about the weather there."""
    name = match["name"]
    if _NO_RU_STREET.search(re.sub(r"(?i)^[0-9]{1,2}(?:-?[а-я]{1,2})? [а-яё]+$", "", name)):
        return False
    if _SHORT_TYPE.fullmatch(match["type"]) or name[:1].isupper() or name[:1].isdigit():
        return True
    return bool(_MARKED.search(match[0])) or _STREET_ENDING.match(name) is not None


def _kazakh(text: str) -> list[tuple[int, int]]:
    found = _KK.finditer(text)
    return [(_with(_KK_CITY_BEFORE, text, match.start()), match.end()) for match in found]


# What a text must hold. Word boundaries and long repeats make Rust's regexes slow: none here.
_EN_WORDS = rf"{_LONG_TYPES}|{_SHORT_TYPES}|str|prospekt|koshesi|microdistrict|mkr"
_RU_WORDS = "ул|пр|просп|пер|бул|б-р|шоссе|наб|пл|туп|мк|микр|алл|тракт|линия"
_KK_WORDS = (
    "көш|к-с|даңғыл|д-лы|даң\\.|ықшам|ы/а|шағын|ш/а|мкр|бульвар|тұйығы|алаңы|тас жолы|өткелі"
)
_RU_HOUSE = r"[А-ЯЁ][а-яёА-ЯЁ\w-]+,? (?i:(?:д\.?|дом[ае]?|№|здание|зд\.|влд\.?) ?№? ?)?[0-9]"
_UK_CODE = re.compile("[A-Z][0-9][0-9A-Z]? [0-9][A-Z]{2}")
_EN_TYPE = re.compile(rf"(?i)[ \w](?: |^)(?:{_EN_WORDS})\b")
_NUMBERED_WORDS = (
    r"[0-9][a-z]?,? (?:(?:[nsew]{1,2}|north|south|east|west)\.? )?"
    r"(?:h(?:igh)?wy|highway|route|rte|county|state|farm|interstate|u\.?s\.?|the)[ -]"
    r"|[0-9](?: ?bis| ?ter| ?[a-z])?,? (?:rue|av|bo|bd|quai|chemin|impasse|all"
    r"|(?:place|route|cours) [dl])"
)
_SOUTHERN_WORDS = (
    r"(?:viale|vicolo|piazza|piazzale|calle|avenida|avda?\.|paseo|plaza|carrer|rua|travessa|pra[çc]a"
    r"|estrada|via|corso|largo|ronda) "
)
_SOUTHERN_TYPE = re.compile(rf"(?i)\b{_SOUTHERN_WORDS}")
_GERMAN_TYPE = re.compile(
    " (?:" + "|".join(rf"(?<={word} )" for word in _GERMAN_WORDS.split("|")) + ")[0-9]", re.I
)
_RU_TYPE = re.compile(rf"(?i)(?<![^\W_])(?:{_RU_WORDS})")
_KK_TYPE = re.compile(rf"(?i)(?:{_KK_WORDS})")
_PLAIN = re.compile(rf"(?i)(?:{_PLAIN_TYPES})")
_DIGIT = re.compile("[0-9]")
_LATIN_LETTER = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[а-яё]")
_REACH = 80  # characters before a street in which its town is looked for
_GATE = (
    rf"(?i: (?:{_EN_WORDS})(?:[^a-z]|$)|box [0-9]|(?:{_GERMAN_WORDS}) [0-9])"
    rf"|(?i:{_NUMBERED_WORDS}|{_SOUTHERN_WORDS})"
    rf"|[A-Z][0-9][0-9A-Z]? [0-9][A-Z][A-Z]"
    rf"|(?i:(?:^|[^а-яё])(?:{_RU_WORDS})[а-яё.-]*[ ,])|{_RU_HOUSE}|(?i:{_KK_WORDS})"
)

KINDS = (Kind("STREET_ADDRESS", "ADDRESS", _GATE, _addresses, "gazetteer, context and shape"),)
