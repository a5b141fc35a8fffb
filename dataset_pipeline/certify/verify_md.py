"""The text of ``VERIFY.md``, which lies in each package: how to check it without this project."""

from dataset_pipeline.certify import sealing_md
from dataset_pipeline.certify.bag_text import MANIFEST, TAG_MANIFEST
from dataset_pipeline.certify.envelope import PAYLOAD_TYPE
from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.layout import DOCUMENTATION_SUFFIX
from dataset_pipeline.certify.paths import name_problem
from dataset_pipeline.certify.record_md import SECTION
from dataset_pipeline.certify.statement import CERTIFICATE_TYPE

FILE = "VERIFY.md"

_TEXT = """\
# How to verify {version}

You need {count} files in one folder:

| file | what it is |
| --- | --- |
| `{version}.zip` | the package: a BagIt 1.0 bag (RFC 8493) in a ZIP |
{apart}| `{version}.certificate.json` | the certificate: an in-toto statement in a DSSE envelope |
| `{version}.pub.pem` | the public key that it was signed with |

What else bears their name is told of below. Any other file is no part of the version.

Run the commands below in that folder, in bash, one block after the other in the same shell. They
need `unzip`, `sha256sum`, `sed`, `base64` and OpenSSL 3 (GNU's tools: on a Mac, use a container);
nothing of the project that made the package, and no network. A block that finds nothing wrong
prints `ok` as its last line. If a block does not, stop: what you have is not what was certified.

This text came with the package, so whoever could forge the package could forge the text: read each
command before you run it. The commands are the same for all packages but for the names.

## 1. The package is whole

```bash
V={version}
W=$(mktemp -d)
unzip -q -t "$V.zip" && LC_ALL=C.UTF-8 unzip -q "$V.zip" -d "$W" && echo ok
```

## 2. Its content is what its manifests say

The first manifest lists the data, the second the files that describe it, the first manifest
included. The last command finds files that no manifest lists.

```bash
(
  cd "$W/$V" &&
  sha256sum --strict --quiet -c {manifest} &&
  sha256sum --strict --quiet -c {tag_manifest} &&
  {{ cut -c67- {manifest} {tag_manifest}; echo {tag_manifest}; }} |
    LC_ALL=C sort > "$W/listed" &&
  find . ! -type d | cut -c3- | LC_ALL=C sort | diff "$W/listed" -
) && echo ok
```

Two programs of others say the same; where you do not have them, leave them out. The Library of
Congress's for BagIt (`pip install bagit`), which does not mind files that no manifest lists:

```bash
bagit.py --validate --quiet "$W/$V" && echo ok
```

And MLCommons' for Croissant (`pip install "mlcroissant[parquet]"`), which reads the splits and
compares each file that it reads with the SHA-256 in `croissant.json`:

```sh
python3 - "$W/$V/croissant.json" <<'PYTHON' && echo ok
import os, sys, mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])  # validates it
for split in dataset.metadata.record_sets:
    print(split.id, sum(1 for _ in dataset.records(split.id)), "records", flush=True)
os._exit(0)  # all was read: Arrow's threads may abort a Python that ends by itself
PYTHON
```

## 3. The certificate is signed

The signature is over the statement with a short header before it (DSSE's "PAE").

```bash
sed -n 's/^  "payload": "\\(.*\\)",$/\\1/p' "$V.certificate.json" |
  base64 -d > "$W/statement.json" &&
sed -n 's/^      "sig": "\\(.*\\)"$/\\1/p' "$V.certificate.json" | head -n 1 |
  base64 -d > "$W/signature" &&
printf 'DSSEv1 {type_length} {payload_type} %d ' "$(wc -c < "$W/statement.json")" > "$W/signed" &&
cat "$W/statement.json" >> "$W/signed" &&
openssl pkeyutl -verify -pubin -inkey "$V.pub.pem" -rawin -in "$W/signed" \\
  -sigfile "$W/signature" &&
grep -q -x '  "payloadType": "{payload_type}",' "$V.certificate.json" && echo ok
```

## 4. The certificate is about this package

The statement ends with the list of what it is about. Build that ending from the files that you
have, and compare.

```bash
sha() {{ sha256sum < "$1" | cut -c1-64; }}
printf '{ending}' \\
{arguments} > "$W/ending" &&
tail -c "$(wc -c < "$W/ending")" "$W/statement.json" | cmp - "$W/ending" && echo ok
```

## 5. The key is the publisher's

No file can prove this by itself. Compute the key's id, see that the certificate names it, and ask
the publisher, by a way that you trust, whether it is theirs.

```bash
K=$(openssl pkey -pubin -in "$V.pub.pem" -outform DER | sha256sum | cut -c1-64)
grep -m 1 '^      "keyid": ' "$V.certificate.json" | grep -q "\\"$K\\"" &&
  echo "key id $K" && echo ok
```

{sealing}{records}## What it says

`$W/statement.json` is what was signed: under `predicate` the version, where its records came from
and what was done to them. What could not be proven is listed there under `gaps`.

```bash
python3 -m json.tool "$W/statement.json"
```

With the project at hand, `dataset-pipeline verify {version}.zip` does all of this, checks every
byte of the ZIP besides, and takes the publisher's key by `--trust`.
"""


def verify_instructions(version: str, *, documentation: bool = False) -> bytes:
    """``VERIFY.md`` for the package ``version``; the same bytes for the same version.

    ``documentation``: the version has a package of documentation too.

    Raises BagError when ``version`` cannot name a package (so it is safe in a shell).
    """
    if problem := name_problem(version):
        raise BagError(f"{version!r}: {problem}")
    apart = f"{version}{DOCUMENTATION_SUFFIX}"
    places = {f"{version}.zip": '"$V.zip"'}
    places |= {apart: f'"$V{DOCUMENTATION_SUFFIX}"'} if documentation else {}
    places |= {name: f'"$W/$V/{name}"' for name in (MANIFEST, TAG_MANIFEST)}
    subjects = sorted(places)
    # In RFC 8785's order of keys, "predicateType" and "subject" are the last of a statement.
    listed = ",".join(f'{{"digest":{{"sha256":"%s"}},"name":"{name}"}}' for name in subjects)
    text = _TEXT.format(
        version=version,
        manifest=MANIFEST,
        tag_manifest=TAG_MANIFEST,
        payload_type=PAYLOAD_TYPE,
        type_length=len(PAYLOAD_TYPE),
        apart=f"| `{apart}` | all of it but the records, in a bag of its own |\n" * documentation,
        count="four" if documentation else "three",
        records=SECTION,
        sealing=sealing_md.SECTION,
        ending=f'"predicateType":"{CERTIFICATE_TYPE}","subject":[{listed}]}}',
        arguments=" \\\n".join(f'  "$(sha {places[name]})"' for name in subjects),
    )
    return text.encode()
