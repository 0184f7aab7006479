# SPDX-License-Identifier: MIT
"""Runs `lariat load` and other load testers against truthd, and compares what
they say with what it wrote down."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

import journal
import machine
import peers
from measure import Bad, without_paths
from servers import Truth

MS = 1_000_000
MEASURES = ("p50", "p90", "p99", "p999", "max")

# What a run gave: the exit code, the output, and the truth about it.
Run = namedtuple("Run", "code out err result journal totals took begun ended")


class Load:
    """Where the programs are, and what a run may cost."""

    def __init__(self, build, say, libcurl=None):
        self.build = build
        self.say = say
        self.libcurl = libcurl
        self.kept = tempfile.TemporaryDirectory(prefix="lariat-load-")
        self.scratch = self.kept.name

    def lariat(self):
        return os.path.join(self.build, "lariat")

    def environment(self):
        env = dict(os.environ)
        if self.libcurl:
            env["LD_LIBRARY_PATH"] = self.libcurl
        return env

    def file(self, name):
        return os.path.join(self.scratch, name)

    def certificate(self):
        """A certificate for 127.0.0.1 that signed itself, with its key."""
        path = self.file("server.pem")
        if not os.path.exists(path):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                 "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", path, "-out", self.file("ca.pem")], check=True,
                stderr=subprocess.DEVNULL)
            with open(path, "a", encoding="ascii") as out, \
                    open(self.file("ca.pem"), encoding="ascii") as ca:
                out.write(ca.read())
        return path

    def serve(self, *options, cpu=None, tls=False):
        if tls:
            options += ("--certificate", self.certificate())
        return Truth(self.build, self.scratch, *options, cpu=cpu)

    def command(self, url, *options, cpu=None):
        result = self.file("load.json")
        if os.path.exists(result):
            os.unlink(result)
        pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
        trust = ["--cacert", self.file("ca.pem")] if url.startswith(
            "https") else []
        return pinned + [self.lariat(), "load", "--quiet", "--json", result,
                         *trust, *map(str, options), url]

    def read_result(self):
        try:
            with open(self.file("load.json"), encoding="utf-8") as text:
                return json.load(text)
        except (OSError, ValueError):
            return None

    def run(self, server, command, limit, meanwhile=None, stdin=None):
        """Runs a load tester to its end, and ends the server.  `meanwhile` is
        called with the process, and ends in time by itself."""
        begun = time.monotonic_ns()
        child = subprocess.Popen(command, env=self.environment(),
                                 stdin=stdin or subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        try:
            if meanwhile:
                meanwhile(child)
            out, err = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            # Of its own accord it would not have ended.
            child.send_signal(signal.SIGINT)
            try:
                out, err = child.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                out, err = child.communicate()
            err += "\nended by the bench after %d s" % limit
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        ended = time.monotonic_ns()
        log, totals = server.end()
        return Run(child.returncode, out, err, None, log, totals,
                   (ended - begun) / 1e9, begun, ended)

    def measure(self, server_options, load_options, limit, tls=False,
                server_cpu=None, cpu=None, meanwhile=None, stdin=None):
        """One run of `lariat load` against a truthd of its own.  Its journal
        is that of the measured part."""
        with self.serve(*server_options, cpu=server_cpu, tls=tls) as server:
            run = self.run(server, self.command(server.url(), *load_options,
                                                cpu=cpu),
                           limit, meanwhile, stdin)
        result = self.read_result()
        if result is None:
            raise Bad("lariat load gave no result: exit code %d, %s" % (
                run.code, without_paths(run.err.strip())[-300:]))
        return run._replace(result=result,
                            journal=measured_part(run.journal, result))


def measured_part(log, result):
    """Without the warm-up, whose requests come before; by their number, since
    some of these may come late."""
    return log.last(sum(result["outcomes"].values()))


def reasons(result):
    return {reason["code"]: reason["verdict"] for reason in result["reasons"]}


# ---- Comparing ----

def said_ns(result, measure):
    """What a measure of the result says, in nanoseconds; what has too few
    samples behind it is None."""
    block = result.get(measure) or {}
    return {name: block[name + "_us"] * 1000
            if block.get(name + "_us") is not None else None
            for name in MEASURES}


# Of the bars: a share, and nanoseconds, of which the larger one is allowed.
ALLOWED = {"p50": (0.01, 50_000), "p90": (0.01, 50_000),
           "p99": (0.01, 50_000), "p999": (0.01, 2 * MS),
           "max": (0.01, 2 * MS)}


def allowed(name, true):
    share, least = ALLOWED[name]
    return max(share * true, least)


def errors(said, true):
    """How far each figure is off, in parts of what is allowed."""
    return {name: abs(said[name] - true[name]) / allowed(name, true[name])
            for name in MEASURES
            if said.get(name) is not None and true.get(name) is not None}


def worst(found):
    return max(found.values(), default=0)


def show_ns(value):
    return "-" if value is None else "%.3f" % (value / MS)


def show_comparison(result, log, say):
    """What `bench/run check` prints: each figure beside the truth, in ms."""
    true = journal.summary(log.seen_by_users(
        result["plan"].get("timeout_us", 10e6) * 1000))
    say("verdict %s%s" % (result["verdict"], "".join(
        "; %s: %s" % (reason["code"], reason["message"])
        for reason in result["reasons"])))
    say("%-12s" % "ms" + "".join("%12s" % name for name in MEASURES) +
        "%10s" % "count")
    say("%-12s" % "server" + "".join("%12s" % show_ns(true[name])
                                     for name in MEASURES) +
        "%10d" % true["count"])
    for measure in ("response", "wire", "raw", "good", "corrected", "late",
                    "queue", "read_late"):
        said = said_ns(result, measure)
        say("%-12s" % measure + "".join("%12s" % show_ns(said[name])
                                        for name in MEASURES) +
            "%10d" % result[measure]["count"])
        if measure in ("response", "wire"):
            off = errors(said, true)
            say("%-12s" % "  of allowed" + "".join(
                "%12s" % ("%.2f" % off[name] if name in off else "-")
                for name in MEASURES))
    say("server: " + ", ".join("%s %d" % pair
                               for pair in log.outcomes().items()))
    say("result: " + ", ".join("%s %d" % pair
                               for pair in result["outcomes"].items() if
                               pair[1]))
    arrivals = log.arrivals()
    if arrivals:
        say("arrivals: %d, dispersion a ms %.3f" % (
            len(arrivals), journal.dispersion(
                arrivals, arrivals[0], arrivals[-1]) or 0))


def check(log_path, result_path, say):
    with open(result_path, encoding="utf-8") as text:
        result = json.load(text)
    show_comparison(result, measured_part(journal.Journal(log_path), result),
                    say)


# ---- Peers ----

def measure_peer(load, peer, server_options, aim, limit):
    """One run of a peer: (what it says, the run)."""
    with load.serve(*server_options) as server:
        aim = aim._replace(url=server.url(), scratch=load.scratch)
        run = load.run(server, peer.command(aim), limit)
    try:
        said = peers.without_none(peer.parse(run.out, run.err, aim))
    except (ValueError, KeyError, IndexError, AttributeError):
        said = {"failures": "no report: " + peers.first_line(run.err)}
    return said, run


def versions(load):
    found = {peer.name: peers.version(peer) for peer in peers.present()}
    text = machine.output_of(load.lariat(), "load", "--version")
    found["lariat"] = machine.first_match(r"lariat (\S+)", text) or "unknown"
    return found


if __name__ == "__main__":
    check(sys.argv[1], sys.argv[2], print)
