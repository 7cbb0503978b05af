# SPDX-License-Identifier: Apache-2.0
"""The least of a server of Git LFS, as a CGI program: batches, objects and the question for locks.

It keeps objects as files in the folder LFS_STORE, and writes what it was told about the user beside them.
"""

import json
import os
import sys

JSON = "application/vnd.git-lfs+json"


def answer(status, body, kind=JSON):
    sys.stdout.buffer.write(f"Status: {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body)


def batch(base, store, asked):
    """For each object the address under which it is stored, or to be stored."""
    objects = []
    for one in asked["objects"]:
        known = os.path.exists(os.path.join(store, one["oid"]))
        actions = {} if asked["operation"] == "upload" and known else {
            asked["operation"]: {"href": f"{base}/objects/{one['oid']}"}}
        objects.append({**one, "actions": actions} if actions else one)
    return {"transfer": "basic", "objects": objects}


def main():
    path, _, rest = os.environ["REQUEST_URI"].partition("/info/lfs/")
    base = f"http://{os.environ['HTTP_HOST']}{path}/info/lfs"
    store, method = os.environ["LFS_STORE"], os.environ["REQUEST_METHOD"]
    body = sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0))
    with open(os.path.join(store, "environment"), "a", encoding="utf-8") as file:
        file.write("".join(f"{name}={value}\n" for name, value in os.environ.items()))
    if rest == "objects/batch":
        answer(200, json.dumps(batch(base, store, json.loads(body))).encode())
    elif rest == "locks/verify":
        answer(200, json.dumps({"ours": [], "theirs": []}).encode())
    elif method == "PUT":
        with open(os.path.join(store, os.path.basename(rest)), "wb") as file:
            file.write(body)
        answer(200, b"")
    else:
        with open(os.path.join(store, os.path.basename(rest)), "rb") as file:
            answer(200, file.read(), "application/octet-stream")


if __name__ == "__main__":
    main()
