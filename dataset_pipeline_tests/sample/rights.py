"""Two sources that must not be trained on: a forum under a non-commercial licence, and a survey
whose consent has run out. Their rows are sound in every other way.
"""

from datetime import datetime, timedelta

from dataset_pipeline_tests.sample.compose import Voice, joined
from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import FIRST_DAY, INTENT_WEIGHTS, Writer

FORUM_ROWS, SURVEY_ROWS = 60, 40
SURVEY_OPENINGS = (
    "The {product} was easy to set up",
    "I used the {product} in the {room} for {days} days",
    "My children liked the {product} more than I did",
    "The beta of {version} felt faster",
    "Setting up the {product} took me {minutes} minutes",
    "I tried {plan} during the test",
    "We had the {product} in the {room} all winter",
    "The manual of the {product} is short",
)
SURVEY_TURNS = (
    "but the names of the rooms were lost twice.",
    "and I would buy it again.",
    "yet the light is far too bright at night.",
    "only the sound could be softer.",
    "although the first update failed.",
    "and my neighbours have asked for one.",
    "but it should warn before the battery is empty.",
    "still I miss a button on the device itself.",
)
SURVEY_WISHES = (
    "I wish that there were a mode for guests.",
    "Please add a widget for the phone's first screen.",
    "A shorter cable would do.",
    "It would be good to see the history of a whole month.",
    "Please translate the sounds page into Kazakh.",
    "I would pay a little more for a metal housing.",
    "An export to a spreadsheet would help me.",
    "Nothing to add, carry on like this.",
    "The map of the home could be drawn by hand.",
)


def forum_posts(writer: Writer) -> list[dict[str, str]]:
    """Rows of the partner's forum."""
    rows = []
    for number in range(FORUM_ROWS):
        dice = Dice("partner_forum", number)
        topic = dice.weighted(INTENT_WEIGHTS)
        posted = FIRST_DAY + timedelta(days=3 * number + dice.below(3), minutes=dice.below(1300))
        language = dice.weighted({"en": 80, "ru": 20})
        voice, text = _question(writer, dice, language, topic, posted)
        rows.append(
            {
                "post_id": f"PF-{4100 + 7 * number}",
                "author": f"user_{dice.digits(4)}",
                "posted_at": f"{posted:%Y-%m-%dT%H:%M:%SZ}",
                "topic": topic,
                "text": text,
                "answer": joined(voice.answer()[1:], dice),
            }
        )
    return rows


def survey_answers(writer: Writer) -> list[dict[str, str]]:
    """Rows of the beta survey."""
    rows = []
    for number in range(SURVEY_ROWS):
        dice = Dice("beta_survey", number)
        answered = FIRST_DAY + timedelta(days=20 + 2 * number, minutes=dice.below(1300))
        voice = Voice(dice, "en", "product_question", answered, "Almaty")
        rows.append(
            {
                "answer_id": f"BS-{310 + 3 * number}",
                "customer_id": writer.customer(dice, "en").customer_id,
                "answered_at": f"{answered:%Y-%m-%dT%H:%M:%SZ}",
                "topic": dice.pick(("product_question", "technical_issue", "other")),
                "text": _opinion(writer, dice, voice),
            }
        )
    return rows


def _question(
    writer: Writer, dice: Dice, language: str, topic: str, posted: datetime
) -> tuple[Voice, str]:
    while True:
        voice = Voice(dice, language, topic, posted, "Almaty")
        text = joined(voice.opening(0.7), dice)
        if writer.novel(text):
            return voice, text


def _opinion(writer: Writer, dice: Dice, voice: Voice) -> str:
    while True:
        words = f"{dice.pick(SURVEY_OPENINGS)}, {dice.pick(SURVEY_TURNS)}"
        text = voice.fill(f"{words} {' '.join(dice.sample(SURVEY_WISHES, 2))}")
        if writer.novel(text):
            return text
