# SPDX-License-Identifier: MIT
"""What was set as the aim, row by row, and whether it is met.

Each row's function gives checks: what is measured, the figure, the bound, and
whether the figure must be under ("<=") or over it (">=").
"""
import os
import re
import subprocess

import comparisons
import contenders as c
import machine
import micro
from measure import Bad
from servers import Nginx, Origin


class Unmeasured(Exception):
    """The row cannot be measured here; the text says why."""


def check(what, measured, sign, bound, noisy=False):
    met = measured <= bound if sign == "<=" else measured >= bound
    return {"what": what, "measured": measured, "sign": sign, "bound": bound,
            "met": met, "noisy": noisy}


def of_ratio(row, ratio, what, bound, sign="<="):
    if "refused" in ratio:
        raise Unmeasured(ratio["refused"] + " (" + "; ".join(
            list(row["refused"].values()) + list(row["skipped"].values())) +
            ")")
    return check(what, ratio["median"], sign, bound, ratio["noisy"])


class Bench:
    """Runs what the rows need, and keeps it for the next row."""

    def __init__(self, runner, show):
        self.runner = runner
        self.show = show
        self.kept = {}

    def keep(self, name, make):
        if name not in self.kept:
            self.show("  (%s)" % name)
            self.kept[name] = make()
        return self.kept[name]

    def shape(self, wanted):
        def make():
            for name, needs, row_of in comparisons.shapes(self.runner):
                if name == wanted:
                    with Nginx(**needs) as server:
                        return self.runner.compare(row_of(server))
            raise Unmeasured("script/libcurl has not brought libcurl 8.14.1")
        return self.keep("shape " + wanted, make)

    def rivals(self, *names):
        def make():
            with Nginx() as server:
                return self.runner.compare(comparisons.rivals(
                    self.runner, server, ("lariat",) + names))
        return self.keep("rivals " + ", ".join(names), make)

    def instructions(self, *options):
        """The columns of bench/instructions: {room: (plain, lariat)}."""
        def make():
            done = subprocess.run(
                [os.path.join(machine.ROOT, "bench", "instructions"),
                 "--build", self.runner.build, *options], check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, timeout=1200)
            if done.returncode:
                raise Unmeasured(done.stderr.decode(errors="replace")[-200:])
            rows = [line.split("\t")
                    for line in done.stdout.decode().splitlines()[1:]]
            return {room: (int(plain), int(ours))
                    for room, plain, ours in rows}
        return self.keep("instructions " + " ".join(options), make)


def against_plain(shape, bound):
    def measure(bench):
        row = bench.shape(shape)
        return [of_ratio(row, row["ratios"][0], "CPU, lariat / plain", bound)]
    return measure


def growth(bench):
    few = bench.instructions("--only", "lariat")["total"][1]
    many = bench.instructions("--only", "lariat", "--connections", "10000",
                              "--few", "20000", "--many",
                              "40000")["total"][1]
    checks = [check("instructions, 10,000 / 100 connections", many / few, "<=",
                    1.1)]
    row = bench.keep("growth", lambda: growth_row(bench.runner))
    cpu = {name: contender["cpu_us"]["median"]
           for name, contender in row["contenders"].items()
           if "cpu_us" in contender}
    if len(cpu) < 4:
        raise Unmeasured(str(row["refused"] or row["skipped"]))
    ours = cpu["lariat, 10,000"] - cpu["lariat, 100"]
    theirs = cpu["wrk, 10,000"] - cpu["wrk, 100"]
    checks.append(check("us added, of which wrk adds %.1f" % theirs, ours,
                        "<=", 2 * theirs))
    return checks


def growth_row(runner):
    """Connecting counts in both: as many requests for each connection."""
    with Nginx() as server:
        racing = []
        for number, text in ((100, "100"), (10000, "10,000")):
            ours = c.lariat(runner, server.url(), number, "--reactors", 1,
                            name="lariat, " + text)
            wrk = c.wrk(runner, server.url(), number, seconds=3)
            wrk.name = "wrk, " + text
            racing += [ours, wrk]
        return runner.compare({
            "id": "growth", "title": "100 and 10,000 connections",
            "settings": {}, "server": server, "requests": 150000,
            "floor": 10000, "contenders": racing, "ratios": []})


def rivals_row(names, bounds, what="CPU, lariat / %s"):
    def measure(bench):
        row = bench.rivals(*names)
        checks = []
        for ratio, bound in zip(row["ratios"], bounds):
            checks.append(of_ratio(row, ratio, what % ratio["to"], bound))
        return checks
    return measure


def instructions(bench):
    rooms = bench.instructions()
    own = sum(ours for room, (_, ours) in rooms.items()
              if room.startswith("lib/"))
    return [check("instructions in our own rooms", own, "<=", 3000),
            check("in all (the plain loop: %d)" % rooms["total"][0],
                  rooms["total"][1], "<=", 54000)]


# What libcurl calls for a request by itself, and to open a connection.
LIBCURLS = ("sendto", "recvfrom", "poll", "socket", "connect", "getsockopt",
            "setsockopt", "getsockname", "getpeername", "fcntl",
            "rt_sigaction")


def count_calls(bench, server, requests):
    """System calls of a run, by perf: (all, of which libcurl's own)."""
    events = ["raw_syscalls:sys_enter"] + [
        "syscalls:sys_enter_" + name for name in LIBCURLS]
    command = ["perf", "stat", "-x", ";"]
    for event in events:
        command += ["-e", event]
    command += [bench.runner.program("bench-path"), server.url(),
                str(requests), "100", "--reactors", "1"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          timeout=300)
    counts = {}
    for line in done.stderr.decode(errors="replace").splitlines():
        fields = line.split(";")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2]] = int(fields[0])
    whole = counts.pop("raw_syscalls:sys_enter", None)
    if done.returncode or not whole or len(counts) < len(LIBCURLS):
        raise Unmeasured("perf cannot count system calls here")
    return whole, sum(counts.values())


def system_calls(bench):
    if not machine.find_program("perf"):
        raise Unmeasured("perf is not installed")
    with Nginx() as server:
        few = count_calls(bench, server, 20000)
        many = count_calls(bench, server, 60000)
    whole = (many[0] - few[0]) / 40000
    libcurls = (many[1] - few[1]) / 40000
    return [check("system calls beyond libcurl's own %.2f" % libcurls,
                  whole - libcurls, "<=", 0.2)]


def two_reactors(bench):
    def make():
        with Nginx(tls=True) as server:
            row = bench.runner.compare(comparisons.scaling(
                bench.runner, server, [1, 2]))
        comparisons.judge_scaling(row, [1, 2], 2)
        return row
    row = bench.keep("scaling 1, 2", make)
    if "scaling" not in row or len(row["scaling"]["table"]) < 2:
        raise Unmeasured(str(row["refused"]))
    share = row["scaling"]["server_share"]
    ratio = row["ratios"][0]
    return [check("of 2/(1+s), s = %.2f" % share,
                  ratio["median"] * (1 + share) / 2, ">=", 0.95,
                  ratio["noisy"])]


def peak_kb(bench, server, contender, requests):
    return bench.runner.run(contender, requests, server)["maxrss_kb"]


def memory(bench):
    """Everything is in flight at once: the server answers after a second."""
    runner = bench.runner
    with Origin(runner.build) as server:
        late = server.url("delay/1000")

        def for_each(make):
            few, many = (peak_kb(bench, server, make(number), number)
                         for number in (100, 2100))
            return (many - few) / 2000
        ours = for_each(lambda n: c.lariat(runner, late, n, "--reactors", 1))
        theirs = for_each(lambda n: c.plain(runner, late, n))
    with Nginx() as server:
        few, many = (peak_kb(bench, server, c.lariat(
            runner, server.url(), 100, "--reactors", 1, "--asked", asked),
            60000) for asked in (100, 50100))
    return [check("memory in flight, %.1f KB / %.1f KB" % (ours, theirs),
                  ours / theirs, "<=", 1.05),
            check("KiB for a job queued", (many - few) / 50000, "<=", 1.0)]


def micro_mailbox(bench):
    rows = bench.keep("mailbox", lambda: micro.mailbox(bench.runner))
    checks = []
    for row in rows:
        if row["producers"] == 2:
            for queue, ratio in row["ratios"].items():
                checks.append(check("mailbox / %s, batches of %d" %
                                    (queue, row["batch"]), ratio["median"],
                                    ">=", 1.1, ratio["noisy"]))
    if len(checks) < 8:
        checks.append(check("of 4 rivals only %d are here" %
                            (len(checks) // 2), 0, ">=", 1))
    return checks


def micro_hop(bench):
    rows = bench.keep("hop", lambda: micro.hop(bench.runner))
    checks = [check("reactors / raw eventfds, placement " + row["placement"],
                    row["ratios"]["raw"]["median"], "<=", 1.3,
                    row["ratios"]["raw"]["noisy"]) for row in rows]
    added = rows[0]["added_ns"]
    checks.append(check("us of CPU added to a job", added["median"] / 1000,
                        "<=", 1.0))
    return checks


PLAIN = "bench/run shapes --only "
BARS = [
    (1, "one host, 100 connections", PLAIN + "keepalive-100",
     against_plain("keepalive-100", 0.75)),
    (2, "one host, 1,000 connections", PLAIN + "keepalive-1000",
     against_plain("keepalive-1000", 0.70)),
    (3, "the same with libcurl 8.14.1", PLAIN + "keepalive-1000-8.14.1",
     against_plain("keepalive-1000-8.14.1", 0.45)),
    (4, "16 connections beside 4,000 idle ones", PLAIN + "idle-4000",
     against_plain("idle-4000", 0.15)),
    (5, "growth from 100 to 10,000 connections", "bench/run bars 5", growth),
    (6, "Go's net/http", "bench/run rivals --only Go",
     rivals_row(("Go net/http",), (0.65,))),
    (7, "aiohttp; treq", "bench/run rivals --only aiohttp, treq",
     rivals_row(("aiohttp", "treq"), (0.08, 0.045))),
    (8, "wrk; h2load", "bench/run rivals --only wrk, h2load",
     rivals_row(("wrk", "h2load --h1"), (1.9, 1.9))),
    (9, "user instructions for a request", "bench/run instructions",
     instructions),
    (10, "system calls of our own", "bench/run bars 10", system_calls),
    (11, "2 reactors against 1", "bench/run cores", two_reactors),
    (12, "memory in flight; queued", "bench/run bars 12", memory),
    (13, "the mailbox, 2 producers", "bench/run micro", micro_mailbox),
    (14, "the hop", "bench/run micro", micro_hop),
    (15, "a new TLS connection", PLAIN + "tls-new",
     against_plain("tls-new", 0.0667)),
]


def run(runner, numbers, say):
    bench = Bench(runner, say)
    rows = []
    for number, title, command, measure in BARS:
        if numbers and number not in numbers:
            continue
        row = {"number": number, "title": title, "command": command,
               "checks": [], "load": os.getloadavg()[0]}
        try:
            row["checks"] = measure(bench)
        except (Unmeasured, Bad, subprocess.SubprocessError) as reason:
            row["unmeasured"] = re.sub(r"\s+", " ", str(reason))
        rows.append(row)
        say(text_of(row))
    return {"rows": rows, "kept": bench.kept}


def text_of(row):
    head = "%3d  %-40s" % (row["number"], row["title"])
    if "unmeasured" in row:
        return head + " not measured: " + row["unmeasured"]
    lines = []
    for one in row["checks"]:
        lines.append("%s %-44s %10.3f %s %-7.7g %s%s" % (
            head, one["what"], one["measured"], one["sign"], one["bound"],
            "met" if one["met"] else "NOT MET",
            ", noisy" if one["noisy"] else ""))
        head = " " * len(head)
    return "\n".join(lines)
