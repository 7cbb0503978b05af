# SPDX-License-Identifier: Apache-2.0
"""
Guards that every directive has its field, its default and its entry in the manual, where the table
names the default that the code has; and that the manual tells of no other.

It reads the command table and the settings tables of src/httpd/config/directives.c, which are written one
row a directive for this, too. Merging is done for all rows by one loop.
"""

import re

import tree

SOURCE = tree.TOP / "src/httpd/config/directives.c"
FIELDS = tree.TOP / "include/httpd/config/config.h"
MANUAL = tree.TOP / "docs/manual.md"

COMMAND = re.compile(r'\b(SERVER|DIR|DIR_WORDS|AP_INIT_\w+)\("(AccessToken\w+)",\s*(\w+)')
TEXT = re.compile(r'#define (AT_\w+) ("[^"]*")$', re.MULTILINE)
SETTING = re.compile(r"\[(\w+)\]\s*=\s*\{FIELD\((\w+),\s*(\w+)\)")
DEFAULTS = re.compile(r"static const (\w+) \w+_defaults = \{(.*?)\n\};", re.DOTALL)
TABLE_ROW = re.compile(r"^\| \[`(AccessToken\w+)`\]\(#(\w+)\)[^\n]*$", re.MULTILINE)
HEADING = re.compile(r"^### (AccessToken\w+)$", re.MULTILINE)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def commands(source):
    """name -> its key in the settings tables; a directive with a function of its own has that of
    the field of its name, as AccessTokenDatabase has DATABASE."""
    found = {}
    for _, name, key in COMMAND.findall(source):
        if key.islower():
            key = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[len("AccessToken"):]).upper()
        found[name] = key
    return found


def texts():
    """The core's constants that are a text: name -> text with its quotes."""
    found = {}
    for header in tree.c_files("include/core/"):
        found.update(TEXT.findall(tree.text_of(header)))
    return found


def value_of(expression):
    """A default of the code in one spelling: a number, a text, or a constant's last word."""
    expression = texts().get(expression.strip(), expression)
    expression = re.sub(r"APR_INT64_C\((\d+)\)", r"\1", expression).strip()
    if expression == "NULL":
        return "none"
    if re.fullmatch(r"\d+(\s*\*\s*\d+)*", expression):
        product = 1
        for factor in expression.split("*"):
            product *= int(factor)
        return str(product)
    constant = re.search(r"\b(?:AT_\w+_)?([A-Z]+)\b", expression)
    text = re.search(r'"([^"]*)"', expression)
    return text.group(1) if text else constant.group(1).lower() if constant else expression


def code_defaults(source):
    """(type, field) -> value."""
    found = {}
    for kind, body in DEFAULTS.findall(source):
        for field, value in re.findall(r"\.(\w+)\s*=\s*(.*?),?\s*(?=\n\s*\.|\Z)", body, re.DOTALL):
            found[kind, field] = value_of(value)
    return found


def manual_value(text, values):
    """The manual's default in the code's spelling."""
    size = re.fullmatch(r"(\d+)([kmg])", text)
    if size and {str(int(size.group(1)) * SIZES[size.group(2)])} == values:
        return values.pop()
    duration = re.fullmatch(r"(\d+)([smhd])", text)
    if duration:
        return str(int(duration.group(1)) * UNITS[duration.group(2)])
    if text in ("On", "Off") and values <= {"0", "1"}:
        return str(int(text == "On"))
    return text.lower() if text in ("On", "Off") else text


def manual_defaults(manual):
    """name -> the first code word of the default's cell."""
    found = {}
    for match in TABLE_ROW.finditer(manual):
        cells = re.split(r"(?<!\\)\|", match.group(0))
        word = re.search(r"`([^`]+)`", cells[2]) if len(cells) > 4 else None
        found[match.group(1)] = word.group(1) if word else None
    return found


def check_code(guard, source):
    """Every directive has a row of settings, and its field exists; name -> (type, field)."""
    settings = {key: (kind, field) for key, kind, field in SETTING.findall(source)}
    fields = tree.text_of(FIELDS)
    placed = {}
    for name, key in guard.looks_at(commands(source).items()):
        if key not in settings:
            guard.blame(SOURCE, 0, f"{name} has no row [{key}] with a FIELD() in a settings table")
            continue
        kind, field = settings[key]
        body = re.search(r"typedef struct " + kind + r" \{(.*?)\n\} " + kind, fields, re.DOTALL)
        if not body or not re.search(r"\b" + field + r";", body.group(1)):
            guard.blame(FIELDS, 0, f"{kind} has no field {field} for {name}")
        placed[name] = kind, field
    for key in settings.keys() - set(commands(source).values()):
        guard.blame(SOURCE, 0, f"the settings row [{key}] belongs to no directive")
    return placed


def check_manual(guard, names, placed, source):
    manual = tree.text_of(MANUAL)
    told = manual_defaults(manual)
    entries = set(HEADING.findall(manual))
    defaults = code_defaults(source)
    for name in names:
        if name not in entries:
            guard.blame(MANUAL, 0, f"has no entry '### {name}'")
        if name not in told:
            guard.blame(MANUAL, 0, f"the table of directives has no row for {name}")
        elif not told[name]:
            guard.blame(MANUAL, 0, f"the table names no default for {name}")
        elif name in placed:
            value = defaults.get(placed[name], "0")
            if manual_value(told[name], {value}) != value:
                guard.blame(MANUAL, 0, f"{name}: default {told[name]}, but {value} in the code")
    for name in sorted((entries | told.keys()) - set(names)):
        guard.blame(MANUAL, 0, f"tells of {name}, which the code does not have")


def main():
    guard = tree.Guard("every directive has field, default and manual entry")
    source = tree.text_of(SOURCE)
    names = list(commands(source))
    placed = check_code(guard, source)
    check_manual(guard, names, placed, source)
    anywhere = set(re.findall(r'"(AccessToken[A-Z]\w+)"', source))
    for name in sorted(anywhere - set(names)):
        guard.blame(SOURCE, 0, f"{name} stands in no row of the command table that can be read")
    guard.end()


main()
