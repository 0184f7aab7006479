# SPDX-License-Identifier: MIT
"""The load testers: their command lines, and what their reports say.

Each run has the target's URL, connections, seconds, a time-out and, for the
open model, a rate.  What a report says is a dictionary of milliseconds by
"p50", "p90", "p99", "p999", "max", "mean", and "rate" in requests a second;
what a tool does not say is not there."""
import json
import os
import re
import shutil
from collections import namedtuple

import journal
import machine

PEERS = os.path.join(machine.ROOT, "build", "peers")

Aim = namedtuple("Aim", "url connections seconds timeout rate scratch",
                 defaults=(None, ""))

UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4, "min": 6e4}


def find(name):
    """A program's path: in PATH, or where script/peers puts it."""
    for path in (os.path.join(PEERS, name),
                 os.path.join(PEERS, "node_modules", ".bin", name)):
        if os.access(path, os.X_OK):
            return path
    return machine.find_program(name)


def milliseconds(text):
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m|min)", text)
    return float(found.group(1)) * UNITS[found.group(2)] if found else None


def number_in(pattern, text):
    found = re.search(pattern, text)
    return float(found.group(1)) if found else None


def without_none(said):
    return {name: value for name, value in said.items() if value is not None}


class Peer:
    """name, version: how to ask for it and find it; command: of an Aim;
    parse: of standard output and error and the Aim; open_model: it has one."""

    def __init__(self, name, program, version, command, parse,
                 open_model=False):
        self.name = name
        self.program = program
        self.version_of = version
        self.command_of = command
        self.parse = parse
        self.open_model = open_model

    def path(self):
        return find(self.program)

    def version(self):
        options, pattern = self.version_of
        return machine.first_match(pattern, machine.output_of(self.path(),
                                                              *options))

    def command(self, aim):
        return [self.path()] + [str(word) for word in self.command_of(aim)]


# ---- wrk and wrk2 ----

def wrk_command(aim):
    rate = ["-R%d" % aim.rate] if aim.rate else []
    return ["-t1", "-c%d" % aim.connections, "-d%ds" % aim.seconds,
            "--timeout", "%ds" % aim.timeout, "--latency", *rate, aim.url]


def parse_wrk(out, err, aim):
    del err, aim
    said = {"rate": number_in(r"Requests/sec: +([\d.]+)", out)}
    for share, time in re.findall(r"^ +([\d.]+)% +([\d.]+(?:us|ms|s|m))\b",
                                  out, re.M):
        name = {50: "p50", 90: "p90", 99: "p99", 99.9: "p999",
                100: "max"}.get(float(share))
        if name:
            said[name] = milliseconds(time)
    stats = re.search(r"Latency +(\S+) +(\S+) +(\S+)", out)
    if stats:
        said["mean"] = milliseconds(stats.group(1))  # or "-nanus"
        said.setdefault("max", milliseconds(stats.group(3)))
    failed = re.search(r"Socket errors: (.*)", out)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    said["failures"] = ", ".join(
        ([failed.group(1)] if failed else []) +
        ([other.group(1) + " statuses"] if other else []))
    return said


# ---- hey: -q is of each worker ----

def hey_command(aim):
    rate = ["-q", "%g" % (aim.rate / aim.connections)] if aim.rate else []
    return ["-z", "%ds" % aim.seconds, "-c", aim.connections, "-t",
            aim.timeout, *rate, aim.url]


def parse_hey(out, err, aim):
    del err, aim
    said = {"rate": number_in(r"Requests/sec:\s+([\d.]+)", out)}
    for name, pattern in (("max", r"Slowest:\s+([\d.]+)"),
                          ("mean", r"Average:\s+([\d.]+)"),
                          ("p50", r"50%+ in ([\d.]+) secs"),
                          ("p90", r"90%+ in ([\d.]+) secs"),
                          ("p99", r"99%+ in ([\d.]+) secs")):
        value = number_in(pattern, out)
        said[name] = value * 1000 if value is not None else None
    statuses = dict(re.findall(r"\[(\d{3})\]\s+(\d+) responses", out))
    _, _, errors = out.partition("Error distribution:")
    counted = sum(map(int, re.findall(r"^\s+\[(\d+)\]", errors, re.M)))
    said["failures"] = ", ".join(
        (["%d errors" % counted] if counted else []) +
        ["%s of %s" % (count, status) for status, count in statuses.items()
         if status != "200"])
    return said


# ---- ab ----

def ab_command(aim):
    return ["-k", "-r", "-q", "-t", aim.seconds, "-n", 100000000, "-s",
            aim.timeout, "-c", aim.connections, aim.url]


def parse_ab(out, err, aim):
    del aim
    said = {"rate": number_in(r"Requests per second: +([\d.]+)", out),
            "mean": number_in(r"Time per request: +([\d.]+) \[ms\] \(mean\)",
                              out)}
    for name, share in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
        said[name] = number_in(r"(?m)^ +%d%% +(\d+)" % share, out)
    failed = number_in(r"Failed requests: +(\d+)", out)
    other = number_in(r"Non-2xx responses: +(\d+)", out)
    said["failures"] = ", ".join(
        (["%d failed" % failed] if failed else []) +
        (["%d statuses" % other] if other else []))
    if said["p50"] is None:
        said["failures"] = first_line(err)
    return said


def first_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:80] if lines else ""


# ---- siege: the connections are closed unless it is told ----

def siege_command(aim):
    return ["-R", siege_settings(aim), "-b", "-c", aim.connections, "-t",
            "%dS" % aim.seconds, aim.url]


def siege_settings(aim):
    path = os.path.join(aim.scratch, "siege.conf")
    with open(path, "w", encoding="utf-8") as out:
        out.write("verbose = false\nquiet = true\njson_output = true\n"
                  "limit = 10000\nprotocol = HTTP/1.1\nparser = false\n"
                  "connection = keep-alive\nfailures = 1000000\n"
                  "timeout = %d\nsocket-timeout = %d\nlogging = false\n" %
                  (aim.timeout, aim.timeout))
    return path


def parse_siege(out, err, aim):
    del aim
    text = out + err
    said = {"rate": number_in(r'"transaction_rate":\s*([\d.]+)', text)}
    for name, key in (("mean", "response_time"),
                      ("max", "longest_transaction")):
        value = number_in(r'"%s":\s*([\d.]+)' % key, text)
        said[name] = value * 1000 if value is not None else None
    failed = number_in(r'"failed_transactions":\s*(\d+)', text)
    said["failures"] = "%d failed" % failed if failed else ""
    return said


# ---- h2load: --rps is of each connection; percentiles by its log ----

def h2load_log(aim):
    return os.path.join(aim.scratch, "h2load.log")


def h2load_command(aim):
    log = h2load_log(aim)
    if os.path.exists(log):
        os.unlink(log)
    rate = ["--rps=%g" % (aim.rate / aim.connections)] if aim.rate else []
    return ["--h1", "-t1", "-c", aim.connections, "-D", aim.seconds,
            "--connection-inactivity-timeout=%d" % aim.timeout, *rate,
            "--log-file=" + log, aim.url]


def parse_h2load(out, err, aim):
    said = {"rate": number_in(r"finished in .*, ([\d.]+) req/s", out)}
    times = re.search(r"time for request: +(\S+) +(\S+) +(\S+)", out)
    if times:
        said["max"] = milliseconds(times.group(2))
        said["mean"] = milliseconds(times.group(3))
    try:
        with open(h2load_log(aim), encoding="utf-8") as log:
            taken = sorted(int(line.split("\t")[2]) / 1000 for line in log
                           if line.count("\t") == 2)
    except (OSError, ValueError):
        taken = []
    if taken:
        said.update({"log_" + name: journal.percentile(taken, share)
                     for name, share in journal.QUANTILES})
    counts = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", out)
    bad = re.search(r"(\d+) 4xx, (\d+) 5xx", out)
    words = []
    if counts and counts.group(1) != "0":
        words.append("%s failed, %s errored, %s timeout" % counts.groups())
    if bad and bad.group(2) != "0":
        words.append(bad.group(2) + " of 5xx")
    said["failures"] = ", ".join(words) if times else first_line(err)
    return said


# ---- autocannon ----

def autocannon_command(aim):
    rate = ["-R", "%g" % aim.rate] if aim.rate else []
    return ["-c", aim.connections, "-d", aim.seconds, "-t", aim.timeout,
            "--json", "--no-progress", *rate, aim.url]


def parse_autocannon(out, err, aim):
    del err, aim
    found = json.loads(out[out.index("{"):])
    latency = found["latency"]
    said = {"rate": found["requests"]["average"], "p50": latency["p50"],
            "p90": latency["p90"], "p99": latency["p99"],
            "p999": latency.get("p99_9"), "max": latency["max"],
            "mean": latency["average"], "samples": latency["totalCount"]}
    words = ["%d %s" % (found[name], name)
             for name in ("errors", "timeouts", "non2xx") if found[name]]
    said["failures"] = ", ".join(words)
    return said


ALL = [
    Peer("wrk", "wrk", (("-v",), r"wrk \S*?/?(\d[\d.]*)"), wrk_command,
         parse_wrk),
    Peer("wrk2", "wrk2", (("-v",), r"wrk (\S+)"), wrk_command, parse_wrk,
         open_model=True),
    Peer("hey", "hey", (("-h",), r"(?!)"), hey_command, parse_hey,
         open_model=True),
    Peer("ab", "ab", (("-V",), r"Version (\S+)"), ab_command, parse_ab),
    Peer("siege", "siege", (("-V",), r"SIEGE (\S+)"), siege_command,
         parse_siege),
    Peer("h2load", "h2load", (("--version",), r"nghttp2/(\S+)"),
         h2load_command, parse_h2load, open_model=True),
    Peer("autocannon", "autocannon", (("--version",), r"autocannon v?(\S+)"),
         autocannon_command, parse_autocannon, open_model=True),
]


def version_by_package(peer):
    """What the system's package says, for a program that does not tell."""
    if not shutil.which("dpkg-query"):
        return None
    text = machine.output_of("dpkg-query", "-W", "-f=${Version}",
                             peer.program).strip()
    return text if re.fullmatch(r"\d\S*", text) else None


def present():
    return [peer for peer in ALL if peer.path()]


def version(peer):
    return peer.version() or version_by_package(peer) or "of unknown version"
