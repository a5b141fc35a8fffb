"""A dataset whose configuration is broken: a node that says why, so that nobody has to guess."""

import dagster as dg


def broken_dataset(name: str, error: Exception) -> dg.AssetsDefinition:
    """One asset in place of the graph; it shows the problems, and fails with them."""

    @dg.asset(
        key=dg.AssetKey([name, "invalid_configuration"]),
        group_name="invalid_configuration",
        description=f"This dataset cannot be built until its configuration is mended.\n\n{error}",
        kinds={"yaml"},
    )
    def invalid_configuration() -> None:
        raise error

    return invalid_configuration
