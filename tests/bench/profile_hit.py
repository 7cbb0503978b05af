# SPDX-License-Identifier: Apache-2.0
"""Part "profile": the functions that a hit's instructions go to, to see where they can be reduced; or those of
another contender, if --contenders names one.

One run is subtracted from another function by function, so that only the cost of a request is left.
"""

import os
import shutil

import callgrind
import contenders
from instructions import counts
from report import Table

NAME = "profile"
TOP = 60
MODULE = "mod_accesstoken.so"
FRAME = {"(below main)", "main", "ap_run_mpm"}  # these include every request, so they say nothing


def measure(context):
    contender = next(one for one in context.contenders() if one.key != contenders.BASELINE)
    context.say(f"profile: {contender.title}, under callgrind")
    few, many = [callgrind.count(contender, number) for number in counts(context)]
    more = many.requests - few.requests
    result = {}
    for kind, inclusive in (("inclusive", True), ("self", False)):
        before, after = few.by_function(inclusive), many.by_function(inclusive)
        each = {key: (number - before[key]) / more for key, number in after.items()}
        result[kind] = {"\t".join(key): number for key, number in each.items() if number >= 1}
    keep(context, many)
    for run in (few, many):
        shutil.rmtree(run.folder)
    return result


def keep(context, run):
    """Copies the long run's files to the folder of --profile-files."""
    folder = context.options.profile_files
    if folder:
        os.makedirs(folder, exist_ok=True)
        for path in run.files:
            shutil.copy(path, os.path.join(folder, "callgrind." + os.path.basename(path)))


def tables(result):
    ours = {key for kind in result.values() for key in kind if key.endswith("\t" + MODULE)}
    return [_table("Inclusive, the module's functions", result["inclusive"], lambda key: key in ours),
            _table("Inclusive, all functions", result["inclusive"], lambda key: True),
            _table("Self, all functions", result["self"], lambda key: True)]


def _table(title, counted, wanted):
    table = Table(f"Hit: {title} (instructions per request)", ("function", "file", "object", "instructions"))
    rows = sorted(counted.items(), key=lambda item: -item[1])
    rows = [(key.split("\t"), number) for key, number in rows if wanted(key)]
    for (name, file, binary), number in [row for row in rows if row[0][0] not in FRAME][:TOP]:
        table.row(name[:50], file[:24], binary[:24], number, formats=("", "", ",.0f"))
    return table
