"""Packages, certificates and their verification.

Here belongs what is needed to seal a dataset's version and to check the seal: BagIt packages,
signed statements, keys, and ``verify``. What does not belong here: Dagster, the store, the network,
the clock, the environment. Time and keys come in as arguments, so a certificate can be checked on
a machine that knows nothing of the pipeline.
"""
