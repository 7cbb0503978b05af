# SPDX-License-Identifier: Apache-2.0
"""The ways in which a client sends a token, for promises that hold for each of them."""

import base64

WAYS = ("bearer", "basic", "field", "plain")
ACCEPT = "AccessTokenAccept bearer basic header:X-Api-Key header:Authorization"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def fields(way, token, user="someone"):
    """The header fields that carry the token in this way."""
    return {"bearer": {"Authorization": "Bearer " + token}, "basic": {"Authorization": basic(user, token)},
            "field": {"X-Api-Key": token}, "plain": {"Authorization": token}}[way]
