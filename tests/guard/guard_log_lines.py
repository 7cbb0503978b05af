# SPDX-License-Identifier: Apache-2.0
"""
Guards that the manual explains every line that the module logs, in the words of the code, and no
other line.

A line matches a format of ap_log_*error() as printf would print it. "…" at its end leaves the rest
out, after at least two of the format's own words.
"""

import re

import tree

MANUAL = tree.TOP / "docs/manual.md"
CALL = re.compile(r"\bap_log_[rp]?error\(\s*APLOG_MARK,\s*([^,]+),")
PART = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|\w+_FMT\b)')
CONVERSION = re.compile(r"%[-.*\d]*[a-zA-Z]+|%(?!%)")
LINE = re.compile(r"^\| (?:notice|info|warning|error|critical) \| `([^`]+)`", re.MULTILINE)


def format_after(code, at):
    """The first literal behind this place, with those that follow it; a macro's letters are left out."""
    parts, at = [], code.index('"', at)
    while (part := PART.match(code, at)):
        parts.append(part.group(1) or "")
        at = part.end()
    return "".join(parts).replace('\\"', '"')


def formats():
    """(path, line, format) of each call that logs above the levels debug and trace."""
    for path in tree.c_files("src/httpd/"):
        code = tree.text_of(path)
        for call in CALL.finditer(code):
            if not call.group(1).startswith(("APLOG_DEBUG", "APLOG_TRACE")):
                yield path, code.count("\n", 0, call.start()) + 1, format_after(code, call.end())


def pattern(words):
    return r"\s+".join(".*?".join(map(re.escape, CONVERSION.split(word))) for word in words)


def matches(form, line):
    words = form.split()
    if not line.endswith("…"):
        return re.fullmatch(pattern(words), line) is not None
    text = line.rstrip("… ")
    for count in range(2, len(words) + 1):
        own = [word for word in words[:count] if not CONVERSION.search(word)]
        if len(own) >= 2 and re.fullmatch(pattern(words[:count]), text):
            return True
    return False


def main():
    guard = tree.Guard("the manual explains the lines that are logged")
    text = tree.text_of(MANUAL)
    begun = text.index("## Log lines")
    known = list(formats())
    lines = [(text.count("\n", 0, begun + found.start()) + 1, found.group(1))
             for found in LINE.finditer(text[begun:])]
    for path, number, form in guard.looks_at(known):
        if not any(matches(form, line) for _, line in lines):
            guard.blame(path, number, f"the manual's log lines do not have: {form}")
    for number, line in guard.looks_at(lines):
        if not any(matches(form, line) for _, _, form in known):
            guard.blame(MANUAL, number, f"nothing logs: {line}")
    guard.end()


main()
