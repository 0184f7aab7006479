# SPDX-License-Identifier: MIT
"""Behind `bench/run load-merge`: one load over 1, 2, 4 processes that begin at
one instant (--part, --start-at), against a server that writes down what came;
and what `lariat load merge` makes of their reports."""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

import generators
import journal
import machine
import report
from bars import check
from generators import MS

AHEAD_S = 3


def parse():
    parser = argparse.ArgumentParser(prog="bench/run load-merge")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--libcurl")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--parts", default="1,2,4")
    parser.add_argument("--server", default="--delay constant:5ms",
                        help="truthd's options")
    parser.add_argument("--connections", type=int, default=100,
                        help="of each process, at the most")
    parser.add_argument("--missing", action="store_true",
                        help="merge without the last part, too")
    parser.add_argument("--late", action="store_true",
                        help="start the last part late, too")
    return parser.parse_args()


def say(words):
    print(words, flush=True)


class Parts:
    """The processes of one load, and their reports."""

    def __init__(self, load, options, count):
        self.load = load
        self.options = options
        self.count = count
        self.start = int(time.time()) + AHEAD_S

    def file(self, part):
        return self.load.file("part-%d-of-%d.json" % (part, self.count))

    def command(self, part, url):
        return [self.load.lariat(), "load", "-q", "--rate",
                str(self.options.rate), "-d", "%ds" % self.options.seconds,
                "--warm-up", "0", "-r", "1", "-c",
                str(self.options.connections), "--part",
                "%d/%d" % (part, self.count), "--start-at",
                "@%d" % self.start, "--json", self.file(part), url]

    def run(self, url, late):
        """Runs all to their ends; with `late` the last one is told of the
        instant only when it has gone by."""
        children = []
        for part in range(1, self.count + 1):
            if late and part == self.count:
                by = self.start + 0.05 * self.options.seconds - time.time()
                time.sleep(max(0, by))
            children.append(subprocess.Popen(
                self.command(part, url), env=self.load.environment(),
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        try:
            for child in children:
                child.communicate(timeout=self.options.seconds + 60)
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                    child.wait()
        return [child.returncode for child in children]

    def merge(self, parts):
        """The merged report, and the exit code."""
        out = self.load.file("merged.json")
        done = subprocess.run(
            [self.load.lariat(), "load", "merge", "-q", "--json", out,
             *map(self.file, parts)], env=self.load.environment(),
            stderr=subprocess.PIPE, text=True, check=False)
        with open(out, encoding="utf-8") as text:
            return json.load(text), done.returncode


def reasons(result):
    return ", ".join("%s %s" % (reason["verdict"], reason["code"])
                     for reason in result["reasons"]) or "no reasons"


def within(log, start_s, seconds):
    """How many came in the time of the run, by the server's clock."""
    begin = log.monotonic(start_s * 1_000_000_000)
    end = begin + seconds * 1_000_000_000
    return sum(1 for at in log.arrivals() if begin <= at < end)


def most_off(result, log):
    """How far the merged percentiles are from those of the server, in ms: what
    it took, which is all but the network."""
    true = journal.summary(log.seen_by_users(10_000 * MS))
    said = generators.said_ns(result, "response")
    return max(abs(said[name] - true[name]) / MS for name in ("p50", "p99")
               if said.get(name) is not None)


def measure(load, options, count, late=False):
    parts = Parts(load, options, count)
    with load.serve(*options.server.split()) as server:
        codes = parts.run(server.url(), late)
        log, _ = server.end()
    result, code = parts.merge(range(1, count + 1))
    asked = options.rate * options.seconds
    came = len(log.records)
    timely = within(log, parts.start, options.seconds)
    apart = max(part["began_ns"] for part in result["parts"]) - \
        min(part["began_ns"] for part in result["parts"])
    say("  %d part%s%s: %d requests at the server, %d of them within %d s of "
        "the agreed instant; parts ended with %s; starts %.3f ms apart; "
        "merged %s (exit code %d): %s; p50 and p99 off by %.3f ms at most"
        % (count, "" if count == 1 else "s", ", the last one late" if late
           else "", came, timely, options.seconds, codes, apart / MS,
           result["verdict"], code, reasons(result), most_off(result, log)))
    words = "%d part%s" % (count, "" if count == 1 else "s")
    if late:
        return [check(words + ", one late: INVALID", int(
            result["verdict"] == "INVALID" and code == 3), ">=", 1)]
    found = [check(words + ": requests at the server, off", abs(came - asked),
                   "<=", 1),
             check(words + ": within %d s, off" % options.seconds,
                   abs(timely - asked), "<=", 1),
             check(words + ": in the merged histogram, off",
                   abs(result["response"]["count"] - came), "<=", 0)]
    if options.missing and count > 1:
        less, code = parts.merge(range(1, count))
        say("  without the last part: %s (exit code %d): %s" % (
            less["verdict"], code, reasons(less)))
        found.append(check(words + ", one missing: INVALID", int(
            less["verdict"] == "INVALID" and code == 3), ">=", 1))
    return found


def run(options):
    load = generators.Load(options.programs, say, options.libcurl)
    facts = machine.facts(options.programs)
    say("\n== load-merge: %d/s for %d s" % (options.rate, options.seconds))
    report.show_head(facts, say)
    checks = []
    for count in map(int, options.parts.split(",")):
        checks += measure(load, options, count)
    if options.late:
        checks += measure(load, options, 2, late=True)
    for one in checks:
        say("  %-52s %8s %s %s: %s" % (
            one["what"], one["measured"], one["sign"], one["bound"],
            "met" if one["met"] else "NOT MET"))
    say("\nwritten: " + report.write_json("load-merge", facts,
                                          {"checks": checks}))
    return int(not all(one["met"] for one in checks))


def end(*_):
    raise SystemExit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    os.umask(0o077)
    try:
        sys.exit(run(parse()))
    except KeyboardInterrupt:
        sys.exit(130)
