"""The customers of Saqta Home: where they live, what they speak, how often they write."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from dataset_pipeline_tests.sample.dice import Dice

CUSTOMERS = 900
REGIONS: dict[str, float] = {
    "Almaty": 25,
    "Astana": 17,
    "Shymkent": 9,
    "Karaganda": 7,
    "Aktobe": 4,
    "Atyrau": 3,
    "Pavlodar": 3,
    "Tashkent": 5,
    "Bishkek": 4,
    "Berlin": 8,
    "Munich": 3,
    "London": 8,
    "Manchester": 3,
    "New York": 3,
}
ABROAD = {"Berlin": "€", "Munich": "€", "London": "£", "Manchester": "£", "New York": "$"}
CHANNELS = {"email": 44.0, "chat": 27.0, "web": 21.0, "phone": 8.0}
_SUMMER_EUROPE = datetime(2026, 3, 29, 1, tzinfo=UTC)
_SUMMER_NEW_YORK = datetime(2026, 3, 8, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Customer:
    """Somebody who writes to support; `language` is the one that they always write in."""

    customer_id: str
    region: str
    language: str
    eagerness: float


def customers() -> list[Customer]:
    """All customers; the eager ones write often, most wrote once or twice."""
    dice = Dice("customers")
    numbers = dice.sample(range(10000, 32000), CUSTOMERS)
    out = []
    for rank, number in enumerate(numbers):
        region = dice.weighted(REGIONS)
        abroad = region in ABROAD
        speaks = {"en": 0.96, "ru": 0.04} if abroad else {"en": 0.68, "ru": 0.23, "kk": 0.09}
        out.append(Customer(f"CU-{number}", region, dice.weighted(speaks), 1 / (rank + 25) ** 0.6))
    return out


def local(moment: datetime, region: str) -> datetime:
    """`moment` on the region's clock; offsets are written out, so no tz database is asked."""
    if region in ("Berlin", "Munich"):
        hours = 2 if moment >= _SUMMER_EUROPE else 1
    elif region in ("London", "Manchester"):
        hours = 1 if moment >= _SUMMER_EUROPE else 0
    elif region == "New York":
        hours = -4 if moment >= _SUMMER_NEW_YORK else -5
    else:
        hours = 6 if region == "Bishkek" else 5
    return moment.astimezone(timezone(timedelta(hours=hours)))
