"""The peer of a whole run: Dagster alone, with as many empty assets as the sample has.

``python -m dataset_pipeline_tests.bench.empty_run HOME COUNT``: one process, the in-process
executor, a real instance in HOME (made on first use), each asset after the one before it.
"""

import sys

import dagster as dg


def empty_assets(count: int) -> list[dg.AssetsDefinition]:
    """``count`` assets in a chain that do nothing."""

    def build(index: int) -> dg.AssetsDefinition:
        @dg.asset(name=f"empty_{index}", deps=[f"empty_{index - 1}"] if index else [])
        def empty() -> dg.MaterializeResult:  # type: ignore[type-arg]
            return dg.MaterializeResult(metadata={"rows": 0})

        return empty

    return [build(index) for index in range(count)]


def main(home: str, count: int) -> None:
    """Materialize them all."""
    job = dg.define_asset_job("empty", selection="*")
    definitions = dg.Definitions(
        assets=empty_assets(count), jobs=[job], executor=dg.in_process_executor
    )
    with dg.DagsterInstance.from_config(home) as instance:
        result = definitions.resolve_job_def("empty").execute_in_process(instance=instance)
    sys.exit(0 if result.success else 1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
