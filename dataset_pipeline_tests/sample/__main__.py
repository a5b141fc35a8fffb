"""`python -m dataset_pipeline_tests.sample [--out DIR]`: writes the sample."""

import argparse
from pathlib import Path

from dataset_pipeline_tests.sample.generate import CONFIGS, TRUTH, generate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dataset_pipeline_tests.sample")
    parser.add_argument(
        "--out", type=Path, help="write here, truth.json included, not into the repository"
    )
    out: Path | None = parser.parse_args().out
    sample = generate()
    sample.write(out or CONFIGS, out / "truth.json" if out else TRUTH)
    print(f"{len(sample.files)} files, {sum(map(len, sample.files.values())):,} bytes")


if __name__ == "__main__":
    main()
