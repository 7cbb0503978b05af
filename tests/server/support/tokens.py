# SPDX-License-Identifier: Apache-2.0
"""Tokens made and taken apart by the interface's description alone, without the module's help.

Every secret that the tests meet is remembered here, so that each server's logs and tables can be
searched for it when the server has stopped.
"""

import base64
import hashlib
import re
import secrets
import uuid
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID, SECRET, CHECK = 22, 43, 6
SYNTAX = re.compile(r"([A-Za-z][A-Za-z0-9_]{1,30})_([0-9A-Za-z]{22})([0-9A-Za-z]{43})([0-9A-Za-z]{6})")

_remembered = set()


def base62(number, width):
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits.rjust(width, "0")


def unbase62(text):
    number = 0
    for character in text:
        number = number * 62 + ALPHABET.index(character)
    return number


def check_of(text):
    return base62(zlib.crc32(text.encode()), CHECK)


def sealed(body):
    """A body (prefix, underscore, id, secret) with the right check behind it."""
    return remember(body + check_of(body))


def forge(token_id=None, prefix="httok", secret=None):
    """A well-formed token: of this id or a random one, with this secret (a number) or a random one."""
    token_id = token_id or str(uuid.uuid4())
    secret = secrets.randbits(256) if secret is None else secret
    return sealed(f"{prefix}_{base62(uuid.UUID(token_id).int, ID)}{base62(secret, SECRET)}")


def id_of(token):
    return str(uuid.UUID(int=unbase62(SYNTAX.fullmatch(token).group(2))))


def secret_of(token):
    return SYNTAX.fullmatch(token).group(3)


def hash_of(token):
    return hashlib.sha256(token.encode()).hexdigest()


def remember(token):
    """Secrets like 000… are left out: they are guesses of a test, and any file may contain them."""
    secret = token[-SECRET - CHECK:-CHECK]
    if len(set(secret)) > 8:
        _remembered.add(secret)
    return token


def exposed(token):
    """For a token that a test itself writes into an address, which httpd logs like any other."""
    _remembered.discard(token[-SECRET - CHECK:-CHECK])
    return token


def decoded(data):
    """What stands in these bytes in base64, as Basic credentials do."""
    texts = []
    for run in re.finditer(rb"[0-9A-Za-z+/]{90,}", data):
        for start in range(4):
            text = run.group()[start:]
            texts.append(base64.b64decode(text[:len(text) // 4 * 4]))
    return b"\n".join(texts)


def found_in(data):
    """The remembered secrets that these bytes contain, as they are or in base64."""
    return plain_in(data) | plain_in(decoded(data))


def plain_in(data):
    found = set()
    for run in re.finditer(rb"[0-9A-Za-z]{43,}", data):
        text = run.group().decode()
        for start in range(len(text) - SECRET + 1):
            if text[start:start + SECRET] in _remembered:
                found.add(text[start:start + SECRET])
    return found
