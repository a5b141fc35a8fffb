"""Pictures for the UI: PNGs as Markdown, drawn from counts alone.

Matplotlib is slow to load, so it is imported where something is drawn, in another process where one
is prepared, and nothing is drawn again for a result that is there already. Not for tables: those
are in ``tables.py``.
"""

import base64
import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from dataset_pipeline.engines import workers

# What a process may load before it is asked to draw (``workers.prepare``).
NEEDED = ("matplotlib.figure", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin")

Shares = Mapping[str, Sequence[float]]
_COLOURS = ("#4F43DD", "#F2A93B", "#2FA36B")
_WIDTH, _ROW, _FRAME = 11.0, 0.34, 1.3  # inches


def share_plot(panels: Mapping[str, Shares], series: Sequence[str]) -> str:
    """Markdown with one picture: a panel for each of ``panels``, side by side.

    A panel gives each category its share (0 to 1) in each of the ``series``; bars of one category
    lie together, so that a category that one series has more of stands out.
    """
    return workers.elsewhere(_drawn, panels, series)


def _drawn(panels: Mapping[str, Shares], series: Sequence[str]) -> str:
    from matplotlib.figure import Figure

    rows = max((len(shares) for shares in panels.values()), default=1)
    size = (_WIDTH, _FRAME + _ROW * len(series) / 2 * max(rows, 2))
    figure = Figure(figsize=size, dpi=80, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, shares) in zip(axes, panels.items(), strict=True):
        _panel(axis, title, shares, series)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(series), frameon=False)
    title = ", ".join(panels)
    return f"![{title}](data:image/png;base64,{_png(figure)})"


def _panel(axis: Any, title: str, shares: Shares, series: Sequence[str]) -> None:
    height = 0.8 / len(series)
    for number, name in enumerate(series):
        places = [row + number * height - 0.4 + height / 2 for row in range(len(shares))]
        widths = [values[number] * 100 for values in shares.values()]
        axis.barh(places, widths, height, label=name, color=_COLOURS[number % len(_COLOURS)])
    axis.set_yticks(range(len(shares)), list(shares), parse_math=False)
    axis.invert_yaxis()
    axis.set_title(title, parse_math=False)
    axis.set_xlabel("% of the split")
    axis.spines[["top", "right"]].set_visible(False)


def _png(figure: Any) -> str:
    """The figure as Base64, in 64 colours: a third of the size, and nobody sees it."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings():  # a font that lacks a letter draws a box: no more is lost
        warnings.simplefilter("ignore")
        figure.savefig(drawn, format="png")
    Image.open(drawn).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()
