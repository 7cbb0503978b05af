# SPDX-License-Identifier: Apache-2.0
"""
Guards that functions have at most 60 lines and files at most 400.
"""

import ast
import re

import tree

FUNCTION_MAX = 60
FILE_MAX = 400


def c_functions(path):
    """(name, first line, lines): as clang-format leaves them, with braces at the margin."""
    lines = tree.c_without_comments(path).split("\n")
    begin = None
    for number, line in enumerate(lines):
        if line.rstrip() == "{" and number > 0:
            begin = number
            while begin > 0 and lines[begin - 1].strip() and lines[begin - 1][0] not in "#}":
                begin -= 1
        elif line.startswith("}") and begin is not None:
            head = " ".join(lines[begin:number]).split("(")[0].split()
            yield head[-1].lstrip("*") if head else "?", begin + 1, number - begin + 1
            begin = None


def python_functions(path):
    for node in ast.walk(ast.parse(tree.text_of(path))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


SHELL_HEAD = re.compile(r"^(\s*)(?:function\s+)?([\w-]+)\s*\(\)\s*\{\s*$")
SCRIPT_HEAD = re.compile(
    r"^(\s*)(?=\S)(?!\}|if\b|for\b|while\b|switch\b|else\b|try\b|do\b|catch\b|class\b)"
    r".*?([\w$]*)\s*(?:=\s*(?:async\s*)?)?\((?:[^()]|\([^()]*\))*\)\s*(?:=>\s*)?\{\s*$"
)


def braced_functions(path, head):
    """Functions of a language with braces: each ends where } stands as deep as it began."""
    lines = tree.text_of(path).split("\n")
    for number, line in enumerate(lines):
        match = head.match(line)
        if not match:
            continue
        for end in range(number + 1, len(lines)):
            if lines[end].startswith(match.group(1) + "}"):
                yield match.group(2) or "a function", number + 1, end - number + 1
                break


def functions(path):
    if path.suffix in tree.C_SUFFIXES:
        return c_functions(path)
    if path.suffix == ".py":
        return python_functions(path)
    if path.suffix == ".js":
        return braced_functions(path, SCRIPT_HEAD)
    if path.suffix == ".css":
        return ()
    if b"python" in path.read_bytes()[:40]:
        return python_functions(path)
    return braced_functions(path, SHELL_HEAD)


def main():
    guard = tree.Guard(f"functions up to {FUNCTION_MAX} lines, files up to {FILE_MAX}")
    ours = [path for path in tree.files() if path.suffix in tree.C_SUFFIXES or tree.is_script(path)]
    for path in guard.looks_at(ours):
        lines = len(tree.text_of(path).splitlines())
        if lines > FILE_MAX:
            guard.blame(path, lines, f"the file has {lines} lines")
        for name, line, length in functions(path):
            if length > FUNCTION_MAX:
                guard.blame(path, line, f"{name} has {length} lines")
    guard.end()


main()
