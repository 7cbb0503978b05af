# SPDX-License-Identifier: Apache-2.0
"""Static repositories with one package each, as package managers read them: files that httpd serves.

The package is called `sample`, its version is 1.0.0, and it has no dependencies.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import zipfile

NAME, VERSION = "sample", "1.0.0"


class Folder:
    """Files below one folder, which the server's children can read."""

    def __init__(self, path):
        self.path = path

    def put(self, name, data):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def put_json(self, name, data):
        return self.put(name, json.dumps(data, indent=1))


def make(path, address):
    """All repositories below this folder, which has this address."""
    folder = Folder(path)
    pip(folder)
    npm(folder, address)
    maven(folder)
    apt(folder)
    cargo(folder, address)
    composer(folder, address)
    gem(folder)


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def tarred(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o644
            archive.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def wheel():
    about = f"{NAME}-{VERSION}.dist-info"
    files = {f"{NAME}.py": "ANSWER = 42\n",
             f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n",
             f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    return f"{NAME}-{VERSION}-py3-none-any.whl", zipped(files)


def pip(folder):
    """A simple index (PEP 503)."""
    name, data = wheel()
    folder.put(f"pypi/files/{name}", data)
    folder.put(f"pypi/simple/{NAME}/index.html", f'<!DOCTYPE html><a href="../../files/{name}">{name}</a>\n')


def npm(folder, address):
    about = {"name": NAME, "version": VERSION}
    data = tarred({"package/package.json": json.dumps(about), "package/index.js": "module.exports = 42\n"})
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    about["dist"] = {"tarball": f"{address}/npm/{NAME}/-/{NAME}-{VERSION}.tgz", "integrity": integrity}
    folder.put(f"npm/{NAME}/-/{NAME}-{VERSION}.tgz", data)
    folder.put_json(f"npm/{NAME}.json", {"name": NAME, "dist-tags": {"latest": VERSION}, "versions": {VERSION: about}})


MANIFEST = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n"}


def maven(folder):
    """A parent POM, an extension of the build, and plexus-utils, which Maven wants beside every extension."""
    for group, name, version in (("com.example", "parent", VERSION), ("com.example", NAME, VERSION),
                                 ("org.codehaus.plexus", "plexus-utils", "1.1")):
        packaging = "pom" if name == "parent" else "jar"
        place = f"maven/{group.replace('.', '/')}/{name}/{version}/{name}-{version}"
        folder.put(f"{place}.pom", f"<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId>"
                                   f"<artifactId>{name}</artifactId><version>{version}</version>"
                                   f"<packaging>{packaging}</packaging></project>\n")
        folder.put(f"{place}.jar", zipped(MANIFEST))


def apt(folder):
    """A flat repository: sources.list names it with ./ and [trusted=yes]."""
    about = (f"Package: {NAME}\nVersion: {VERSION}\nArchitecture: all\nMaintainer: Example <root@example.com>\n"
             "Description: sample\n")
    folder.put(f"{NAME}/DEBIAN/control", about)
    deb = os.path.join(folder.path, "debian", f"{NAME}_{VERSION}_all.deb")
    os.makedirs(os.path.dirname(deb), exist_ok=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", os.path.join(folder.path, NAME), deb],
                   check=True, capture_output=True, timeout=60)
    with open(deb, "rb") as file:
        data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    packages = f"{about}Filename: ./{os.path.basename(deb)}\nSize: {len(data)}\nSHA256: {digest}\n".encode()
    folder.put("debian/Packages", packages)
    digest = hashlib.sha256(packages).hexdigest()
    folder.put("debian/Release", f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {len(packages)} Packages\n")


def cargo(folder, address):
    """A sparse index and the archive of one crate."""
    manifest = f'[package]\nname = "{NAME}"\nversion = "{VERSION}"\nedition = "2021"\n'
    data = tarred({f"{NAME}-{VERSION}/Cargo.toml": manifest, f"{NAME}-{VERSION}/src/lib.rs": ""})
    folder.put(f"cargo/crates/{NAME}/{VERSION}/download", data)
    folder.put_json("cargo/config.json", {"dl": f"{address}/cargo/crates", "api": f"{address}/cargo", "auth-required": True})
    about = {"name": NAME, "vers": VERSION, "deps": [], "cksum": hashlib.sha256(data).hexdigest(), "features": {}, "yanked": False}
    folder.put(f"cargo/{NAME[:2]}/{NAME[2:4]}/{NAME}", json.dumps(about) + "\n")


def composer(folder, address):
    """One package as a tar file, because for zip files Composer needs a program that it does not bring."""
    about = {"name": f"example/{NAME}", "version": VERSION, "type": "library"}
    data = tarred({f"{NAME}/composer.json": json.dumps(about), f"{NAME}/{NAME}.php": "<?php\n"})
    folder.put(f"composer/dist/{NAME}.tar.gz", data)
    dist = {"type": "tar", "url": f"{address}/composer/dist/{NAME}.tar.gz", "shasum": hashlib.sha1(data).hexdigest()}
    folder.put_json("composer/packages.json", {"packages": {about["name"]: {VERSION: {**about, "dist": dist}}}})


GEM = """
require 'rubygems/package'
require 'fileutils'
spec = Gem::Specification.new('%s', '%s') do |s|
  s.summary = s.author = 'sample'
  s.homepage = 'http://www.example.com/'
  s.license = 'Apache-2.0'
  s.files = []
end
all = [[spec.name, spec.version, 'ruby']]
{'' => all, 'latest_' => all, 'prerelease_' => []}.each do |name, found|
  File.binwrite(name + 'specs.4.8.gz', Gem::Util.gzip(Marshal.dump(found)))
end
FileUtils.mkdir_p(['gems', 'quick/Marshal.4.8'])
File.binwrite("quick/Marshal.4.8/#{spec.full_name}.gemspec.rz", Gem.deflate(Marshal.dump(spec)))
Dir.chdir('gems')
Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec) }
""" % (NAME, VERSION)


def gem(folder):
    """The index that every version of gem and bundler reads: Ruby writes it, as it holds Ruby's objects."""
    place = os.path.join(folder.path, "gems")
    os.makedirs(place)
    subprocess.run(["ruby", "-e", GEM], cwd=place, check=True, capture_output=True, timeout=60)
