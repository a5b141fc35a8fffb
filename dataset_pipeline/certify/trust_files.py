"""Reads what is trusted: a PEM file, a folder of such files, or a policy that says more.

PEM files hold public keys, and certificates of authorities.
"""

from collections.abc import Iterable
from pathlib import Path

from dataset_pipeline.certify.errors import KeyFileError, TrustUnreadable
from dataset_pipeline.certify.keys import PUBLIC_KEY, load_public_keys
from dataset_pipeline.certify.pem_files import read_certificates, read_file
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline.certify.trust import Trust, TrustedKey

POLICIES = (".yaml", ".yml", ".json")
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def read_trust(path: Path) -> Trust:
    """What is trusted, from a PEM file, a policy, or a folder of either.

    A folder with a file ``trust.yaml`` (or ``.yml``, ``.json``) is what that file says, and nothing
    else; any other is all its ``*.pem`` files. Raises TrustUnreadable.
    """
    if path.is_dir():
        policies = [found for end in POLICIES if (found := path / f"trust{end}").is_file()]
        if len(policies) > 1:
            raise TrustUnreadable(f"{path}: holds {len(policies)} policies; keep one")
        return _policy(policies[0]) if policies else _pems(path, sorted(path.glob("*.pem")))
    return _policy(path) if path.suffix in POLICIES else _pems(path, [path])


def _policy(path: Path) -> Trust:
    from dataset_pipeline.certify.trust_policy import read_policy

    return read_policy(path)


def _pems(path: Path, files: Iterable[Path]) -> Trust:
    keys: dict[str, TrustedKey] = {}
    authorities = []
    for file in files:
        data = read_file(file)
        stamps = _CERTIFICATE in data
        if stamps:
            authorities.append(Authority(file.name, read_certificates(file), trusted=True))
        if PUBLIC_KEY in data or not stamps:
            try:
                keys |= {key.keyid: TrustedKey(key) for key in load_public_keys(data)}
            except KeyFileError as error:
                raise TrustUnreadable(f"{file}: {error}") from None
    if not keys:
        raise TrustUnreadable(f"{path}: holds no *.pem file with a public key")
    return Trust(keys, tuple(authorities))
