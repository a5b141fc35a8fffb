"""``stages.screened``: what is too poor to learn from, off topic or harmful."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dataset_pipeline.config.base import Share, Slug, Strict

LearningSplits = list[Literal["train", "validation"]]
TextField = Literal["prompt", "context", "completion", "rejected"]
Word = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
_Amount = Annotated[float, Field(ge=0)]


class Limit(Strict):
    """A threshold for splits of its own, in the place of the stage's ``applies_to``."""

    threshold: _Amount
    applies_to: LearningSplits


class ShareLimit(Strict):
    """A share from 0 to 1 as a threshold for splits of its own."""

    threshold: Share
    applies_to: LearningSplits


# A bare threshold applies where the stage does; None turns the rule off.
Amount = _Amount | Limit | None
Portion = Share | ShareLimit | None


class Heuristics(Strict):
    """Rules over measures of the prompt: ``min_<measure>`` is the least, ``max_<measure>`` the most
    that may stay. Each is a rule of its own, named ``<group>_<key>``; None (the default) is off.
    """


class Gopher(Heuristics):
    """The rules of MassiveText: Rae et al. 2021, "Scaling Language Models: Methods, Analysis &
    Insights from Training Gopher", appendix A.1.1; behind each the published threshold.

    They were made for web pages: messages of customers are shorter. Words are what white space
    separates; lines and paragraphs without a character do not count.
    """

    min_words: Amount = None  # 50
    max_words: Amount = None  # 100,000
    min_mean_word_length: Amount = None  # 3
    max_mean_word_length: Amount = None  # 10
    max_symbol_ratio: Amount = None  # 0.1: hashes or ellipses, whichever are more, to words
    max_bullet_lines: Portion = None  # 0.9 of the lines begin with a bullet
    max_ellipsis_lines: Portion = None  # 0.3 of the lines end with an ellipsis
    min_words_with_letter: Portion = None  # 0.8
    min_stop_words: Amount = None  # 2 different ones of the words below
    # The paper's eight, and as many of the most frequent Russian and Kazakh ones.
    stop_words: list[Word] = [
        "the", "be", "to", "of", "and", "that", "have", "with",
        "и", "в", "не", "на", "что", "с", "я", "как",
        "және", "бір", "бұл", "мен", "үшін", "деп", "бар", "де",
    ]  # fmt: skip
    max_duplicate_lines: Portion = None  # 0.3
    max_duplicate_paragraphs: Portion = None  # 0.3
    max_duplicate_line_characters: Portion = None  # 0.2
    max_duplicate_paragraph_characters: Portion = None  # 0.2
    # Characters within the most frequent n-gram of words; one that stands once repeats nothing.
    max_top_2_gram: Portion = None  # 0.2
    max_top_3_gram: Portion = None  # 0.18
    max_top_4_gram: Portion = None  # 0.16
    # Characters within n-grams of words that stood before in the text, each counted once.
    max_duplicate_5_grams: Portion = None  # 0.15
    max_duplicate_6_grams: Portion = None  # 0.14
    max_duplicate_7_grams: Portion = None  # 0.13
    max_duplicate_8_grams: Portion = None  # 0.12
    max_duplicate_9_grams: Portion = None  # 0.11
    max_duplicate_10_grams: Portion = None  # 0.10


class C4(Heuristics):
    """The rules of the Colossal Clean Crawled Corpus: Raffel et al. 2020, "Exploring the Limits of
    Transfer Learning with a Unified Text-to-Text Transformer", section 2.2.

    C4 takes single lines out of pages; here a record is out whose share of such lines is too large.
    """

    min_punctuated_lines: Portion = None  # C4 removes lines without terminal punctuation
    min_sentences: Amount = None  # 5 in the paper, 3 in its first code
    max_few_word_lines: Portion = None  # C4 retains lines of three words or more
    max_lorem_ipsum: Amount = None  # 0: pages with the phrase are removed
    max_curly_brackets: Amount = None  # 0: pages with one are removed
    max_javascript_lines: Portion = None  # C4 removes lines with the word
    max_policy_lines: Portion = None  # C4's code removes lines about cookies and terms of use
    max_longest_word: Amount = None  # 1,000: C4's code removes lines with a longer one


class FineWeb(Heuristics):
    """The rules of FineWeb: Penedo et al. 2024, "The FineWeb Datasets: Decanting the Web for the
    Finest Text Data at Scale", section 3.5. Published, a page is out *at* its threshold; here it is
    out beyond it.
    """

    min_punctuated_lines: Portion = None  # 0.12 of the lines end with punctuation
    max_short_lines: Portion = None  # 0.67 of the lines are short
    short_line_characters: int = Field(default=30, ge=1)
    max_duplicate_line_characters: Portion = None  # 0.1 in the paper, 0.01 in its code
    max_line_breaks_per_word: Amount = None  # 0.3, in its code


class Corrupt(Strict):
    """Text that something broke. These rules apply to every split and to every text of a record;
    each is the largest share of a text's characters that may stay, None is off.
    """

    max_replacement: Share | None = None  # U+FFFD, what a decoder puts for what it cannot read
    max_mojibake: Share | None = None  # UTF-8 read as Windows-1252 or Windows-1251
    max_blobs: Share | None = None  # runs of base64 (48 characters) or hexadecimal (32)
    max_runs: Share | None = None  # the same character ten times or more
    no_letters: bool = False  # the prompt has no letter at all


class Boilerplate(Strict):
    """The same line in many different prompts: greetings, footers, disclaimers.

    A line is boilerplate when it stands in more than ``in_share`` of the dataset's distinct prompts
    and in more than ``in_prompts`` of them.
    """

    max_characters: Portion = None  # share of a prompt's characters in such lines
    in_share: Share = 0.01
    in_prompts: int = Field(default=10, ge=1)


class ContentRule(Strict):
    """A rule on what texts say: ``safety`` applies to every split, ``quality`` as stages do."""

    kind: Literal["safety", "quality"] = "quality"
    applies_to: LearningSplits | None = None
    fields: list[TextField] = Field(
        default=["prompt", "context", "completion", "rejected"], min_length=1
    )

    @model_validator(mode="after")
    def _safety_is_for_all(self) -> Self:
        if self.kind == "safety" and self.applies_to is not None:
            raise ValueError("a rule of the kind safety applies to every split; no applies_to here")
        return self


class WordList(ContentRule):
    """Words and phrases, matched whole and whatever their case; how many a record may have.

    ``file``: one a line in a file of the dataset's folder; lines that begin with # are comments.
    ``languages``: of records to look at (ISO 639-1), with those of undetermined language; none
    named is all. ``max_share`` is of the record's words; without either none may stand.
    """

    words: list[Word] = []
    file: str | None = None
    languages: list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]] = []
    max_count: int | None = Field(default=None, ge=0)
    max_share: Share | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.words and self.file is None:
            raise ValueError("expected words or a file of words")
        if self.max_count is not None and self.max_share is not None:
            raise ValueError("expected max_count or max_share, not both; make it two lists")
        return self


class Classifier(ContentRule):
    """A score from 0 to 1 a text; a record is out whose highest is above the threshold.

    Either ``examples``: a JSON Lines file of the dataset's folder with ``text`` and ``label``, from
    which a small classifier (TF-IDF of words and characters, logistic regression) learns to tell
    the label ``positive`` from all others. Or ``hook``: a function of one's own, named
    ``package.module:function``, that gives a list of texts their scores; ``version`` says which
    model it is: change it when the model changes, for scores are remembered.
    """

    threshold: Share
    examples: str | None = None
    positive: str | None = None
    hook: Annotated[str, StringConstraints(pattern=r"^\w+(\.\w+)*:\w+$")] | None = None
    version: Annotated[str, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.examples is None) == (self.hook is None):
            raise ValueError("expected examples to learn from, or a hook; one of the two")
        if self.examples is not None and self.positive is None:
            raise ValueError("expected positive: which label of the examples is looked for?")
        if self.hook is not None and self.version is None:
            raise ValueError("expected version: which model is behind the hook?")
        return self


class Screened(Strict):
    """Quality rules apply to the splits named, never to test; corruption and safety rules to all.

    Of several rules that hit a record, the first in this order names the exclusion: empty_phrase,
    too_short, too_long, language_not_allowed, corrupt, lists and classifiers of the kind safety,
    gopher, c4, fineweb, boilerplate, lists and classifiers of the kind quality. Its evidence lists
    all that hit.

    ``short_messages``: what becomes of a message that is nothing but empty phrases. ``drop``: a
    record with such a prompt is out. ``merge``: where it follows other turns it goes into the turn
    that it confirms.
    """

    applies_to: LearningSplits = ["train"]
    min_characters: int = Field(default=3, ge=0)
    max_characters: int = Field(default=20_000, ge=1)
    empty_phrases: list[str] = []
    short_messages: Literal["drop", "merge"] = "drop"
    min_language_confidence: Share = 0.9
    corrupt: Corrupt = Corrupt()
    gopher: Gopher = Gopher()
    c4: C4 = C4()
    fineweb: FineWeb = FineWeb()
    boilerplate: Boilerplate = Boilerplate()
    lists: dict[Slug, WordList] = {}
    classifiers: dict[Slug, Classifier] = {}

    def files(self) -> list[str]:
        """The files of the dataset's folder that the rules read, sorted."""
        found = {found.file for found in self.lists.values() if found.file is not None}
        found |= {one.examples for one in self.classifiers.values() if one.examples is not None}
        return sorted(found)

    def rules_for_all(self) -> frozenset[str]:
        """The rules that may take out held-out records: corruption and safety."""
        corrupt = {f"corrupt_{name}" for name in Corrupt.model_fields}
        lists = {f"list_{name}" for name, one in self.lists.items() if one.kind == "safety"}
        trained = {
            f"classifier_{name}" for name, one in self.classifiers.items() if one.kind == "safety"
        }
        return frozenset(corrupt | lists | trained)

    def splits(self) -> tuple[str, ...]:
        """The splits from which a quality rule may take records, of any of them."""
        heuristics = [self.gopher, self.c4, self.fineweb, self.boilerplate]
        values = [getattr(group, key) for group in heuristics for key in type(group).model_fields]
        own = [value.applies_to for value in values if isinstance(value, Limit | ShareLimit)]
        content = [*self.lists.values(), *self.classifiers.values()]
        own += [one.applies_to for one in content if one.applies_to is not None]
        named = {split for splits in (self.applies_to, *own) for split in splits}
        return tuple(sorted(named))
