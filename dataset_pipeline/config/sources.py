"""Where records come from: one model a kind of source."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from dataset_pipeline.config.base import Column, Split, Strict
from dataset_pipeline.config.contract import Contract
from dataset_pipeline.config.fields import Fields
from dataset_pipeline.config.rights import Region, Rights

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Character = Annotated[str, StringConstraints(min_length=1, max_length=1)]
DETECT = "detect"


class Period(Strict):
    """From when to when the data was made."""

    start: date
    end: date | None = None


class Provenance(Strict):
    """What else is to be known of a source, in the words of the Data Provenance Standards.

    Source: Data & Trust Alliance, Data Provenance Standards 1.0.0 (2024): dataset issuer, source
    (``origin``, where it is not the issuer), metadata locations, issue dates, data origin
    geography, method, confidentiality classification, consent documentation location, privacy
    enhancing technologies, processing and storage geography, intended data use, proprietary data
    presence (copyright, patent, trademark). What is not said, the certificate lists as a gap.
    """

    issuer: str | None = None
    origin: str | None = None
    metadata_location: str | None = None
    source_metadata: str | None = None
    issued: date | None = None
    previously_issued: date | None = None
    origin_geography: list[Region] = []
    method: str | None = None
    confidentiality: str | None = None
    consent_documentation: str | None = None
    privacy_technologies: list[str] = []
    processing_included: list[Region] = []
    processing_excluded: list[Region] = []
    storage_included: list[Region] = []
    storage_excluded: list[Region] = []
    intended_use: str | None = None
    copyright: str | None = None
    patent: str | None = None
    trademark: str | None = None


class SourceBase(Strict):
    """What every source declares, whatever its kind.

    ``selection``: by which criteria its rows were chosen. ``categories``: categories of data that
    are in it, held against the task's restrictions. ``languages``: ISO 639-1, those in it.
    """

    description: str
    system: str
    owner: str
    rank: Literal["first_party", "licensed", "public", "synthetic"] | None = None
    period: Period | None = None
    selection: str | None = None
    risks: list[str] = []
    categories: list[str] = []
    languages: list[str] = []
    provenance: Provenance = Provenance()
    fields: Fields = Fields()
    rights: Rights
    contract: Contract | None = None
    split: Split | None = None
    max_field_bytes: int = Field(default=16 << 20, ge=1)


class FileSource(SourceBase):
    """A source of files: ``path`` is a glob below the dataset's folder, ``url`` is elsewhere.

    ``url``: ``https://…``, or a glob on an object store (``s3://bucket/tickets/*.jsonl``, and
    whatever fsspec reads). ``environment``: headers (HTTP) or storage options (object stores)
    whose values stand in environment variables; nothing secret stands in this file.
    """

    path: str | None = None
    url: str | list[str] | None = None
    environment: dict[str, Variable] = {}


class JsonlForm(Strict):
    """One JSON object a line; ``.gz`` and ``.zst`` by the file's name."""

    encoding: str = "utf-8"


class JsonlSource(FileSource, JsonlForm):
    """A source of JSON Lines files."""

    kind: Literal["jsonl"]


class JsonSource(FileSource):
    """JSON files; ``records`` is the dotted path to the list of rows.

    Without it the whole file is the list, or a single row.
    """

    kind: Literal["json"]
    records: str | None = None


class CsvForm(Strict):
    """Delimited text with a header line; ``.gz`` and ``.zst`` by the file's name.

    Encoding and delimiter (one of ``, ; |`` and the tab) may be ``detect``.
    """

    encoding: str = "utf-8"
    delimiter: Character | Literal["detect"] = ","
    quote: Character = '"'


class CsvSource(FileSource, CsvForm):
    """A source of delimited text files."""

    kind: Literal["csv"]


class TsvSource(FileSource):
    """A source of tab-separated files."""

    kind: Literal["tsv"]
    encoding: str = "utf-8"
    delimiter: Character = "\t"
    quote: Character = '"'


class ExcelSource(FileSource):
    """Workbooks (.xlsx, .xls, .ods): the first sheet, or the one named, with a header row.

    Whole numbers, dates and times are such; a column of several types is text.
    """

    kind: Literal["excel"]
    sheet: str | None = None


class ParquetSource(FileSource):
    """Parquet files with the same columns."""

    kind: Literal["parquet"]


class TextSource(FileSource):
    """Plain text, one file a record: ``body``, ``name``, ``path``. Encoding may be ``detect``."""

    kind: Literal["text"]
    encoding: str = "utf-8"


class MarkdownSource(FileSource):
    """One file a record: YAML front matter, then the text as the field ``body``.

    Fields: the front matter's keys, ``body``, and ``name`` and ``path`` where it has none.
    """

    kind: Literal["markdown"]
    encoding: str = "utf-8"


class HtmlSource(FileSource):
    """Web pages, one file a record: ``title``, ``body``, ``name``, ``path``.

    The body is the text that people see, without navigation. The encoding is found by the byte
    order mark, else by what the page says, else by its bytes.
    """

    kind: Literal["html"]
    encoding: str = DETECT


class EmailSource(FileSource):
    """Mails, from ``.eml`` files and ``.mbox`` archives, one mail a record.

    Fields: ``message_id``, ``subject``, ``sender`` and ``recipients`` (bare addresses), ``date``,
    ``body`` (plain text, else the text of HTML), ``in_reply_to``, ``thread`` (the id of the first
    mail that it goes back to), ``attachments`` (name, SHA-256, media type and
    size of each).
    """

    kind: Literal["email"]


class PdfSource(FileSource):
    """PDF files with text, one a record: ``title``, ``body``, ``pages``, ``name``, ``path``."""

    kind: Literal["pdf"]


class DocxSource(FileSource):
    """Word documents (.docx), one file a record: ``title``, ``body``, ``name``, ``path``."""

    kind: Literal["docx"]


class ChatSource(FileSource):
    """Exported chats, one conversation a record.

    Fields: ``id``, ``thread``, ``title``, ``time`` (of the first turn), ``turns``.

    A turn has ``role`` (the author's name), ``content`` and ``time``; what nobody said (somebody
    joined, a picture without words) is no turn. ``format``: an export of Slack (a day's JSON of a
    channel: a thread, or the rest of the day), Telegram (result.json: a chat) or WhatsApp (text: a
    file), or JSON lists of ``messages`` with role and content. ``thread`` is what conversations
    share that go on in another file, else the id.
    """

    kind: Literal["chat"]
    format: Literal["slack", "telegram", "whatsapp", "messages"]


class SqlSource(SourceBase):
    """A query. The URL stands in an environment variable, for it holds credentials.

    ``key`` names the rows: by it changes and withdrawals are found. With a ``watermark`` column
    only rows at or above the highest value seen are asked for; without it everything is, and
    compared.
    """

    kind: Literal["sql"]
    connection: Variable
    query: str
    key: Column
    watermark: Column | None = None


class FilesSource(FileSource):
    """Images, audio and documents: hashed and catalogued, carried as attachments of records.

    Fields: ``path``, ``name``, ``media_type``, ``bytes``, ``sha256``, ``width``, ``height``,
    ``seconds``, ``text`` (of a file of the same name that ends in ``.txt``, which then is no row
    of its own), and ``attachments`` (the file itself). The key is the ``path`` and the prompt the
    ``text`` where ``fields`` names no other. A file without text is no training example: it is
    carried by the records that name it.
    """

    kind: Literal["files"]
    fields: Fields = Field(default=Fields(), validate_default=True)

    @field_validator("fields")
    @classmethod
    def _completed(cls, fields: Fields) -> Fields:
        told = {"key": "path", "prompt": "text", "attachments": "attachments"}
        named = {name for name in told if getattr(fields, name) is not None}
        if fields.turns:
            named.add("prompt")
        return fields.model_copy(update={k: v for k, v in told.items() if k not in named})


Source = Annotated[
    JsonlSource | JsonSource | CsvSource | TsvSource | ExcelSource | ParquetSource | TextSource
    | MarkdownSource | HtmlSource | EmailSource | PdfSource | DocxSource | ChatSource | SqlSource
    | FilesSource,
    Field(discriminator="kind"),
]  # fmt: skip
