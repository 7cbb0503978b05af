# SPDX-License-Identifier: Apache-2.0
"""Part "instructions": callgrind's count for a request of each contender, above no authentication.

"Above" means: minus the count for the same request at a location without authentication of the same server.
"""

import shutil

import callgrind
import contenders
from report import Table

NAME = "instructions"
TITLE = "Instructions per request (callgrind, prefork -X)"
NOTES = (
    "above none: minus the same request at a location without authentication of the same server;",
    "other threads: the module's own (the connection pool's workers, background jobs), not the request's;",
    "valgrind makes requests slow, so work that is done once a second counts more than it does in use.",
    "valgrind does not support SHA instructions: each SHA-256 block counts about 1,900 instructions too many.",
    "The instructions of a database server (PostgreSQL) are not counted.",
)


def counts(context):
    """Numbers of requests of the short and the long run."""
    return (200, 1200) if context.quick else (300, 3300)


def of(contender):
    """Instructions per request of one contender: of the request's thread, and of the others."""
    few, many = [callgrind.count(contender, number) for number in counts(contender.context)]
    more = many.requests - few.requests
    own, others = [(after - before) / more for before, after in zip(few.by_thread(), many.by_thread())]
    for run in (few, many):
        shutil.rmtree(run.folder)
    return {"own": own, "others": others, "all": own + others}


def measure(context):
    results = {}
    for contender in context.contenders():
        context.say(f"instructions: {contender.title}")
        results[contender.key] = of(contender)
        if contender.key != contenders.BASELINE:
            baseline = of(contenders.Unauthenticated(contender))
            for name in ("own", "all"):
                results[contender.key][name + "_above"] = results[contender.key][name] - baseline[name]
    return results


def tables(results):
    ours = results.get(contenders.Ours.key, {}).get("all_above")
    heads = ("contender", "request's thread", "above none", "other threads", "above none, all", "x hit")
    table = Table(TITLE, heads, NOTES)
    for key, result in results.items():
        own, above = result.get("own_above"), result.get("all_above")
        table.row(contenders.title(key), result["own"], own, result["others"], above,
                  above / ours if ours and above is not None else None,
                  formats=(",.0f", ",.0f", ",.0f", ",.0f", ".2f"))
    return [table]
