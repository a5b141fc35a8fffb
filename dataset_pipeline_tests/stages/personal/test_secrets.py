"""Passwords, tokens and keys, whole and at the borders."""

import base64
import string
from random import Random

import pytest

from dataset_pipeline.stages.personal.secrets import KINDS

FIND = {kind.entity: kind.find for kind in KINDS}
DICE = Random(7)


def made(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(DICE.choices(letters, k=length - 2)) + "a7"


JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890"}', b"signature-of-it")
)
TOKENS = (
    "AKIA" + made(16, string.ascii_uppercase + string.digits).upper(),
    "ghp_" + made(36), "github_pat_" + made(30), "glpat-" + made(20),
    "xoxb-1234567890-" + made(24), "sk_live_" + made(24), "acme_test_" + made(20),
    "sk-proj-" + made(40), "SG." + made(22) + "." + made(43), JWT,
)  # fmt: skip
BLOCK = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join([made(64)] * 3)
    + "\n-----END RSA PRIVATE KEY-----"
)


def found(entity: str, text: str) -> list[str]:
    return [text[f.start : f.end] for f in FIND[entity](text)]


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_are_found_without_any_context(token: str) -> None:
    text = f"It stopped at night ({token}), why?"
    start = text.index(token)
    covered = {place for f in FIND["SECRET"](text) for place in range(f.start, f.end)}
    assert covered >= set(range(start, start + len(token)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Authorization: Bearer abcDEF0123456789xyz", ["abcDEF0123456789xyz"]),
        ("postgres://hub:s3cretpw@db.example.org/x", ["hub:s3cretpw"]),
        ("token: 550e8400-e29b-41d4-a716-446655440000", ["550e8400-e29b-41d4-a716-446655440000"]),
        ("мой ключ 9fKq2LmX7vRt0ZwY8b", ["9fKq2LmX7vRt0ZwY8b"]),
        ("parcel 550e8400-e29b-41d4-a716-446655440000", []),
        ("the key is aaaaaaaaaaaaaaaaaaaa1111", []),
        ("a key misunderstanding of characteristics", []),
        ("see https://example.org/a:b and http://x.example.org:8080/p", []),
    ],
)
def test_values_in_their_context(text: str, wanted: list[str]) -> None:
    assert found("SECRET", text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("My password is Tulip-Barys42.", ["Tulip-Barys42"]),
        ("password: hunter2, user bob", ["hunter2"]),
        ("пароль «котик»", ["котик"]),
        ("Мой пароль Medeu#Saqta07.", ["Medeu#Saqta07"]),
        ("Құпиясөзім Dombra_Medeu11.", ["Dombra_Medeu11"]),
        ("password is 12345678", ["12345678"]),
        ("PIN: 4821", ["4821"]),
        ('{"password": "Kestrel92", "pass":"tulip"}', ["Kestrel92", "tulip"]),
        (r"{\"password\":\"Kestrel92\"}", ["Kestrel92"]),
        ("<password>Kestrel92</password>", ["Kestrel92"]),
        ("password for the admin panel is Kestrel92", ["Kestrel92"]),
        ("пароль от личного кабинета: Barsik_77", ["Barsik_77"]),
        ("password for app v2.3.1 fails, the password on iPhone15 too", []),
        ("пароль на почту ivan@example.org не приходит", []),
        ("the password is wrong, my password: forgotten", []),
        ("новый пароль открывает пустую страницу, пароль подходит", []),
        ("I changed the password 3 times, spinning 1234", []),
        ("password [PASSWORD]", []),
    ],
)
def test_passwords(text: str, wanted: list[str]) -> None:
    assert found("PASSWORD", text) == wanted


@pytest.mark.parametrize("text", [BLOCK, BLOCK.rsplit("\n", 1)[0], BLOCK.replace("RSA ", "")])
def test_private_keys_are_found_whole(text: str) -> None:
    (finding,) = FIND["PRIVATE_KEY"](f"Here:\n{text}")
    assert finding.start == len("Here:\n")
    assert finding.end >= len(f"Here:\n{text}")
    (finding,) = FIND["PRIVATE_KEY"](text.replace("\n", "\n> "))
    assert finding.end >= len(text.replace("\n", "\n> "))
    assert found("PRIVATE_KEY", "BEGIN of my PRIVATE KEY trouble") == []
