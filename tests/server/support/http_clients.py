# SPDX-License-Identifier: Apache-2.0
"""Runs the lines of docs/clients.md, "HTTP tools and libraries", each in its language, and says what came back.

The lines are run as printed, for another address, token and user. Where a program follows redirects only
when it is told to, it is told.
"""

import asyncio
import os
import re
import subprocess
import textwrap
import urllib.error
import urllib.request
from typing import NamedTuple

import aiohttp
import httpx
import requests

import document_blocks
from application_servers import COMPILE, JAVA

DOCUMENT = "docs/clients.md"
ADDRESS = "https://www.example.com/api/report"
PATIENCE = 30


class Answer(NamedTuple):
    status: object  # a number; or what the program said, where it gave no answer
    text: str = ""


def lines_for(client, way):
    """(language, text): what the document tells a user of this client for this way."""
    (language, block), = document_blocks.FENCE.findall(document_blocks.section(DOCUMENT, client))[:1]
    parts = re.split(r"(?m)^(?:#|//) (bearer|basic|header)\n", block)
    return language, dict(zip(parts[1::2], parts[2::2]))[way]


# Shell: each program writes the body, and the status as the last line.

SHELL = """
curl() {
    command curl --silent --show-error --location --noproxy '*' --write-out '\\n%{http_code}' "$@"
}
wgets() {
    command "$1" --no-proxy --tries=1 --server-response --output-file=log --output-document=body "${@:2}"
    tail -n 1 body
    echo
    sed -n 's,^ *HTTP/[0-9.]* \\([0-9]*\\).*,\\1,p' log | tail -n 1
}
wget() { wgets wget "$@"; }
wget2() { wgets wget2 "$@"; }
"""

NODE = """
const http = require("http");
const [url, token] = process.argv.slice(1);
const show = (status, body) => console.log(body + "\\n" + status);
const use = answer => {
    let body = "";
    answer.on("data", part => { body += part; });
    answer.on("end", () => show(answer.statusCode, body));
};
(async () => {
    %s
    %s
})().catch(error => show(error, ""));
"""

PERL = """
use utf8;
use LWP::UserAgent;
my ($url, $token) = @ARGV;
%s
print $answer->content, "\\n", $answer->code;
"""

CLASS = """
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

class Clients {
    static String shown(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        return status + " " + (body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }

    %(methods)s

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            String[] words = line.split("\\t");
            String shown;
            try {
                shown = (String) Clients.class.getDeclaredMethod(words[0], String.class, String.class, String.class)
                    .invoke(null, words[1], words[2], words[3]);
            } catch (java.lang.reflect.InvocationTargetException problem) {
                shown = "error " + problem.getCause();
            }
            System.out.println(shown.replace("\\n", " "));
        }
    }
}
"""
METHOD = """
    static String %(name)s(String url, String token, String user) throws Exception {
        %(text)s
        return %(shown)s;
    }
"""
SHOWN = {"Java HttpClient": 'answer.statusCode() + " " + answer.body()', "Java HttpURLConnection": "shown(connection)"}
FOLLOWING = {"HttpClient.newHttpClient()": "HttpClient.newBuilder().build()",
             "HttpClient.newBuilder()": "HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL)"}


def method_name(client, way):
    return f"{client.split()[1]}_{way}"


class Programs:
    """All clients, with a home directory of their own; a context manager."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment.update(HOME=self.folder, XDG_CONFIG_HOME=self.folder, LC_ALL="C.UTF-8", NO_PROXY="127.0.0.1")
        self.java = None

    def __enter__(self):
        self.kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment)  # for the libraries of Python
        return self

    def __exit__(self, *_):
        os.environ.clear()
        os.environ.update(self.kept)
        if self.java:
            self.java.stdin.close()
            self.java.wait(PATIENCE)

    def run(self, client, way, address, token, user="alice"):
        language, text = lines_for(client, way)
        host = re.match(r"http://([^/]*)", address).group(1)
        text = text.replace(ADDRESS, address).replace("www.example.com:443", host)
        if language == "java":
            return self._java(client, way, address, token, user)
        text = text.replace("alice", user)
        return getattr(self, "_" + language)(text, address, token)

    def shell(self, text, token):
        """Lines with curl or wget and the variable TOKEN."""
        return self._ended(["bash", "-c", SHELL + text], TOKEN=token)

    def _sh(self, text, _, token):
        return self.shell(text, token)

    def _js(self, text, address, token):
        shown = "show(answer.status, await answer.text());" if "answer =" in text else ""
        return self._ended(["node", "-e", NODE % (text, shown), "--", address, token])

    def _perl(self, text, address, token):
        return self._ended(["perl", "-e", PERL % text, address, token])

    def _ended(self, command, **variables):
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, cwd=self.folder,
                              env={**self.environment, **variables})
        text = done.stdout.decode(errors="replace")
        body, _, status = text.strip().rpartition("\n")
        return Answer(int(status) if status.isdigit() else f"{text}{done.stderr.decode(errors='replace')}", body)

    def _python(self, text, address, token):
        names = {"url": address, "token": token, "requests": requests, "httpx": httpx, "aiohttp": aiohttp, "urllib": urllib}
        text = text.replace("httpx.get(url,", "httpx.get(url, follow_redirects=True,")
        if "await" in text:
            return asyncio.run(self._coroutine(text, names))
        try:
            exec(text, names)  # pylint: disable=exec-used
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())
        answer = names["answer"]
        if hasattr(answer, "status_code"):
            return Answer(answer.status_code, answer.text)
        with answer:
            return Answer(answer.status, answer.read().decode())

    @staticmethod
    async def _coroutine(text, names):
        exec("async def run(session):\n" + textwrap.indent(text, "    ") + "    return answer.status, await answer.text()", names)
        async with aiohttp.ClientSession() as session:
            return Answer(*await names["run"](session))

    def _java(self, client, way, address, token, user):
        if not self.java:
            self.java = self._compiled()
        self.java.stdin.write("\t".join([method_name(client, way), address, token, user]) + "\n")
        self.java.stdin.flush()
        status, _, body = self.java.stdout.readline().partition(" ")
        return Answer(int(status) if status.isdigit() else body, body)

    def _compiled(self):
        methods = ""
        for client, shown in SHOWN.items():
            for way in ("bearer", "basic", "header"):
                text = lines_for(client, way)[1].replace('"alice"', "user")
                for old, new in FOLLOWING.items():
                    text = text.replace(old, new)
                methods += METHOD % {"name": method_name(client, way), "text": text, "shown": shown}
        source = os.path.join(self.folder, "Clients.java")
        with open(source, "w", encoding="utf-8") as file:
            file.write(CLASS % {"methods": methods})
        subprocess.run([*COMPILE, "-17", "-proc:none", "-nowarn", "-encoding", "UTF-8", source], check=True, cwd=self.folder,
                       timeout=PATIENCE)
        return subprocess.Popen([*JAVA, "-cp", self.folder, "Clients"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True, encoding="utf-8", env=self.environment)
