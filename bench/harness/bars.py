# SPDX-License-Identifier: MIT
"""What was set as the aim, row by row, and whether it is met.

Each row's function gives checks: what is measured, the figure, the bound, and
whether the figure must be under ("<=") or over it (">=").
"""
import os
import re
import statistics
import subprocess
import time

import comparisons
import contenders as c
import machine
import micro
from measure import Bad, noted, without_paths
from servers import Nginx, Origin


class Unmeasured(Exception):
    """The row cannot be measured here; the text says why."""


def check(what, found, sign, bound, beside=False):
    """`found` is a figure, or what measure.noted gives; `beside`: shown, but
    not what the aim is about."""
    if not isinstance(found, dict):
        found = {"median": found}
    figure = found["median"]
    return {"what": what, "measured": figure, "sign": sign, "bound": bound,
            "met": figure <= bound if sign == "<=" else figure >= bound,
            "low": found.get("low"), "high": found.get("high"),
            "spread": found.get("spread"), "noisy": found.get("noisy", False),
            "beside": beside}


def of_ratio(row, ratio, what, bound, beside=False):
    if "refused" in ratio:
        raise Unmeasured(ratio["refused"] + " (" + "; ".join(
            list(row["refused"].values()) + list(row["skipped"].values())) +
            ")")
    return check(what, ratio, "<=", bound, beside)


def only(row, racing):
    """A row with those of its contenders."""
    if not racing:
        return row
    return dict(row, contenders=[one for one in row["contenders"]
                                 if one.name in racing],
                ratios=[ratio for ratio in row["ratios"]
                        if ratio[0] in racing and ratio[1] in racing])


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

    def shape(self, wanted, racing=None):
        """A shape, or only those of its contenders that are named."""
        def make():
            for name, needs, row_of in comparisons.shapes(self.runner):
                if name == wanted:
                    with Nginx(**needs) as server:
                        return self.runner.compare(
                            only(row_of(server), racing))
            raise Unmeasured("script/libcurl has not brought libcurl 8.14.1")
        return self.keep("shape " + ", ".join((wanted, *(racing or ()))), make)

    def rivals(self, *names):
        def make():
            with Nginx() as server:
                return self.runner.compare(comparisons.rivals(
                    self.runner, server, ("lariat",) + names))
        return self.keep("rivals " + ", ".join(names), make)

    def instructions(self, *options, libcurl=None, again=0):
        """The columns of bench/instructions: {layer: (plain, lariat)}."""
        def make():
            done = subprocess.run(
                [os.path.join(machine.ROOT, "bench", "instructions"),
                 "--build", self.runner.build, *options], check=False,
                env=self.runner.environment(None, libcurl),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, timeout=1200)
            if done.returncode:
                raise Unmeasured(done.stderr.decode(errors="replace")[-200:])
            rows = [line.split("\t")
                    for line in done.stdout.decode().splitlines()[1:]]
            return {layer: (int(plain), int(ours))
                    for layer, plain, ours in rows}
        return self.keep("instructions " + " ".join(options) +
                         " 8.14.1" * bool(libcurl) + " again" * again, make)


def against_plain(shape, bound):
    """The aim is about lariat as it comes; the form in which libcurl makes
    every request is shown beside it."""
    def measure(bench):
        row = bench.shape(shape)
        return [of_ratio(row, ratio, "CPU, %s / plain" % ratio["of"], bound,
                         beside=ratio["of"] != "lariat")
                for ratio in row["ratios"] if ratio["measure"] == "cpu_us"]
    return measure


MEASURED = {"cpu_us": "CPU", "peak_mb": "peak memory"}


def ratio_of(row, one, other, measure):
    for ratio in row["ratios"]:
        if (ratio["of"], ratio["to"], ratio["measure"]) == (one, other,
                                                            measure):
            return ratio
    raise Unmeasured("%s has no %s of %s and %s" % (row["id"], measure, one,
                                                    other))


def shapes_row(*wanted):
    """Of several shapes, each (shape, words before the measure, comparisons),
    and those each (of, to, measure, bound, whether it is only shown)."""
    def measure(bench):
        checks = []
        for shape, words, compared in wanted:
            racing = {name for one in compared for name in one[:2]}
            row = bench.shape(shape, sorted(racing))
            checks += [of_ratio(
                row, ratio_of(row, of, to, what),
                "%s%s, %s / %s" % (words, MEASURED[what], of, to),
                bound, beside) for of, to, what, bound, beside in compared]
        return checks
    return measure


def against(bound, to="plain", of="lariat", what="cpu_us"):
    return of, to, what, bound, False


def beside(to="plain", of="lariat", what="cpu_us", bound=1):
    return of, to, what, bound, True


def growth(bench):
    """Under callgrind everything is slow but the server, so that some jobs find
    a connection free before all are open: they are open after 60,000."""
    few = bench.instructions("--only", "lariat")["total"][1]
    many = bench.instructions("--only", "lariat", "--connections", "10000",
                              "--few", "60000", "--many",
                              "80000")["total"][1]
    return [check("instructions, %d / %d" % (many, few), many / few, "<=",
                  1.1)] + added_us(bench)


def added_us(bench):
    row = bench.keep("growth", lambda: growth_row(bench.runner))
    missing = dict(row["refused"], **row["skipped"])
    if missing:
        raise Unmeasured("; ".join("%s: %s" % one for one in missing.items()))

    def added(name):
        few, many = ([run["cpu_s"] / run["requests"] * 1e6
                      for run in row["contenders"][name % number]["runs"]]
                     for number in ("100", "10,000"))
        return noted([b - a for a, b in zip(few, many)])
    theirs = added("wrk, %s")
    return [check("us added; wrk adds %.2f" % theirs["median"],
                  added("lariat, %s"), "<=", 2 * theirs["median"])]


def growth_row(runner):
    """Taken from when all the connections are open: what it costs to open one
    is another matter, and one lariat and wrk would do for different shares of
    their requests."""
    with Nginx() as server:
        racing = []
        for number, text in ((100, "100"), (10000, "10,000")):
            racing += [
                c.lariat(runner, server.url(), number, "--reactors", 1,
                         name="lariat, " + text, window=number),
                c.wrk(runner, server.url(), number, seconds=3,
                      name="wrk, " + text, window=number)]
        return runner.compare({
            "id": "growth", "title": "100 and 10,000 connections",
            "settings": {}, "server": server, "requests": 250000,
            "floor": 250000, "contenders": racing, "ratios": []})


def rivals_row(names, bounds):
    def measure(bench):
        row = bench.rivals(*names)
        return [of_ratio(row, ratio, "CPU, lariat / %s" % ratio["to"], bound)
                for ratio, bound in zip(row["ratios"], bounds)]
    return measure


def instructions(bench):
    checks = []
    for form, options in (("", ()), (", libcurl only", ("--only", "lariat",
                                                        "--libcurl-only"))):
        layers = bench.instructions(*options)
        own = sum(ours for layer, (_, ours) in layers.items()
                  if layer.startswith("lib/"))
        plain = "; plain: %d" % layers["total"][0] if not form else ""
        checks += [
            check("in our own layers" + form, own, "<=", 3000, bool(form)),
            check("in all" + form + plain, layers["total"][1], "<=", 54000,
                  bool(form))]
    return checks


# How many requests share a turn differs, and over TLS a handshake more or less
# shows: the middle of so many counts.
COUNTED = 3


def total_of(bench, *options, libcurl=None):
    """(plain, lariat) in all, the middle of some runs of each."""
    totals = [bench.instructions(*options, libcurl=libcurl,
                                 again=number)["total"]
              for number in range(min(COUNTED, bench.runner.pairs))]
    return [statistics.median(column) for column in zip(*totals)]


def requests_instructions(libcurl_of, tls_bound):
    """In all, of a request over TLS and of a POST."""
    def measure(bench):
        libcurl = libcurl_of()
        if libcurl_of is not system_libcurl and not libcurl:
            raise Unmeasured("script/libcurl has not brought libcurl 8.14.1")
        ours = ("--only", "lariat")
        get = total_of(bench, *ours, libcurl=libcurl)[1]
        post = total_of(bench, *ours, "--post", "1024", libcurl=libcurl)[1]
        plain, tls = total_of(bench, "--tls", libcurl=libcurl)
        tls_post = total_of(bench, *ours, "--tls", "--post", "1024",
                            libcurl=libcurl)[1]
        through = total_of(bench, *ours, "--tls", "--libcurl-only",
                           libcurl=libcurl)[1]
        return [
            check("http", get, "<=", 4000),
            check("TLS; plain: %d" % plain, tls, "<=", tls_bound),
            check("TLS, libcurl only (%d) / plain" % through, through / plain,
                  "<=", 1),
            check("POST (%d) / GET, http" % post, post / get, "<=", 1.25),
            check("POST (%d) / GET, TLS" % tls_post, tls_post / tls, "<=",
                  1.25)]
    return measure


def system_libcurl():
    return None


# What libcurl calls for a request by itself, and to open a connection.
LIBCURLS = ("sendto", "recvfrom", "poll", "socket", "connect", "getsockopt",
            "setsockopt", "getsockname", "getpeername", "fcntl",
            "rt_sigaction")
CALLED = 200000  # requests whose system calls are counted


def by_perf(command, env):
    """System calls of a run by name, and of all of them under ""."""
    events = ["raw_syscalls:sys_enter"] + [
        "syscalls:sys_enter_" + name for name in LIBCURLS]
    counting = ["perf", "stat", "-x", ";"]
    for event in events:
        counting += ["-e", event]
    done = subprocess.run(counting + command, stdout=subprocess.DEVNULL,
                          check=False, stderr=subprocess.PIPE, env=env,
                          stdin=subprocess.DEVNULL, timeout=300)
    counts = {}
    for line in done.stderr.decode(errors="replace").splitlines():
        fields = line.split(";")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2].rpartition("sys_enter")[2].strip("_")] = \
                int(fields[0])
    if done.returncode or not counts.get("") or len(counts) <= len(LIBCURLS):
        return None
    return counts


def by_strace(command, env):
    """The same; but it makes each call slow, and so fewer share a turn."""
    done = subprocess.run(["strace", "-f", "-c", "-U", "name,calls",
                           "-o", "/dev/stdout"] + command, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env=env, stdin=subprocess.DEVNULL, timeout=300)
    counts = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[1].isdigit():
            counts[fields[0]] = int(fields[1])
    counts[""] = counts.pop("total", 0)
    return None if done.returncode or not counts[""] else counts


def calls_beyond(bench, server, counted_by, form):
    """System calls for a request beyond those that are libcurl's.  Where lariat
    exchanges by itself, libcurl's are the one that sends and the one that
    receives: the two of its four that cannot be done without."""
    command = [bench.runner.program("bench-path"), server.url(), str(CALLED),
               "100", "--reactors", "1"] + form
    counts = counted_by(command, bench.runner.environment(None, None))
    if counts is None:
        raise Unmeasured("system calls cannot be counted here")
    if form:
        return (counts[""] - sum(counts.get(name, 0)
                                 for name in LIBCURLS)) / CALLED
    return counts[""] / CALLED - 2


def can_count(counted_by):
    try:
        return counted_by([machine.find_program("true")],
                          None) is not None
    except OSError:
        return False


def system_calls(bench):
    ways = [way for way in (by_perf, by_strace) if can_count(way)]
    if not ways:
        raise Unmeasured("neither perf nor strace can count system calls here")
    with Nginx() as server:
        def beyond(form):
            return noted([calls_beyond(bench, server, ways[0], form)
                          for _ in range(bench.runner.pairs)])
        how = " (by strace)" if ways[0] is by_strace else ""
        return [check("beyond one to send and one to receive" + how,
                      beyond([]), "<=", 0.2),
                check("beyond libcurl's, libcurl only" + how,
                      beyond(["--libcurl-only"]), "<=", 0.2, beside=True)]


def two_reactors(bench):
    def make():
        with Nginx(tls=True) as server:
            row = bench.runner.compare(comparisons.scaling(
                bench.runner, server, [1, 2], rival=False))
        comparisons.judge_scaling(row, [1, 2], 2)
        return row
    row = bench.keep("scaling 1, 2", make)
    if "scaling" not in row or len(row["scaling"]["table"]) < 2:
        raise Unmeasured(str(row["refused"]))
    share = row["scaling"]["server_share"]
    of_bound = noted([gain * (1 + share) / 2
                      for gain in row["ratios"][0]["values"]])
    return [check("throughput, of 2/(1+s), s = %.2f" % share, of_bound, ">=",
                  0.95)]


# Transfers in flight and jobs queued, and how many more in the second run.
IN_FLIGHT, MORE_IN_FLIGHT = 100, 2000
ASKED, MORE_ASKED = 100, 50000


def memory(bench):
    """Everything is in flight at once: the server answers after a second.  The
    plain loop has libcurl's usual buffer, as lariat has."""
    runner = bench.runner

    def peak_kb(server, contender, requests):
        return runner.run(contender, requests, server)["maxrss_kb"]

    def for_each(server, make, few, more):
        return (peak_kb(server, make(few + more), few + more) -
                peak_kb(server, make(few), few)) / more
    with Origin(runner.build) as server:
        late = server.url("delay/1000")
        ours, theirs = [], []
        for _ in range(runner.pairs):
            theirs.append(for_each(server, lambda n: c.plain(runner, late, n),
                                   IN_FLIGHT, MORE_IN_FLIGHT))
            ours.append(for_each(server, lambda n: c.lariat(
                runner, late, n, "--reactors", 1), IN_FLIGHT, MORE_IN_FLIGHT))
    with Nginx() as server:
        queued = [for_each(server, lambda n: c.lariat(
            runner, server.url(), 100, "--reactors", 1, "--asked", n),
            ASKED, MORE_ASKED) for _ in range(runner.pairs)]
    return [check("in flight, %.1f KB / %.1f KB" % (
                statistics.median(ours), statistics.median(theirs)),
                  noted([a / b for a, b in zip(ours, theirs)]), "<=", 1.05),
            check("KiB for a job queued", noted(queued), "<=", 1.0)]


def micro_mailbox(bench):
    if not os.access(bench.runner.program("bench-mailbox"), os.X_OK):
        raise Unmeasured("there is no bench-mailbox")
    rows = bench.keep("mailbox", lambda: micro.mailbox(
        bench.runner, "--producers", 2))
    checks = []
    for row in rows:
        for queue, ratio in row["ratios"].items():
            checks.append(check("mailbox / %s, batches of %d" %
                                (queue, row["batch"]), ratio, ">=", 1.1))
    if len(checks) < 8:
        checks.append(check("of 4 rivals only %d are here" %
                            (len(checks) // 2), 0, ">=", 1))
    return checks


def micro_hop(bench):
    """Where the kernel places the threads it may place ours and those of the
    ping-pong differently: that one is shown, and not judged."""
    rows = bench.keep("hop", lambda: micro.hop(bench.runner))
    checks = [check("reactors / raw eventfds, " + PLACED[row["placement"]],
                    row["ratios"]["raw"], "<=", 1.3,
                    beside=row["placement"] == "free") for row in rows]
    for row in rows:
        added = {name: row["added_ns"][name] / 1000
                 for name in ("median", "low", "high")}
        checks.append(check("us of CPU added, " + PLACED[row["placement"]],
                            added, "<=", 1.0))
    return checks


PLACED = {"free": "anywhere", "two": "on two CPUs", "one": "on one CPU"}


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
    (16, "https, 100 connections", PLAIN + "tls-reused",
     shapes_row(("tls-reused", "", (
         against(1.2, "wrk"), against(0.50),
         beside(of=c.LIBCURL_ONLY))))),
    (17, "the same with libcurl 8.14.1", PLAIN + "tls-reused-8.14.1",
     shapes_row(("tls-reused-8.14.1", "", (
         against(0.40), beside(of=c.LIBCURL_ONLY))))),
    (18, "a POST of 1 KB", PLAIN + "post",
     shapes_row(("post", "http: ", (against(1.25, c.OF_A_GET), beside())),
                ("tls-post", "TLS: ", (against(1.25, c.OF_A_GET),
                                       beside())))),
    (19, "a new http connection", PLAIN + "fresh",
     shapes_row(("fresh", "", (against(0.75),)))),
    (20, "a new TLS connection, both kinds", PLAIN + "tls",
     shapes_row(
         ("fresh-tls-resumed", "session resumed: ", (against(0.03),)),
         ("tls-new", "no session: ", (against(0.05),)),
         ("fresh-tls-resumed-one-root", "resumed, one root: ",
          (beside(),)),
         ("tls-new-one-root", "no session, one root: ", (beside(),)))),
    (21, "10,000 hosts over TLS", PLAIN + "hosts-10000",
     shapes_row(
         ("hosts-10000", "", (against(0.3, "curl --parallel"),
                              beside())),
         ("hosts-10000-one-root", "one root: ",
          (beside("curl --parallel", bound=0.3), beside())))),
    (22, "http, 100 connections", "bench/run rivals --only wrk",
     rivals_row(("wrk",), (0.90,))),
    (23, "instructions of other requests", "bench/run bars 23",
     requests_instructions(system_libcurl, 19000)),
    (24, "the same with libcurl 8.14.1", "bench/run bars 24",
     requests_instructions(comparisons.other_libcurl, 17500)),
    (25, "peak memory", PLAIN + "memory",
     shapes_row(
         ("memory-bodies", "1 MB: ", (
             against(1.2, c.PLAIN_KEPT, what="peak_mb"),
             against(1.2, of=c.DISCARDED, what="peak_mb"),
             beside(what="peak_mb", bound=1.2))),
         ("memory-tls-bodies", "1 MB, TLS: ", (
             beside(c.PLAIN_KEPT, what="peak_mb", bound=1.2),
             beside(of=c.DISCARDED, what="peak_mb", bound=1.2),
             beside(what="peak_mb", bound=1.2))),
         ("memory-idle", "4,000 idle: ", (against(1.0, what="peak_mb"),)),
         ("memory-tls-idle", "4,000 idle, TLS: ", (
             beside(what="peak_mb"),)))),
]


# What `bench/run --quick` measures: what does not take long.
QUICK = (1, 2, 3, 4, 6, 8, 10, 13, 14, 15)


def run(runner, numbers, say):
    bench = Bench(runner, say)
    rows = []
    for number, title, command, measure in BARS:
        if numbers and number not in numbers:
            continue
        row = {"number": number, "title": title, "command": command,
               "checks": [], "load": os.getloadavg()[0]}
        begun = time.monotonic()
        say("row %d, %s" % (number, title))
        try:
            row["checks"] = measure(bench)
        except (Unmeasured, Bad, OSError,
                subprocess.SubprocessError) as reason:
            row["unmeasured"] = without_paths(
                re.sub(r"\s+", " ", str(reason)))
        row["took_s"] = time.monotonic() - begun
        rows.append(row)
    result = {"rows": rows, "kept": bench.kept}
    show(result, say)
    return result


def figure(value):
    if value is None:
        return ""
    return "%.0f" % value if abs(value) >= 1000 else "%.3f" % value


def spread_words(one):
    if one["low"] is None:
        return ""
    return "%s to %s" % (figure(one["low"]), figure(one["high"]))


def verdict(one):
    words = "met" if one["met"] else "MISSED"
    if one["beside"]:
        words = "(%s)" % words.lower()
    return words + (", noisy" if one["noisy"] else "")


LINE = "%3s  %-38s %-40s %9s %9s  %-18s %-15s %5s"


def show(result, say):
    say("")
    say(LINE % ("row", "", "measure", "aim", "figure", "low to high", "", "s"))
    for row in result["rows"]:
        head = (row["number"], row["title"][:38])
        took = "%.0f" % row["took_s"]
        if "unmeasured" in row:
            say(LINE % (*head, "not measured: " + row["unmeasured"], "", "",
                        "", "", took))
        for one in row["checks"]:
            say((LINE % (*head, one["what"], one["sign"] + "%7.5g" %
                         one["bound"], figure(one["measured"]),
                         spread_words(one), verdict(one), took)).rstrip())
            head, took = ("", ""), ""
    say("")
    say(summary(result["rows"]))


def state_of(row):
    judged = [one for one in row["checks"] if not one["beside"]]
    if "unmeasured" in row or not judged:
        return "not measured"
    return "met" if all(one["met"] for one in judged) else "missed"


def summary(rows):
    words = []
    for state in ("met", "missed", "not measured"):
        those = [str(row["number"]) for row in rows if state_of(row) == state]
        if those:
            words.append("%s: %s" % (state, ", ".join(those)))
    noisy = [str(row["number"]) for row in rows
             if any(one["noisy"] for one in row["checks"])]
    if noisy:
        words.append("too noisy (spread over 20 %%) to be sure: %s" %
                     ", ".join(noisy))
    return "; ".join(words) + "; %.0f s" % sum(row["took_s"] for row in rows)
