# SPDX-License-Identifier: Apache-2.0
"""A small image of one file, in the layout of the Open Container Initiative, made without any program for images."""

import hashlib
import io
import json
import os
import tarfile

TYPE = "application/vnd.oci.image"


def make(folder):
    """The image in a new folder, with the tag 1."""
    os.makedirs(os.path.join(folder, "blobs/sha256"))
    layer = layer_of({"hello": b"hello\n"})
    settings = {"architecture": "amd64", "os": "linux", "config": {},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = {"schemaVersion": 2, "mediaType": f"{TYPE}.manifest.v1+json",
                "config": blob(folder, json.dumps(settings).encode(), f"{TYPE}.config.v1+json"),
                "layers": [blob(folder, layer, f"{TYPE}.layer.v1.tar")]}
    entry = blob(folder, json.dumps(manifest).encode(), f"{TYPE}.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": "1"}
    put(folder, "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
    put(folder, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def layer_of(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def blob(folder, data, kind):
    digest = hashlib.sha256(data).hexdigest()
    put(folder, f"blobs/sha256/{digest}", data)
    return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}


def put(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
