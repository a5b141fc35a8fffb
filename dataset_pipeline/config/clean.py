"""``stages.clean``: what of train overlaps what is held out."""

from dataset_pipeline.config.base import Strict


class Clean(Strict):
    """Overlap of train with what is held out, mended on the train side."""

    mend_validation: bool = True
