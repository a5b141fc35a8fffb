"""What every worker needs, loaded once: workers are forked from the process that did.

Loads no Polars: its threads do not survive a fork.
"""

import contextlib
import gc

gc.set_threshold(100_000, 50)  # before the many objects that come now, and stay

from dataset_pipeline.stages.copies import minhash  # noqa: E402
from dataset_pipeline.stages.personal import name_words, recognizers  # noqa: E402
from dataset_pipeline.stages.quality import language  # noqa: E402

with contextlib.suppress(OSError):  # no space for a temporary file, say: the stage will tell
    language.languages_of(["text"])
    recognizers.load()
    name_words.bits_of("Ann")  # reads the lists of names
    minhash.signatures(["text"], size=2, permutations=2)

gc.freeze()  # nothing of it is walked over in a worker, or written to
