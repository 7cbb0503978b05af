# SPDX-License-Identifier: Apache-2.0
"""The ways in which clients put a token into Authorization, the right one and those that people try."""

import base64

import tokens
from client import PASSWORD

OTHER = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"  # a token of another kind


def basic(user, password=""):
    return "Basic " + encoded(f"{user}:{password}")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


# The field with this token in it.
WAYS = {
    "bearer": lambda token: f"Bearer {token}",
    "in another case": lambda token: f"bEARER   {token}",
    "two words": lambda token: f"Bearer {token} x",
    "two fields": lambda token: f"Bearer {token}, Bearer {OTHER}",
    "the second of two fields": lambda token: f"Bearer {OTHER}, Bearer {token}",
    "the scheme token": lambda token: f"Token {token}",
    "no scheme": lambda token: token,
    "a colon after the scheme": lambda token: f"Bearer: {token}",
    "quotes": lambda token: f'Bearer "{token}"',
    "a parameter": lambda token: f"Token token={token}",
    "password": lambda token: basic("alice", token),
    "user name": basic,
    "user name and a password": lambda token: basic(token, "x-oauth-basic"),
    "user name after a tab": lambda token: basic(token).replace(" ", " \t"),
    "user name with the end of a line": lambda token: basic(token + "\n"),
    "user name with another word": lambda token: basic("token " + token),
    "user name of digest": lambda token: DIGEST.format(f'"{token}"'),
    "user name of digest, unquoted": lambda token: DIGEST.format(token),
}
DIGEST = 'Digest username = {}, realm="passwords", nonce="x", uri="/", response="00000000000000000000000000000000"'

# Not ours: what else an application may find in the field.
OTHERS = {
    "another bearer token": f"Bearer {OTHER}",
    "a long one": "Bearer " + "x" * 3000,
    "one that only looks like ours": "Bearer mat_" + "0" * 71,
    "a password": basic("alice", PASSWORD),
    "a scheme of its own": "Negotiate YIIB",
}


def found_in(text, token):
    """Whether the token stands in this text, plainly or in the base64 of Basic."""
    return tokens.secret_of(token) in text or any(
        encoded(" " * shift + token)[4:80] in text for shift in range(3))
