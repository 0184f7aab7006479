# SPDX-License-Identifier: MIT
"""What was set as the aim for `lariat load`, row by row, and whether it is met.
The servers, rates and seeds are options: the aims are for all of them."""
import contextlib
import os
import re
import statistics
import subprocess
import sys
import time

import bars
import contenders as c
import generators
import journal
import machine
import peers
import truth
from bars import Unmeasured, check
from generators import MS
from measure import Bad, Runner, noted, without_paths
from servers import Nginx

SECOND = 1000 * MS
STALL = ("--delay", "constant:5ms", "--stall", "1s/10s")
SERVERS = {
    "mixture": ("--delay", "mixture:99%=5ms,0.9%=50ms,0.1%=1s"),
    "bimodal": ("--delay", "mixture:80%=2ms,20%=20ms"),
    "log-normal": ("--delay", "lognormal:5ms,0.5"),
    "stall": STALL,
}


def of_ns(text):
    """A time of truthd's options."""
    number, unit = re.fullmatch(r"([\d.]+)(ns|us|ms|s)", text).groups()
    return float(number) * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[unit]


class Bars:
    def __init__(self, load, options):
        self.load = load
        self.options = options
        self.say = load.say

    def servers(self):
        """Those of the options, or ours."""
        if self.options.server:
            return {" ".join(words): words for words in
                    (tuple(text.split()) for text in self.options.server)}
        return SERVERS

    def rates(self):
        return [int(word) for word in self.options.rates.split(",")]

    def seconds(self, least):
        return self.options.seconds or least

    def cpus(self):
        """Of the server and of the generator: one each, if there are two."""
        if self.options.no_pin:
            return None, None
        ours = sorted(os.sched_getaffinity(0))
        return (ours[0], ours[1]) if len(ours) > 1 else (None, None)

    def options_of(self, rate, connections, seconds, *more):
        return ("--rate", rate, "-c", connections, "-d", "%ds" % seconds,
                "--warm-up", self.options.warm_up, *more)


# ---- 1: truth ----

def queue_free(rate, server):
    """Connections that are enough for nobody to queue."""
    longest = 0.3
    for share, text in zip(server, server[1:]):
        if share == "--stall":
            longest = max(longest, of_ns(text.split("/")[0]) / SECOND)
        if share == "--delay" and "s" in text:
            longest = max(longest, 0.2)
    return min(15000, int(rate * longest * 1.25) + 200)


def is_stall(server):
    return "--stall" in server


def stall_figures(server):
    delay = of_ns(server[server.index("--delay") + 1].split(":")[1])
    stall, period = map(of_ns, server[server.index("--stall") + 1].split("/"))
    found = {name: journal.stall_truth(delay, stall, period, share)
             for name, share in journal.QUANTILES}
    found["max"] = stall + delay
    return found


def truth_run(bench, rate, server, number):
    """One run: its verdict and how far it is off, in parts of what is
    allowed."""
    seconds = bench.seconds(20)
    run = bench.load.measure(
        server + ("--seed", str(bench.options.seed + number)),
        bench.options_of(rate, queue_free(rate, server), seconds),
        limit=seconds + 60)
    timeout = run.result["plan"].get("timeout_us", 10e6) * 1000
    true = journal.summary(run.journal.seen_by_users(timeout))
    said = generators.said_ns(run.result, "response")
    found = {"verdict": run.result["verdict"],
             "reasons": generators.reasons(run.result),
             "off": generators.errors(said, true), "said": said, "true": true}
    if is_stall(server):
        found["off_arithmetic"] = generators.errors(said,
                                                    stall_figures(server))
    return found


def show_truth(bench, name, rate, run):
    bench.say("    %s %d/s: %s %s; says %s, server %s; of what is allowed: %s"
              % (name, rate, run["verdict"], ", ".join(run["reasons"]),
                 truth.latency_words({key: value and value / MS for key, value
                                      in run["said"].items()}),
                 truth.latency_words({key: run["true"][key] and
                                      run["true"][key] / MS
                                      for key in generators.MEASURES}),
                 ", ".join("%s %.2f" % pair for pair in run["off"].items())))


def collect_valid(bench, measure, show, wanted=None):
    """Runs until there are enough VALID ones, or no more tries."""
    valid, others = [], []
    while len(valid) < (wanted or bench.options.wanted) and \
            len(valid) + len(others) < bench.options.tries:
        run = measure(len(valid) + len(others))
        show(run)
        (valid if run["verdict"] == "VALID" else others).append(run)
    return valid, others


def truth_checks(bench):
    checks = []
    for rate in bench.rates():
        for name, server in bench.servers().items():
            valid, others = collect_valid(
                bench, lambda n: truth_run(bench, rate, server, n),
                lambda run: show_truth(bench, name, rate, run))
            checks += judge_truth(bench, "%s, %s/s" % (
                name, format(rate, ",")), valid, others, rate)
    return checks


# At higher rates what waited for the end of a stall takes the server long.
ARITHMETIC_MOST = 2000


def judge_truth(bench, words, valid, others, rate):
    wanted = min(bench.options.wanted, bench.options.tries)
    checks = [check("%s: VALID of %d" % (words, len(valid) + len(others)),
                    len(valid), ">=", wanted, beside=True)]
    runs = valid
    if len(valid) < wanted:
        runs = sorted(valid + others,
                      key=lambda run: generators.worst(run["off"]))[:wanted]
        words += ", too few VALID, nearest"
    off = [generators.worst(run["off"]) for run in runs]
    checks.append(check(words + ": worst, of what is allowed", noted(off),
                        "<=", 1))
    within = sum(one <= 1 for one in off)
    checks.append(check("%s: runs within" % words, within / len(off), ">=", 1,
                        beside=True))
    if "off_arithmetic" in runs[0]:
        checks.append(check(words + ": beside arithmetic, p99, p99.9", noted(
            [max(run["off_arithmetic"][key] for key in ("p99", "p999")
                 if key in run["off_arithmetic"]) for run in runs]), "<=", 1,
            beside=rate > ARITHMETIC_MOST))
    return checks


# ---- 2: starved ----

@contextlib.contextmanager
def busy_loops(count, cpu=None):
    """So many processes that do nothing but run, ended behind it; each ends by
    itself when this one is gone."""
    loop = ("import os, sys\nparent = os.getppid()\nwhile True:\n"
            "    for _ in range(10000000): pass\n"
            "    if os.getppid() != parent: sys.exit()\n")
    pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
    loops = [subprocess.Popen(pinned + [sys.executable, "-S", "-c", loop])
             for _ in range(count)]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
        for one in loops:
            one.wait()


def starved_run(bench, number):
    rate = bench.options.rate or 500
    seconds = bench.seconds(10)
    run = bench.load.measure(
        SERVERS["log-normal"] + ("--seed", str(bench.options.seed + number)),
        bench.options_of(rate, 2000, seconds), limit=seconds + 120)
    true = journal.summary(run.journal.served())
    said = generators.said_ns(run.result, "wire")
    off = {name: abs(said[name] - true[name]) / true[name]
           for name in ("p50", "p99")}
    bench.say("    %s %s; wire p50 %.2f ms (server %.2f), p99 %.2f (%.2f)" % (
        run.result["verdict"], ", ".join(generators.reasons(run.result)),
        said["p50"] / MS, true["p50"] / MS, said["p99"] / MS,
        true["p99"] / MS))
    return {"verdict": run.result["verdict"], "off": off}


def starved_checks(bench):
    with busy_loops(bench.options.loops):
        runs = [starved_run(bench, number)
                for number in range(bench.options.runs or 6)]
    count = len(runs)
    within = sum(max(run["off"].values()) <= 0.2 for run in runs)
    return [check("wire p50, p99 within 20 %%, of %d runs" % count, within,
                  ">=", count - 1 if count > 5 else count),
            check("INVALID", sum(run["verdict"] == "INVALID" for run in runs),
                  ">=", count)]


# ---- 3: the verdict ----

def in_the_middle(bench, act):
    """A function for `meanwhile`: acts when about half of the measured part
    is over."""
    def meanwhile(child):
        time.sleep(of_ns(bench.options.warm_up) / SECOND +
                   bench.seconds(4) / 2)
        act(child)
    return meanwhile


def stop_for_a_moment(child):
    child.send_signal(19)  # SIGSTOP
    time.sleep(0.3)
    child.send_signal(18)  # SIGCONT


def verdict_run(bench, server, options, **how):
    seconds = bench.seconds(4)
    run = bench.load.measure(server, options, limit=seconds + 60, **how)
    found = (run.result["verdict"], generators.reasons(run.result))
    bench.say("    %s, exit %d: %s" % (found[0], run.code, "; ".join(
        "%s %s: %s" % (reason["verdict"], reason["code"], reason["message"])
        for reason in run.result["reasons"])))
    return found


QUIET = ("--delay", "constant:5ms")


def quiet_run(bench):
    rate = bench.options.rate or 1000
    return verdict_run(bench, QUIET, bench.options_of(rate, 200,
                                                      bench.seconds(4)))


def beyond_run(bench):
    return verdict_run(bench, ("--delay", "constant:0ms"), bench.options_of(
        1000000, 100, bench.seconds(4)))


def few_connections_run(bench):
    rate = bench.options.rate or 1000
    return verdict_run(bench, ("--delay", "constant:100ms"), bench.options_of(
        rate, max(1, rate // 50), bench.seconds(4)))


def stopped_run(bench):
    rate = bench.options.rate or 1000
    return verdict_run(
        bench, QUIET, bench.options_of(rate, 1000, bench.seconds(4)),
        meanwhile=in_the_middle(bench, stop_for_a_moment))


def hog_run(bench):
    rate = bench.options.rate or 1000
    server_cpu, cpu = bench.cpus()
    if cpu is None:
        raise Unmeasured("there is one CPU, or --no-pin")
    with busy_loops(1, cpu):
        return verdict_run(bench, QUIET, bench.options_of(
            rate, 1000, bench.seconds(4), "--reactors", 1),
            server_cpu=server_cpu, cpu=cpu)


SLOW_PIPE = """
import sys, time
url, gap = sys.argv[1], float(sys.argv[2])
begun, written = time.monotonic(), 0
try:
    while time.monotonic() - begun < 60:
        while written * gap < time.monotonic() - begun:
            print('{"url":"%s"}' % url)
            written += 1
        sys.stdout.flush()
        time.sleep(0.01)
except BrokenPipeError:
    pass
"""


def slow_pipe_run(bench):
    """The pipe gives half of what the rate wants."""
    rate = bench.options.rate or 1000
    seconds = bench.seconds(4)
    load = bench.load
    with load.serve(*QUIET) as server:
        pipe = subprocess.Popen([sys.executable, "-c", SLOW_PIPE, server.url(),
                                 str(2 / rate)], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        try:
            command = load.command(server.url(), *bench.options_of(
                rate, 200, seconds, "-i", "-"))[:-1]
            run = load.run(server, command, seconds + 60, stdin=pipe.stdout)
        finally:
            pipe.kill()
            pipe.wait()
            pipe.stdout.close()
    result = load.read_result()
    if result is None:
        raise Bad("no result: " + without_paths(run.err.strip())[-200:])
    bench.say("    %s: %s" % (result["verdict"], "; ".join(
        "%s: %s" % (reason["code"], reason["message"])
        for reason in result["reasons"])))
    return result["verdict"], generators.reasons(result)


# What each has to say: the verdicts that are right, and the reasons, of which
# one must be there.
VERDICTS = [
    ("a rate beyond the possible", beyond_run, ("INVALID",),
     ("rate-missed",)),
    ("too few connections", few_connections_run, ("INVALID", "SUSPECT"),
     ("connections-too-few",)),
    ("stopped for 300 ms", stopped_run, ("INVALID",),
     ("stopped",)),
    ("a hog on the CPU", hog_run, ("INVALID", "SUSPECT"),
     ("cpu-wait", "send-late", "own-share")),
    ("a slow pipe", slow_pipe_run, ("INVALID",), ("input-starved",)),
]


def verdict_checks(bench):
    runs = bench.options.runs or 20
    checks = []
    for words, measure, verdicts, codes in VERDICTS:
        if bench.options.only and bench.options.only not in words:
            continue
        bench.say("  " + words)
        try:
            found = [measure(bench) for _ in range(runs)]
        except (Bad, Unmeasured) as reason:
            bench.say("    " + str(reason))
            checks.append(check("%s: %s" % (words, reason), 0, ">=", runs))
            continue
        right = sum(verdict in verdicts and any(code in reasons
                                                for code in codes)
                    for verdict, reasons in found)
        checks.append(check("%s, of %d" % (words, runs), right, ">=", runs))
    if not bench.options.only or bench.options.only in "quiet":
        bench.say("  quiet")
        valid = sum(quiet_run(bench)[0] == "VALID" for _ in range(runs))
        checks.append(check("quiet: VALID of %d" % runs, valid, ">=",
                            round(0.95 * runs)))
    return checks


# ---- 4: the cost ----

def load_contender(bench, url, connections, ca=None):
    def parse(text):
        import json
        result = json.loads(text)
        counts = result["outcomes"]
        return {"requests": sum(counts.values()),
                "failed": sum(counts.values()) - counts["answered"]}

    # On a busy machine it says INVALID, which is right, and no failure here.
    quietly = '"$@"; code=$?; [ $code = 3 ] || [ $code = 4 ] || exit $code'

    def command(requests):
        return ["sh", "-c", quietly, "sh",
                bench.load.lariat(), "load", "--quiet", "--json", "-", "-r",
                "1", "-c", str(connections), "-n", str(requests),
                *(["--cacert", ca] if ca else []), url]
    return c.Contender("lariat load", command, parse, libcurl=True)


def cost_row(bench, runner, server, kind, requests, connections=50):
    url = server.url(kind)
    ca = server.facts["ca"] if kind == "tls" else None
    racing = [load_contender(bench, url, connections, ca),
              c.wrk(runner, url, connections),
              c.h2load(runner, url, connections)]
    return {"id": "load-cost-" + kind, "title": "closed, " + kind,
            "settings": {"connections": connections, "requests": requests},
            "server": server, "requests": requests, "floor": connections,
            "contenders": racing,
            "ratios": [("lariat load", "wrk", "cpu_us"),
                       ("lariat load", "h2load --h1", "cpu_us")]}


def cost_checks(bench):
    """The CPU time, or with --only instructions those alone."""
    if bench.options.only and bench.options.only in "instructions":
        with Nginx(tls=True) as server:
            return instruction_checks(bench, server)
    runner = Runner(bench.load.build, bench.load.libcurl, bench.options.scale,
                    bench.options.pairs)
    checks = []
    with Nginx(tls=True) as server:
        for kind, requests, bounds in (("url", 200000, (0.90, 0.85)),
                                       ("tls", 100000, (1.15, None))):
            words = "https" if kind == "tls" else "http"
            row = runner.compare(cost_row(bench, runner, server, kind,
                                          requests), bench.say)
            for name, one in row["contenders"].items():
                if "cpu_us" in one:
                    bench.say("    %s, %s: %.2f us (%.2f to %.2f)" % (
                        words, name, one["cpu_us"]["median"],
                        one["cpu_us"]["low"], one["cpu_us"]["high"]))
            for ratio, bound in zip(row["ratios"], bounds):
                if "refused" in ratio:
                    raise Unmeasured(ratio["refused"] + str(row["refused"]))
                checks.append(check("%s: CPU / %s" % (words, ratio["to"]),
                                    ratio, "<=", bound or 1,
                                    beside=bound is None))
        checks += instruction_checks(bench, server)
    return checks


def count_instructions(bench, url, requests, connections, ca):
    if not machine.find_program("valgrind"):
        raise Unmeasured("valgrind is not installed")
    out = bench.load.file("callgrind")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--fair-sched=try",
         "--callgrind-out-file=" + out] +
        [bench.load.lariat(), "load", "--quiet", "-r", "1", "-c",
         str(connections), "-n", str(requests), "--timeout", "600",
         *(["--cacert", ca] if ca else []), url],
        env=bench.load.environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 3, 4):
        raise Unmeasured("under valgrind: exit code %d" % done.returncode)
    with open(out, encoding="utf-8", errors="replace") as text:
        found = re.search(r"^(?:totals|summary): (\d+)", text.read(), re.M)
    return int(found.group(1))


def instruction_checks(bench, server):
    checks = []
    for words, kind, few, many, connections, bound in (
            ("http", "url", 5000, 25000, 50, 2500),
            ("https", "tls", 500, 4500, 8, 18000)):
        ca = server.facts["ca"] if kind == "tls" else None
        counts = [count_instructions(bench, server.url(kind), requests,
                                     connections, ca)
                  for requests in (few, many)]
        checks.append(check("%s: user instructions a request" % words,
                            (counts[1] - counts[0]) / (many - few), "<=",
                            bound))
    return checks


# ---- 5: when requests come ----

def arrivals_of(run, skip=0.0):
    """Of a run, without its first seconds."""
    arrivals = run.journal.arrivals()
    if not arrivals:
        return []
    return [at for at in arrivals if at >= arrivals[0] + skip * SECOND]


def spacing(arrivals, gap):
    late = journal.summary(journal.lateness(arrivals, gap))
    return {"p50": late["p50"] / 1000, "p99": late["p99"] / 1000,
            "dispersion": journal.dispersion(arrivals, arrivals[0],
                                             arrivals[-1]),
            "rate": (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) *
            SECOND}


def own_spacing(bench, rate, process, number):
    seconds = bench.seconds(10)
    server_cpu, cpu = bench.cpus()
    run = bench.load.measure(
        ("--delay", "constant:1ms"),
        bench.options_of(rate, 400, seconds, "--arrivals", process, "--seed",
                         bench.options.seed + number, "-r", 1),
        limit=seconds + 60, server_cpu=server_cpu, cpu=cpu)
    found = spacing(arrivals_of(run), SECOND / rate)
    found["verdict"] = run.result["verdict"]
    bench.say("    lariat, %s: %s (%s), %.0f/s, lateness p50 %.0f us, p99 "
              "%.0f; its own %s; dispersion %.3f" % (
                  process, found["verdict"], ", ".join(
                      generators.reasons(run.result)), found["rate"],
                  found["p50"], found["p99"], truth.latency_words(
                      {key: value and value / 1000 for key, value in
                       generators.said_ns(run.result, "late").items()}),
                  found["dispersion"]))
    return found


def peer_spacing(bench, peer, rate):
    seconds = bench.seconds(10)
    server_cpu, cpu = bench.cpus()
    aim = peers.Aim("", 100, seconds, 10, rate, bench.load.scratch)
    with bench.load.serve("--delay", "constant:1ms", cpu=server_cpu) as server:
        command = peer.command(aim._replace(url=server.url()))
        pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
        run = bench.load.run(server, pinned + command, seconds + 60)
    found = spacing(arrivals_of(run, skip=1), None)
    bench.say("    %s: %.0f/s, lateness p50 %.0f us, p99 %.0f; dispersion "
              "%.3f" % (peer.name, found["rate"], found["p50"], found["p99"],
                        found["dispersion"]))
    return found


POISSON_WANTED = 3


def spacing_checks(bench):
    rate = bench.options.rate or 20000
    valid, others = collect_valid(
        bench, lambda n: own_spacing(bench, rate, "even", n), lambda _: None)
    words = "" if valid else "no VALID run: "
    even = valid or sorted(others, key=lambda run: run["p99"])[:3]
    checks = [check("VALID of %d" % (len(valid) + len(others)), len(valid),
                    ">=", bench.options.wanted, beside=True)]
    for name, bound in (("p50", 60), ("p99", 300)):
        checks.append(check("%slateness %s, us" % (words, name), noted(
            [run[name] for run in even]), "<=", bound))
    checks.append(check(words + "dispersion, even", noted(
        [run["dispersion"] for run in even]), "<=", 0.1))
    valid, others = collect_valid(
        bench, lambda n: own_spacing(bench, rate, "poisson", n),
        lambda _: None, POISSON_WANTED)
    words = "" if valid else "no VALID run: "
    checks.append(check(words + "Poisson: dispersion less 1", noted(
        [abs(run["dispersion"] - 1) for run in valid or others[:3]]),
        "<=", 0.1))
    for name in ("wrk2", "autocannon", "hey"):
        checks += beside_peer(bench, name, rate, even)
    return checks


def beside_peer(bench, name, rate, even):
    peer = next(peer for peer in peers.ALL if peer.name == name)
    if not peer.path():
        bench.say("    %s is not here" % name)
        return [check("/ %s, which is not here" % name, 0, "<=", 0.5,
                      beside=True)]
    runs = [peer_spacing(bench, peer, rate) for _ in range(3)]
    return [check("lateness %s / %s's" % (key, name), statistics.median(
        run[key] for run in even) / statistics.median(
            run[key] for run in runs), "<=", 0.5) for key in ("p50", "p99")]


# ---- 6: nothing vanishes ----

SAME = (("answered", "answered"), ("error", "status"), ("hung", "timeout"),
        ("closed", "closed"), ("reset", "reset"))


def failure_run(bench, tls):
    rate = bench.options.rate or 1000
    requests = rate * bench.seconds(20)
    run = bench.load.measure(
        ("--delay", "constant:5ms", "--seed", str(bench.options.seed),
         "--failures", bench.options.failures),
        ("--rate", rate, "-n", requests, "-c", 1000, "--timeout", "1s"),
        limit=bench.seconds(20) + 60, tls=tls)
    logged = run.journal.outcomes()
    said = run.result["outcomes"]
    arrivals = run.journal.arrivals()
    kept = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) * SECOND / rate
    bench.say("    server: %s; says: %s; %.4f of the rate; timeouts in "
              "response: max %s" % (
                  ", ".join("%s %d" % pair for pair in logged.items()),
                  ", ".join("%s %d" % pair for pair in said.items()
                            if pair[1]), kept, generators.show_ns(
                      generators.said_ns(run.result, "response")["max"])))
    words = "https" if tls else "http"
    off = sum(abs(logged[ours] - said[theirs]) for ours, theirs in SAME)
    others = sum(count for name, count in said.items()
                 if name not in [theirs for _, theirs in SAME])
    return [check(words + ": counts that differ", off + others +
                  logged["gone"], "<=", 0),
            check(words + ": of the rate", kept, ">=", 0.99)]


def rate_runs(bench):
    rate = bench.options.rate or 1000
    seconds = bench.seconds(60)
    checks = []
    for reactors in (1, 2, 4):
        run = bench.load.measure(
            ("--delay", "constant:5ms"),
            ("--rate", rate, "-d", "%ds" % seconds, "-c", 200, "--warm-up",
             "0s", "-r", reactors), limit=seconds + 60)
        bench.say("    %d reactors: %d requests" % (
            reactors, run.totals["requests"]))
        checks.append(check("%d reactors: away from %s" % (
            reactors, format(rate * seconds, ",")), abs(
                run.totals["requests"] - rate * seconds), "<=", 1))
    return checks


def failure_checks(bench):
    return failure_run(bench, False) + failure_run(bench, True) + \
        rate_runs(bench)


# ---- 7: the generator's own lateness is not the server's ----

FEW = 100


def burst_run(bench, number):
    """Stopped for 300 ms, it has more to send at once than it has connections.
    What then waits for one does so because the generator was late."""
    rate = bench.options.rate or 1000
    seconds = bench.seconds(10)
    run = bench.load.measure(
        QUIET + ("--seed", str(bench.options.seed + number)),
        bench.options_of(rate, FEW, seconds), limit=seconds + 60,
        meanwhile=in_the_middle(bench, stop_for_a_moment))
    true = journal.summary(run.journal.seen_by_users(10 * SECOND))
    said = generators.said_ns(run.result, "response")
    off = generators.errors(said, true)
    bench.say("    %s, %d queued: says %s, server %s" % (
        run.result["verdict"], run.result["counts"]["queued"],
        truth.latency_words({key: value and value / MS
                             for key, value in said.items()}),
        truth.latency_words({key: true[key] / MS
                             for key in generators.MEASURES})))
    return generators.worst(off)


def burst_checks(bench):
    off = [burst_run(bench, number)
           for number in range(bench.options.runs or 5)]
    return [check("stopped for 300 ms, %d connections: response, of what is "
                  "allowed" % FEW, noted(off), "<=", 1)]


ROWS = [
    (1, "truth", truth_checks),
    (2, "starved", starved_checks),
    (3, "the verdict", verdict_checks),
    (4, "the cost, closed", cost_checks),
    (5, "when requests come, open", spacing_checks),
    (6, "nothing vanishes", failure_checks),
    (7, "own lateness is no queue", burst_checks),
]


def run(load, options):
    bench = Bars(load, options)
    numbers = [int(word) for word in options.names]
    rows = []
    for number, title, measure in ROWS:
        if numbers and number not in numbers:
            continue
        row = {"number": number, "title": title, "checks": [],
               "command": "bench/run load-bars %d" % number,
               "load": os.getloadavg()[0]}
        begun = time.monotonic()
        load.say("row %d, %s; load %.1f" % (number, title, row["load"]))
        try:
            row["checks"] = measure(bench)
        except (Unmeasured, Bad, OSError, RuntimeError,
                subprocess.SubprocessError) as reason:
            row["unmeasured"] = without_paths(
                re.sub(r"\s+", " ", str(reason)))
        row["took_s"] = time.monotonic() - begun
        rows.append(row)
    result = {"rows": rows}
    bars.show(result, load.say)
    return result
