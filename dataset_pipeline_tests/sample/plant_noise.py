"""Plants what makes a text dirty: empty phrases, signatures, quotations, mojibake, HTML."""

import html

from dataset_pipeline_tests.sample.compose import BOOKS, Voice, joined
from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK
from dataset_pipeline_tests.sample.personal import email, person, phone
from dataset_pipeline_tests.sample.planting import Field, fits_cp1251
from dataset_pipeline_tests.sample.record import AGENT, CUSTOMER, Record, Turn

MIX = {"en": 55, "ru": 28, "kk": 17}
EMPTY = {
    "en": (
        "ok",
        "thanks",
        "Thank you!",
        "yes",
        "test",
        "?",
        "👍",
        "Thx",
        "ok thanks",
        "hello",
        "...",
        "Done",
    ),
    "ru": ("спасибо", "Ок", "да", "ага", "понял", "Спасибо!", "+", "тест", "здравствуйте", "🙏"),
    "kk": ("рақмет", "жарайды", "иә", "Рақмет!", "түсіндім", "👌", "сәлем"),
}
INVISIBLE = (
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u00a0",
    "\x07",
    "\x0b",
    "\x1f",
)
INVISIBLE_CP1251 = ("\u00ad", "\u00a0", "\x07", "\x0b", "\x1f")
HOSTS = {
    "en": ("Sent from my phone", "Best regards,"),
    "ru": ("С уважением,",),
    "kk": ("Құрметпен,",),
}
JOBS = {
    "en": ("Office manager", "Property services", "Head of purchasing", "Hotel Tulpar, reception"),
    "ru": ("Офис-менеджер", "ТОО «Жарык Сервис»", "Отдел закупок", "Управляющая домом"),
    "kk": ("Кеңсе менеджері", "«Жарық Сервис» ЖШС", "Сатып алу бөлімі"),
}


def plant_empty_phrases(field: Field) -> None:
    """A word or a sign where a request should be: alone, or as the last thing a customer says."""
    dice = Dice("empty_phrase")
    for language, count in {"en": 24, "ru": 14, "kk": 7}.items():
        for number in range(count):
            text = EMPTY[language][number % len(EMPTY[language])]
            source = dice.pick((HELPDESK, HELPDESK, CLOSED, CRM))
            if source == CRM and (language == "kk" or not fits_cp1251(text)):
                source = HELPDESK
            customer = field.writer.customer(dice, language)
            record = field.new(dice, source, customer, language=language, intent="other", text=text)
            record.kind = "empty_phrase"
            if source == HELPDESK and dice.chance(0.5):
                _precede(field, record, dice)
            field.note("empty_phrase", record=record, values=[text], turn=record.prompt_turn)


def _precede(field: Field, record: Record, dice: Dice) -> None:
    """Puts a real question and its answer before the empty phrase, and drops what came after it."""
    record.intent = dice.pick(("billing", "delivery", "returns"))
    while True:
        voice = Voice(dice, record.language, record.intent, record.moment, record.region)
        question = joined(voice.opening(0.6), dice)
        if field.writer.novel(question):
            break
    record.subject = voice.subject()
    answer = Turn(AGENT, joined(voice.answer(), dice))
    record.turns = [Turn(CUSTOMER, question), answer, Turn(CUSTOMER, record.prompt)]


def plant_signatures(field: Field) -> None:
    """A block of name, job and phone below the request; its name and numbers are personal data."""
    dice = Dice("signature")
    for record in field.free(dice, "signature", 34, _mail, MIX):
        name = person(dice, record.language)
        lines = [dice.pick(HOSTS[record.language]), name, dice.pick(JOBS[record.language])]
        values = {"PERSON": name}
        number, hard = phone(dice, record.language)
        if not hard:
            lines.append(number)
            values["PHONE"] = number
        if dice.chance(0.5):
            mail, hard = email(dice, record.language)
            if not hard:
                lines.append(mail)
                values["EMAIL"] = mail
        block = "\n".join(["--", *lines] if dice.chance(0.6) else lines)
        record.prompt = f"{record.prompt}\n\n{block}"
        field.note("signature", record=record, values=[block], turn=record.prompt_turn)
        for entity, value in values.items():
            field.note(
                "personal_data", entity=entity, value=value, record=record, turn=record.prompt_turn
            )


def plant_quoted_replies(field: Field) -> None:
    """The mail that was answered hangs below the answer, as mail programs leave it."""
    dice = Dice("quoted_reply")
    for record in field.free(dice, "quoted_reply", 34, _mail, MIX):
        voice = Voice(dice, record.language, record.intent, record.moment, record.region)
        voice.fixed = record.slots
        block = _quotation(dice, record, voice.answer())
        record.prompt = f"{record.prompt}\n\n{block}"
        field.note("quoted_reply", record=record, values=[block], turn=record.prompt_turn)


def _quotation(dice: Dice, record: Record, quoted: list[str]) -> str:
    day = record.moment
    clock = f"{dice.between(8, 19):02d}:{dice.between(0, 59):02d}"
    written = f"{day.day} {BOOKS[record.language].months[day.month - 1]} {day.year}"
    arrows = "\n".join(f"> {line}" for line in quoted)
    plain = "\n".join(quoted)
    sender = "Saqta Home Support"
    styles = {
        "en": (
            f"On {written} at {clock}, {sender} wrote:\n{arrows}",
            (f"-----Original Message-----\nFrom: {sender}\nSent: {written} {clock}\n{plain}"),
            f"> {sender} wrote on {day:%d/%m/%Y}:\n>\n{arrows}",
        ),
        "ru": (
            f"{written} г., {clock}, {sender} написал(а):\n{arrows}",
            (
                f"---- Исходное сообщение ----\nОт: {sender}\n"
                f"Отправлено: {day:%d.%m.%Y} {clock}\n{plain}"
            ),
            f"{day:%d.%m.%Y}, {clock} пользователь {sender} пишет:\n{arrows}",
        ),
        "kk": (f"{day:%d.%m.%Y} {clock}, {sender} жазды:\n{arrows}",),
    }
    return dice.pick(styles[record.language])


def plant_mojibake(field: Field) -> None:
    """UTF-8 that was read as another encoding on its way, the whole prompt of it."""
    dice = Dice("mojibake")
    for record in field.free(dice, "mojibake", 30, _breakable, MIX):
        clean = record.prompt
        if record.language == "en":
            clean = clean.replace("'", "’").replace("I am ", "I’m ").replace("it is", "it’s")
            clean += " — " + dice.pick(("again “soon”?", "I’m waiting…", "it’s “urgent”."))
        record.prompt = misread(clean, _wrong_encoding(record))
        field.note(
            "mojibake",
            record=record,
            values=[record.prompt],
            clean=clean,
            read_as=_wrong_encoding(record),
            turn=record.prompt_turn,
        )


def misread(text: str, encoding: str) -> str:
    """UTF-8 bytes read as `encoding`; bytes that it leaves undefined stand for themselves."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode())


def _wrong_encoding(record: Record) -> str:
    return "cp1251" if record.source == CRM else "cp1252"


def _breakable(record: Record) -> bool:
    """What the CRM can store after the damage; elsewhere anything."""
    return record.source != CRM or _storable(record.prompt)


def _storable(text: str) -> bool:
    try:
        misread(text, "cp1251").encode("cp1251")
    except UnicodeEncodeError:
        return False
    return True


def plant_invisible_characters(field: Field) -> None:
    """Characters that nobody sees: zero width, soft hyphens, no-break spaces, control codes."""
    dice = Dice("invisible_characters")
    for record in field.free(dice, "invisible_characters", 32, lambda r: True, MIX):
        chars = dice.sample(INVISIBLE_CP1251 if record.source == CRM else INVISIBLE, 2)
        text = record.prompt
        for char in chars:
            for _ in range(dice.between(1, 3)):
                at = dice.between(3, len(text) - 3)
                text = text[:at] + char + text[at:]
        record.prompt = text
        field.note(
            "invisible_characters",
            record=record,
            values=chars,
            codepoints=[f"U+{ord(char):04X}" for char in chars],
            turn=record.prompt_turn,
        )


def plant_html(field: Field) -> None:
    """Tags and entities that a web form left behind."""
    dice = Dice("html_remains")
    for record in field.free(dice, "html_remains", 34, lambda r: True, MIX):
        text = record.prompt
        styles = (
            (f"<p>{html.escape(text)}</p>", ["<p>", "</p>"]),
            (f'<div class="msg">{text}</div><br/>', ['<div class="msg">', "</div>", "<br/>"]),
            (text.replace(" ", "&nbsp;", 2) + "<br><br>", ["&nbsp;", "<br>"]),
            (f'<span style="color:#333">{text}</span>', ['<span style="color:#333">', "</span>"]),
            (f"{text} &lt;3 &amp;quot;Saqta&amp;quot;", ["&lt;", "&amp;quot;"]),
        )
        record.prompt, values = dice.pick(styles)
        field.note("html_remains", record=record, values=values, turn=record.prompt_turn)


def _mail(record: Record) -> bool:
    return record.channel == "email" and len(record.prompt) > 60
