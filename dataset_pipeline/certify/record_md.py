"""The part of ``VERIFY.md`` about record proofs: Python's standard library checks one."""

SECTION = """\
## A record is in it, or is not

A record proof is a small file that the publisher makes for whoever asks about a text or a record's
id. It says `present` in a split or `absent` from the version, and shows no other record: its first
line is JSON, and behind it are hashes of 32 bytes each. To check it takes no package, only the
statement of step 3. Save this as `record.py`:

```python
import hashlib, json, sys, unicodedata

__debug__ or sys.exit("without -O and PYTHONOPTIMIZE: they leave out every assert")
line, _, rest = open(sys.argv[1], "rb").read().partition(b"\\n")
proof, statement = json.loads(line), json.load(open(sys.argv[2], encoding="utf-8"))
kind, name = sys.argv[3:]  # "text" and the text, or "record_id" and the id
predicate = statement["predicate"]
salts, trees = predicate["records"]["salts"], predicate["records"]["trees"]

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def node(start, size, shown, path):  # RFC 6962, section 2.1
    if size == 1:
        shown[start] = shown[start] or path.pop(0)
        return shown[start]
    half = 1 << (size - 1).bit_length() - 1
    children = [(start, half), (start + half, size - half)]
    known = [any(at <= leaf < at + count for leaf in shown) for at, count in children]
    found = [node(*c, shown, path) if k else None for c, k in zip(children, known)]
    return sha(b"\\x01", *[hash or path.pop(0) for hash in found])

def check(tree, shown, path):
    assert all(0 <= at < tree["size"] for at in shown)
    root = node(0, tree["size"], shown, path) if shown else sha()
    assert root.hex() == tree["root"] and not path

if kind == "text":  # case, punctuation and white space do not count
    letters = (c if unicodedata.category(c)[0] in "LMN" else " " for c in name.lower())
    name = " ".join("".join(letters).split()) or name.strip()
asked = sha(f"{kind}\\n{name}".encode()).hex()
assert proof["version"] == predicate["version"]["name"]
hashes = [rest[at : at + 32] for at in range(0, len(rest), 32)]
for said in proof["statements"]:
    tree, at = trees[said["tree"]], said["at"]
    salt, *path = (hashes.pop(0) for _ in range(said["hashes"]))
    check(salts, {int(said["digest"][:3], 16): sha(b"\\x00", salt)}, path[:12])
    leaf = sha(b"\\x00", salt, bytes.fromhex(said["digest"]))
    shown = {at: leaf}
    if said["says"] != "present":
        assert said["says"] == "absent" and 0 <= at <= tree["size"]
        shown = {place: None for place in (at - 1, at) if 0 <= place < tree["size"]}
    check(tree, shown, path[12:])
    if said["says"] == "absent":
        assert all(hash < leaf if place < at else hash > leaf for place, hash in shown.items())
    print(said["says"], said["tree"], "as given" if said["digest"] == asked else "in another form")
assert asked in [said["digest"] for said in proof["statements"]] and not hashes
print("ok")
```

and run `python3 record.py PROOF "$W/statement.json" text "the text"`, or with `record_id` and the
id. A text that held personal data is published in another form, which whoever made the proof can
tell. That the trees hold all of the package's records, and no others, is the publisher's word.

"""
