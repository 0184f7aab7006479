# SPDX-License-Identifier: MIT
"""Behind `bench/run crawl-shared`: what was set as the aim for a crawl of many
workers on PostgreSQL, and whether it is met."""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import crawl_bars
import machine
import network
import postgres
import report
import shared_archive
import shared_rates
import web
from bars import Unmeasured, check
from measure import Bad
from shared_crawl import Disturber, SharedCrawl

DELAY_MS = 100


def say(words):
    print(words, flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="bench/run crawl-shared")
    parser.add_argument("numbers", nargs="*", help="of rows")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--note")
    parser.add_argument("--pages", type=int)
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100,
                        help="disturbances of row 1")
    parser.add_argument("--lease", type=float, default=2,
                        help="seconds, in row 1")
    parser.add_argument("--pairs", type=int,
                        help="rounds in which each has its turn")
    parser.add_argument("--limit", type=int, default=400,
                        help="seconds, of one crawl")
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    known = [str(number) for number, _, _ in ROWS]
    if not set(options.numbers) <= set(known):
        parser.error("there are: " + ", ".join(known))
    return options


class Bars:
    def __init__(self, options):
        self.options = options
        self.say = say
        self.kept = tempfile.TemporaryDirectory(prefix="lariat-shared-")
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}
        if "--frontier" not in machine.output_of(self.program(), "crawl",
                                                 "--help"):
            raise SystemExit("bench/run: this lariat crawl has no --frontier")
        if not postgres.programs():
            raise SystemExit("bench/run: there is no PostgreSQL server")

    def program(self, name="lariat"):
        return os.path.join(self.options.programs, name)

    def directory(self):
        return tempfile.mkdtemp(dir=self.kept.name)

    def pages(self, otherwise):
        return self.options.pages or otherwise

    def hosts(self, otherwise):
        return self.options.hosts or otherwise

    def serve(self, directory, *arguments):
        return web.Synthweb(
            self.options.programs, "--device", network.WEB_BRIDGE,
            "--first-host", network.FIRST_HOST, "--gaps",
            os.path.join(directory, "gaps"), *arguments)

    def crawl(self, directory, database, server, *options):
        return SharedCrawl(
            self.program(), directory, server.first,
            ["--quiet", "--contact", "bench@example.org", "--frontier",
             database.url(), "--scope", "any", "--allow-net", network.WEB_NET,
             *options],
            self.environment)


# ---- 1: disturbances ----

def expected_of(bars, server, arguments):
    """The URLs that a right crawl of that web has."""
    text = subprocess.run(
        [bars.program("synthweb"), "--expect", "--device", network.WEB_BRIDGE,
         "--first-host", network.FIRST_HOST, "--port", str(server.port),
         *map(str, arguments)], check=True, stdout=subprocess.PIPE,
        text=True).stdout
    return {line.split("\t")[2] for line in text.splitlines()}


def check_files(bars, crawl):
    """What `lariat warc check` says against the files, if anything."""
    files = [os.path.join(worker.directory, "warc", name)
             for worker in crawl.workers
             if os.path.isdir(os.path.join(worker.directory, "warc"))
             for name in sorted(os.listdir(os.path.join(worker.directory,
                                                        "warc")))
             if ".warc" in name and not name.endswith(".cdxj")]
    done = subprocess.run([bars.program(), "warc", "check", *files],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return [] if done.returncode == 0 else [
        "warc check: " + done.stdout.strip()[-300:]]


class Gaps:
    """The gaps below the delay that the server has seen: of one client, or
    between two."""

    def __init__(self, directory):
        self.of_one, self.of_two = [], []
        self.all = []  # when, how long, whose machines
        with open(os.path.join(directory, "gaps"), encoding="ascii") as text:
            for line in text:
                _, at_ns, gap_ns, before, after = line.split()
                self.all.append((int(at_ns) / 1e9, int(gap_ns) / 1e6,
                                 network.number_of(before),
                                 network.number_of(after)))
                (self.of_one if before == after else self.of_two).append(
                    int(gap_ns) / 1e6)


class Outcome:
    """What came of a crawl that was disturbed."""

    def __init__(self):
        self.disturbed, self.workers = 0, 0
        self.wrong = []
        self.gaps = None


def go_on(crawl, disturber, most, limit_s, outcome):
    """Lets the crawl run to its end, disturbed `most` times at the most."""
    draw, begun = disturber.draw, time.monotonic()
    next_at = begun + 1
    while crawl.running() or disturber.due:
        now = time.monotonic()
        if now - begun > limit_s:
            outcome.wrong.append("it did not end in %d s" % limit_s)
            break
        disturber.settle()
        revive(crawl, disturber, outcome)
        note_leavers(crawl, disturber, outcome)
        if disturber.done() < most and now >= next_at:
            next_at = now + (draw.expovariate(1 / 0.9)
                             if disturber.disturb() else 0.1)
        time.sleep(0.01)
    disturber.settle(all_of_it=True)
    if not crawl.wait(60):
        outcome.wrong.append("workers did not end")


def revive(crawl, disturber, outcome):
    """Who has given up, which is wrong, is begun again."""
    for worker in crawl.workers:
        if worker.busy or worker.ended in (None, 0, 1):
            continue
        words = "w%d gave up with code %d: %s" % (
            worker.number, worker.ended, worker.last_words())
        worker.ended = None
        worker.busy = True
        # Who begins while there is no database is told so, and ends.
        if time.monotonic() - worker.started < 5 and (
                disturber.database_busy or
                disturber.away_until > worker.started):
            disturber.refused += 1
        else:
            outcome.wrong.append(words)
        disturber.later(0.5, disturber.release(worker, worker.start))


def note_leavers(crawl, disturber, outcome):
    """Who ends well is to have nothing left to do, nor have others."""
    for worker in crawl.workers:
        if worker.ended not in (0, 1) or worker.seen_off or \
                disturber.database_busy:
            continue
        worker.seen_off = True
        left = shared_archive.count_queued(disturber.database)
        if left:
            outcome.wrong.append("w%d left while %d URLs were queued" % (
                worker.number, left))


def look_at(bars, crawl, database, expected, outcome):
    """All that is there at the end, with the dead workers' directories."""
    directories = {shared_archive.worker_of(worker.directory): worker.directory
                   for worker in crawl.workers}
    directories.pop(None, None)
    outcome.wrong += filter(None, [
        worker.repair() for worker in crawl.workers
        if worker.directory in directories.values()])
    outcome.wrong += check_files(bars, crawl)
    tables = shared_archive.Tables(database)
    outcome.wrong += shared_archive.differences(directories, tables, expected)


def disturbed_crawl(bars, database, machines, most, draw, seed):
    arguments = ("--pages", bars.pages(8000), "--hosts", bars.hosts(48),
                 "--skew", 1, "--page-bytes", 2048, "--seed", seed)
    directory = bars.directory()
    outcome = Outcome()
    lease_s = bars.options.lease
    with bars.serve(directory, "--gap-ms", DELAY_MS, *arguments) as server:
        crawl = bars.crawl(directory, database, server, "--delay",
                           str(DELAY_MS / 1000), "--lease", "%gs" % lease_s)
        for one in machines[:draw.randint(2, len(machines))]:
            crawl.join(one)
        outcome.workers = len(crawl.workers)
        disturber = Disturber(crawl, database, draw, lease_s, say)
        try:
            go_on(crawl, disturber, most, bars.options.limit, outcome)
        finally:
            crawl.kill_all()
        outcome.disturbed = disturber.done()
        outcome.counts = disturber.counts
        outcome.refused = disturber.refused
        outcome.wrong += disturber.wrong
        look_at(bars, crawl, database,
                expected_of(bars, server, arguments), outcome)
        outcome.totals = server.end()
    outcome.gaps = Gaps(directory)
    for at_s, gap_ms, before, after in outcome.gaps.all[:8]:
        say("      %.1f ms, of %d after %d: %s" % (
            gap_ms, after, before, ", ".join(disturber.before(at_s, after))))
    if not outcome.wrong:
        shutil.rmtree(directory, ignore_errors=True)
    return outcome


def disturbances(bars):
    draw = random.Random(bars.options.seed)
    machines = [network.Machine(number) for number in range(1, 5)]
    left, crawls, bad, of_one, of_two = bars.options.kills, 0, 0, 0, 0
    counts = {}
    try:
        while left > 0 and crawls < 3 + bars.options.kills / 4:
            with postgres.Postgres(network.DATABASE,
                                   settings=("fsync = off",)) as database:
                done = disturbed_crawl(bars, database, machines, left, draw,
                                       bars.options.seed + crawls)
            crawls += 1
            left -= done.disturbed
            bad += len(done.wrong)
            of_one += len(done.gaps.of_one)
            of_two += len(done.gaps.of_two)
            for name, count in done.counts.items():
                counts[name] = counts.get(name, 0) + count
            tell(crawls, done)
    finally:
        for one in machines:
            one.close()
    bars.say("    " + ", ".join("%d times %s" % (count, name)
                                for name, count in sorted(counts.items())))
    return [check("disturbances that are left", max(left, 0), "<=", 0),
            check("differences between site, WARC files and tables", bad,
                  "<=", 0),
            check("gaps below the delay, of two workers", of_two, "<=", 0),
            check("gaps below the delay, of one worker", of_one, "<=", 0),
            check("crawls", crawls, ">=", 1, beside=True)]


def tell(number, done):
    found = done.totals["politeness"]
    say("    crawl %d: %d workers, disturbed %d times, %d requests for %d "
        "pages; gaps below %d ms: %d of two workers, %d of one; the shortest "
        "%.1f ms: %s" % (
            number, done.workers, done.disturbed, done.totals["requests"],
            web.pages_of(done.totals)["fetched"], DELAY_MS,
            len(done.gaps.of_two), len(done.gaps.of_one),
            found["min_gap_us"] / 1000,
            "; ".join(done.wrong[:6]) or "all is there, once"))


ROWS = [(1, "disturbed at random", disturbances),
        (2, "two workers to one, and what the database takes",
         shared_rates.measure)]


def end(*_):
    raise SystemExit(143)


def main():
    signal.signal(signal.SIGTERM, end)
    options = parse()
    network.enter_own_namespace()
    network.lay_out()
    facts = machine.facts(options.programs)
    if options.note:
        facts["note"] = options.note
    say("\n== crawl-shared")
    report.show_head(facts, say)
    bars = Bars(options)
    wanted = set(map(int, options.numbers)) or {row[0] for row in ROWS}
    begun = time.monotonic()
    rows = [crawl_bars.run_row(bars, *row) for row in ROWS
            if row[0] in wanted]
    result = {"rows": rows, "took_s": round(time.monotonic() - begun)}
    say("\ncrawl-shared took %.1f minutes" % (result["took_s"] / 60))
    part = "-part" if options.numbers else ""
    say("written: " + report.write_json("crawl-shared" + part, facts, result))
    return int(not all(row["met"] for row in rows))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
