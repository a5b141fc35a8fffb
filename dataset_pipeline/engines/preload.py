"""What every worker needs, loaded once: workers are forked from the process that did.

Loads no Polars: its threads do not survive a fork.
"""

import contextlib

from dataset_pipeline.stages.copies import minhash
from dataset_pipeline.stages.personal import name_words, recognizers
from dataset_pipeline.stages.quality import language

with contextlib.suppress(OSError):  # no space for a temporary file, say: the stage will tell
    language.languages_of(["text"])
    recognizers.load()
    name_words.bits_of("Ann")  # reads the lists of names
    minhash.signatures(["text"], size=2, permutations=2)
