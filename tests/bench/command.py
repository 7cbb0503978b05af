# SPDX-License-Identifier: Apache-2.0
"""The command line: which parts run, in which order, and where their results go."""

import argparse
import json
import signal
import sys

import build
import contenders
import coreparts
import instructions
import machine
import many
import pairs
import profile_hit
import writes
from context import Context

PARTS = {part.NAME: part for part in (instructions, pairs, many, writes, coreparts, profile_hit)}
USUAL = ("instructions", "pairs", "many", "writes", "core")
ABOUT = """\
Compares mod_accesstoken with no authentication, Basic, mod_auth_openidc and mod_oauth2, in one run on this
machine, and prints what each costs and their ratios. It has no limits to pass: look at ratios and ranges.

parts:
  instructions  callgrind's count for a request, minus that without authentication; repeats to about 1 %
  pairs         CPU time, throughput, p50 and p99, each slice paired with one of the baseline
  many          many live tokens compared with one, for the module and for other modules that cache answers
  writes        what last uses write in a minute with 1,000 tokens in use
  core          parsing, the cache at one and two threads, and SQLite tables of 10^3 to 10^6 rows (--large: 10^7)
  profile       the functions that a hit's instructions go to (only on request)

ACCESSTOKEN_MODULE names the module to measure; without it one is built in build-bench/, after missing packages
are installed. (ACCESSTOKEN_BUILD names the folder of a build, for part core.) A whole run takes ten to fifteen
minutes, --quick about three."""


def words(choices):
    """A type for argparse: some of these words, separated by commas."""
    def parse(text):
        chosen = [word for word in text.split(",") if word]
        for word in chosen:
            if word not in choices:
                raise argparse.ArgumentTypeError(f"'{word}' is not one of {', '.join(choices)}")
        return chosen
    return parse


def arguments(argv):
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=ABOUT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    keys = [kind.key for kind in contenders.ALL]
    parser.add_argument("--only", type=words(list(PARTS)), metavar="PART,…", help="only these parts")
    parser.add_argument("--contenders", type=words(keys), metavar="NAME,…",
                        help=f"only these contenders and the baseline: {', '.join(keys)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, requests and tokens")
    parser.add_argument("--large", action="store_true", help="in part core also a table of 10^7 rows")
    parser.add_argument("--rounds", type=int, metavar="N", help="restarts of every server in pairs (5; quick 1)")
    parser.add_argument("--profile", action="store_true",
                        help="the part profile, and only that unless --only names others")
    parser.add_argument("--profile-files", metavar="FOLDER", help="keep callgrind's files of the profile there")
    parser.add_argument("--json", metavar="FILE", help="also write all results to this file")
    options = parser.parse_args(argv)
    options.parts = list(options.only or ([] if options.profile else USUAL))
    if options.profile and profile_hit.NAME not in options.parts:
        options.parts.append(profile_hit.NAME)
    return options


def stop(number, frame):
    raise KeyboardInterrupt


def run(options, results):
    """Runs the selected parts, and adds each one's results when it has ended."""
    with Context(options) as context:
        try:
            build.module(context.folder)
            absent = build.missing()
            if absent:
                raise RuntimeError("these packages are missing: " + " ".join(absent))
            results["machine"] = machine.description()
            results["cache"] = context.knows_cache_size
            print("\n".join(machine.lines(results["machine"])))
            if not results["cache"]:
                print("This build has no AccessTokenCacheSize, so it has no cache and every hit is a lookup.")
            for name in options.parts:
                results["parts"][name] = PARTS[name].measure(context)
                for table in PARTS[name].tables(results["parts"][name]):
                    print(table, flush=True)
            context.say("done")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the cleanup is not interrupted
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main(argv=None):
    options = arguments(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    results = {"options": {"quick": options.quick, "rounds": options.rounds, "contenders": options.contenders},
               "parts": {}}
    try:
        run(options, results)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(results, file, indent=1)
    return 0
