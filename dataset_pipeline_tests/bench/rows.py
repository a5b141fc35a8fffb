"""What a benchmark tells: one row a measurement."""

from dataclasses import dataclass

from dataset_pipeline_tests.bench.measure import Measured, machine


@dataclass(frozen=True)
class Row:
    """One measurement. ``ratio``: how many times better than the peer, or than the bound.

    ``least``: the ratio that it must have.
    """

    name: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None
    least: float
    records: int
    peak_mib: float
    machine: str
    against: str

    @property
    def kept(self) -> bool:
        """Whether the ratio is what it must be."""
        return self.ratio is None or self.ratio >= self.least


def row(
    name: str, ours: Measured, peer: float | None, records: int, against: str, least: float = 1
) -> Row:
    """A measurement in seconds."""
    return Row(
        name=name,
        ours=round(ours.seconds, 3),
        peer=None if peer is None else round(peer, 3),
        unit="s",
        ratio=None if peer is None else round(peer / ours.seconds, 3),
        least=least,
        records=records,
        peak_mib=round(ours.peak_mib, 1),
        machine=machine(),
        against=against,
    )


def memory(name: str, ours: Measured, most_mib: float, records: int) -> Row:
    """A measurement's peak memory against a bound."""
    return Row(
        name=name,
        ours=round(ours.peak_mib, 1),
        peer=most_mib,
        unit="MiB",
        ratio=round(most_mib / ours.peak_mib, 3),
        least=1,
        records=records,
        peak_mib=round(ours.peak_mib, 1),
        machine=machine(),
        against=f"{most_mib / 1024:g} GiB",
    )
