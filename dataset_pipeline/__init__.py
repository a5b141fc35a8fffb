"""Dataset lineage and certification for machine learning, as a Dagster project."""

import os

__version__ = "0.1.0"

# Polars gives freed memory back to the system after half a second, that of large buffers at once,
# and asks for it anew with the next chunk: a third of a large collection's time. Of arenas, each of
# which keeps memory for itself, one a core is enough: four of them hold a sixth more. Read when
# Polars is first imported.
os.environ.setdefault(
    "_RJEM_MALLOC_CONF",
    f"dirty_decay_ms:10000,oversize_threshold:0,narenas:{os.cpu_count() or 1}",
)
