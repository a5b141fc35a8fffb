"""One support record while it is being made, before a source gives it its native form."""

from dataclasses import dataclass, field
from datetime import datetime

from dataset_pipeline_tests.sample.people import Customer

CUSTOMER, AGENT = "customer", "agent"


@dataclass
class Turn:
    """One message of a conversation."""

    author: str
    text: str


@dataclass(eq=False)
class Record:
    """A record of helpdesk, crm or closed_cases; two are the same only if they are one object.

    `kind` names what is planted in it (None: an ordinary record); `key` is given last, when the
    order in time is known.
    """

    source: str
    customer: Customer
    moment: datetime
    channel: str
    region: str
    language: str
    intent: str
    turns: list[Turn]
    subject: str = ""
    kind: str | None = None
    key: str = ""
    situation: int = -1
    slots: dict[str, str] = field(default_factory=dict)

    @property
    def prompt_turn(self) -> int:
        """The index of the last customer turn."""
        return max(i for i, turn in enumerate(self.turns) if turn.author == CUSTOMER)

    @property
    def prompt(self) -> str:
        return self.turns[self.prompt_turn].text

    @prompt.setter
    def prompt(self, text: str) -> None:
        self.turns[self.prompt_turn].text = text
