# SPDX-License-Identifier: MIT
"""Runs programs in turns and reduces what they took to medians and ratios."""
import json
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time

from servers import children_of, cpu_of

NOISY = 0.2  # spread of a ratio, from lowest to highest, by the median


class Contender:
    """A program that does a row's work.

    command   a function of the number of requests, giving the command line
    parse     a function of its output, giving {"requests", "failed", ...}, or
              None: then only the server's count says how many there were
    share     how many of the row's requests it does: slow ones do fewer
    libcurl   it uses the libcurl under comparison
    missing   why it cannot take part, or None
    window    connections: measured only from when they are all open
    exits     its exit codes that are no failure of the run
    """

    def __init__(self, name, command, parse=None, share=1.0, libcurl=False,
                 missing=None, window=0, exits=(0,)):
        self.name = name
        self.command = command
        self.parse = parse
        self.share = share
        self.libcurl = libcurl
        self.missing = missing
        self.window = window
        self.exits = exits


class Bad(Exception):
    """A run from which no figure may be taken."""


def without_paths(text):
    """What a result may keep of a program's words: no directories."""
    return re.sub(r"(?<![\w/:])/(?:[^\s/]+/)+", "", text)


def last_json(text):
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise Bad("it printed no figures")


def parse_wrk(text):
    done = re.search(r"(\d+) requests in", text)
    if not done:
        raise Bad("it printed no figures")
    failed = sum(int(n) for n in re.findall(
        r"(?:connect|read|write|timeout) (\d+)", text))
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"requests": int(done.group(1)),
            "failed": failed + (int(other.group(1)) if other else 0)}


def parse_h2load(text):
    done = re.search(r"requests: (\d+) total, .* (\d+) succeeded", text)
    good = re.search(r"status codes: (\d+) 2xx", text)
    if not done or not good:
        raise Bad("it printed no figures")
    total = int(done.group(1))
    return {"requests": total,
            "failed": total - min(int(done.group(2)), int(good.group(1)))}


def parse_fetch(text):
    """What `lariat fetch` writes: failures belong to the list and are counted.
    The time of an answer is from its turn to its last byte, in its last hop."""
    taken = []
    lines = 0
    for line in text.splitlines():
        result = json.loads(line)
        lines += 1
        if result["error"] is None:
            taken.append(result["time_us"]["first_byte"] +
                         result["time_us"]["body"])
    if not taken:
        raise Bad("none of its URLs was answered")
    taken.sort()
    return {"requests": lines, "failed": 0, "unanswered": lines - len(taken),
            "p50_us": percentile(taken, 50), "p99_us": percentile(taken, 99)}


def percentile(ordered, percent):
    """The nearest rank, rounded up; None where a p99 has fewer than 10 values
    above, as in bench/latencies."""
    rank = (len(ordered) * percent + 99) // 100
    if percent != 50 and len(ordered) - rank < 10:
        return None
    return ordered[rank - 1]


class Watch(threading.Thread):
    """Asks the server again and again how many connections it has."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.ended = threading.Event()
        self.seen = []

    def run(self):
        while not self.ended.wait(0.03):
            try:
                before = time.monotonic()
                self.seen.append((before, self.server.connected() or 0,
                                  time.monotonic()))
            except OSError:
                continue

    def least(self, begin_s, end_s):
        """The least number seen in that time, or None."""
        numbers = [number for before, number, after in self.seen
                   if begin_s <= before and after <= end_s]
        return min(numbers) if numbers else None


class Window(threading.Thread):
    """Looks again and again at what the program and the server have used and
    done, to take figures from the time between two looks: without the
    program's start and the opening of its connections."""

    def __init__(self, server, measurer):
        super().__init__(daemon=True)
        self.server = server
        self.measurer = measurer
        self.ended = threading.Event()
        self.seen = []

    def look(self, pids):
        before = cpu_of(pids)
        connected, handled = self.server.status()
        return {"at": time.monotonic(), "cpu_s": (before + cpu_of(pids)) / 2,
                "server_cpu_s": self.server.cpu_s(), "connected": connected,
                "handled": handled}

    def run(self):
        pids = []
        while not pids and not self.ended.wait(0.01):
            pids = children_of(self.measurer)
        while pids and not self.ended.wait(0.1):
            try:
                look = self.look(pids)
            except OSError:
                continue
            if not self.ended.is_set() and look["cpu_s"] > 0:
                self.seen.append(look)

    def figures(self, connections):
        """From when all connections have had their second request on."""
        first = self.seen[0]["handled"] if self.seen else 0
        busy = [look for look in self.seen
                if look["connected"] >= 0.99 * connections and
                look["handled"] - first >= 2 * connections]
        if len(busy) < 2 or busy[-1]["at"] - busy[0]["at"] < 0.5:
            raise Bad("it was too short after its connections were open")
        requests = busy[-1]["handled"] - busy[0]["handled"]
        between = {name: busy[-1][name] - busy[0][name]
                   for name in ("cpu_s", "server_cpu_s")}
        return dict(between, requests=requests,
                    wall_s=busy[-1]["at"] - busy[0]["at"])


class Runner:
    def __init__(self, build, libcurl=None, scale=100, pairs=7):
        self.build = build
        self.libcurl = libcurl
        self.scale = scale
        self.pairs = pairs
        self.scratch = tempfile.TemporaryDirectory(prefix="lariat-bench-")

    def program(self, name):
        return os.path.join(self.build, name)

    def scaled(self, requests, floor=1):
        return max(floor, requests * self.scale // 100)

    def environment(self, contender, libcurl):
        """For a contender, or for one that uses libcurl."""
        env = dict(os.environ)
        env.pop("LD_LIBRARY_PATH", None)
        libcurl = libcurl or self.libcurl
        if libcurl and (contender is None or contender.libcurl):
            env["LD_LIBRARY_PATH"] = libcurl
        return env

    def run(self, contender, requests, server, libcurl=None, limit_s=180,
            watch=False, window=0):
        """One run: the figures of the kernel, and those of the program.  With
        `window` connections, only from when all of them are open."""
        out = os.path.join(self.scratch.name, "figures")
        command = [self.program("bench-measure"), str(limit_s), out]
        handled = server.handled()
        resumed = server.resumed()
        server_cpu = server.cpu_s()
        child = subprocess.Popen(command + contender.command(requests),
                                 env=self.environment(contender, libcurl),
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        watcher = Watch(server) if watch else None
        if window:
            watcher = Window(server, child.pid)
        if watcher:
            watcher.start()
        texts = child.communicate()
        if watcher:
            watcher.ended.set()
            watcher.join()
        done = subprocess.CompletedProcess(command, child.returncode, *texts)
        figures = self.read_figures(out, done, contender.exits)
        figures["server_cpu_s"] = server.cpu_s() - server_cpu
        self.add_own_figures(figures, contender, done, requests)
        self.add_resumed(figures, resumed, server.resumed())
        if handled is not None:
            figures["handled"] = server.handled() - handled
            if figures["handled"] < figures["requests"]:
                raise Bad("it says %d requests, the server says %d" %
                          (figures["requests"], figures["handled"]))
        if window:
            figures.update(watcher.figures(window))
        elif watcher:
            figures["connections_least"] = watcher.least(
                figures["ended_s"] - figures["wall_s"], figures["ended_s"])
        return figures

    @staticmethod
    def add_resumed(figures, before, after):
        """The share of the new TLS connections that went on with a session."""
        if after[1] > before[1]:
            figures["resumed"] = ((after[0] - before[0]) /
                                  (after[1] - before[1]))

    @staticmethod
    def read_figures(path, done, exits):
        try:
            with open(path, encoding="utf-8") as text:
                figures = json.load(text)
            os.unlink(path)
        except (OSError, ValueError) as error:
            raise Bad("it could not be measured") from error
        if figures["timed_out"]:
            raise Bad("it took too long")
        if figures["exit"] not in exits:
            words = done.stderr.decode(errors="replace").strip()
            raise Bad("exit code %d: %s" % (figures["exit"],
                                            without_paths(words)[-300:]))
        return figures

    @staticmethod
    def add_own_figures(figures, contender, done, requests):
        own = {"requests": requests, "failed": 0}
        if contender.parse:
            own = contender.parse(done.stdout.decode(errors="replace"))
        if own["failed"]:
            raise Bad("%d of its requests failed" % own["failed"])
        for name in ("requests", "start_cpu_s", "ended_s", "libcurl",
                     "version", "bytes", "p50_us", "p99_us", "unanswered"):
            if name in own:
                figures[name] = own[name]
        if "wall_s" in own:  # without the program's start and end
            figures["wall_s"] = own["wall_s"]
        figures["cpu_s"] = (figures["user_s"] + figures["sys_s"] -
                            figures.get("start_cpu_s", 0))

    def compare(self, row, show=lambda text: None):
        """All contenders of a row in turns.  What cannot be measured is left
        out with the reason."""
        result = {"id": row["id"], "title": row["title"],
                  "settings": dict(row["settings"]), "contenders": {},
                  "skipped": {}, "refused": {}}
        if "requests" in result["settings"]:
            result["settings"]["requests"] = self.scaled(row["requests"],
                                                         row.get("floor", 1))
        racing = []
        for contender in row["contenders"]:
            if contender.missing:
                result["skipped"][contender.name] = contender.missing
                show("  %s: skipped, %s" % (contender.name,
                                            contender.missing))
            else:
                racing.append(contender)
                result["contenders"][contender.name] = {"runs": []}
        pairs = row.get("pairs", self.pairs)
        for number in range(pairs):
            for contender in list(racing):
                try:
                    figures = self.run_row(row, contender)
                except Bad as reason:
                    show("  %s: refused, %s" % (contender.name, reason))
                    result["refused"][contender.name] = str(reason)
                    racing.remove(contender)
                    continue
                result["contenders"][contender.name]["runs"].append(figures)
            show("  round %d of %d, load %.1f" %
                 (number + 1, pairs, os.getloadavg()[0]))
        reduce_row(row, result)
        return result

    def run_row(self, row, contender):
        requests = self.scaled(int(row["requests"] * contender.share),
                               row.get("floor", 1))
        figures = self.run(contender, requests, row["server"],
                           row.get("libcurl"), row.get("limit_s", 180),
                           row.get("watch", False), contender.window)
        wanted = row.get("libcurl_version")
        if wanted and figures.get("libcurl", wanted) != wanted:
            raise Bad("it ran with libcurl " + figures["libcurl"])
        if row.get("held"):
            least = figures["connections_least"]
            if least is None:
                raise Bad("it was too short to see if connections were held")
            if least < row["held"]:
                raise Bad("only %d connections were held" % least)
        figures["at"] = time.time()
        return figures


def spread_of(values):
    middle = statistics.median(values)
    return {"median": middle, "low": min(values), "high": max(values),
            "spread": (max(values) - min(values)) / middle if middle else 0}


def noted(values):
    """The same, and whether it is too noisy to mean much."""
    found = spread_of(values)
    found["noisy"] = found["spread"] > NOISY
    return found


MEASURES = {
    # name: (how a run gives it, unit)
    "cpu_us": (lambda run: run["cpu_s"] / run["requests"] * 1e6, "us"),
    "user_us": (lambda run: run["user_s"] / run["requests"] * 1e6, "us"),
    "rate": (lambda run: run["requests"] / run["wall_s"], "1/s"),
    "wall_us": (lambda run: run["wall_s"] / run["requests"] * 1e6, "us"),
    "server_us": (lambda run: run["server_cpu_s"] / run["requests"] * 1e6,
                  "us"),
    "peak_mb": (lambda run: run["maxrss_kb"] / 1024, "MB"),
    "switches": (lambda run: run["context_switches"] / run["requests"], ""),
}
# What only some programs tell, and of a short run none.
TOLD = ("resumed", "p50_us", "p99_us", "unanswered")


def reduce_row(row, result):
    """Adds the medians of each contender, and the ratios of each round."""
    for name, contender in result["contenders"].items():
        if not contender["runs"] or name in result["refused"]:
            continue
        for measure, (of_run, _) in MEASURES.items():
            contender[measure] = spread_of(
                [of_run(run) for run in contender["runs"]])
        for said in ("libcurl", "version"):
            if said in contender["runs"][0]:
                contender[said] = contender["runs"][0][said]
        for told in TOLD:
            values = [run.get(told) for run in contender["runs"]]
            if None not in values:
                contender[told] = spread_of(values)
    result["ratios"] = []
    for one, other, measure in row["ratios"]:
        ratio = {"of": one, "to": other, "measure": measure}
        missing = [name for name in (one, other)
                   if name in result["refused"] or name in result["skipped"]]
        if missing:
            ratio["refused"] = "no figures of " + " and ".join(missing)
        else:
            of_run = MEASURES[measure][0]
            values = [of_run(a) / of_run(b) for a, b in zip(
                result["contenders"][one]["runs"],
                result["contenders"][other]["runs"]) if of_run(b)]
            ratio.update(noted(values), values=values)
        result["ratios"].append(ratio)
