# SPDX-License-Identifier: MIT
"""What was set as the aim for `lariat crawl`, row by row, and whether it is
met.  Pages, hosts and seeds are options: the aims are for all of them."""
import glob
import json
import os
import random
import shutil
import statistics
import subprocess
import time

import archive
import crawlers
import crawling
import web
from bars import Unmeasured, check
from measure import Bad

FEATURES = "robots,slow,broken,moved,status,copies,spellings,traps,bodies," \
    "charsets,maps,gzip"


class Bars:
    def __init__(self, bench, options):
        self.bench = bench
        self.options = options
        self.say = bench.say

    def lariat(self, *options, name="lariat"):
        found = crawlers.lariat(self.bench.build, name, options)
        if found.missing:
            raise Unmeasured(found.missing)
        return found

    def program(self, name="lariat"):
        return os.path.join(self.bench.build, name)

    def pages(self, otherwise):
        return self.options.pages or otherwise

    def hosts(self, otherwise):
        return self.options.hosts or otherwise

    def check_whole(self, run, what=""):
        """Each page once, and nothing against the rules."""
        totals = run.totals
        return [check(what + "URLs of the site that are missing",
                      sum(web.missing_of(totals).values()), "<=", 0),
                check(what + "URLs that were asked for again",
                      sum(web.again_of(totals).values()), "<=", 0),
                check(what + "requests against the rules",
                      sum(web.rude(totals).values()), "<=", 0)]


# ---- 1: CPU a page ----

def rounds_of(bars, taking_part, pages, hosts, rounds):
    runs = {one.name: [] for one in taking_part}
    for number in range(rounds):
        for one in taking_part:
            run = bars.bench.run(
                one, ("--pages", pages, "--hosts", hosts, "--seed",
                      bars.options.seed + number), limit_s=bars.options.limit)
            bars.say("    %-18s %.3f ms a page, %d pages" % (
                one.name, run.cpu_ms_a_page(), run.pages()))
            runs[one.name].append(run)
    return runs


def ratio_of(runs, name, to):
    """The median of the rounds' ratios, with the lowest and the highest."""
    ratios = [one.cpu_ms_a_page() / other.cpu_ms_a_page()
              for one, other in zip(runs[name], runs[to])]
    return {"median": statistics.median(ratios), "low": min(ratios),
            "high": max(ratios)}


def cost(bars):
    ours = bars.lariat()
    bare = bars.lariat("--no-warc", name="lariat, no WARC")
    wget2 = crawlers.wget2()
    if wget2.missing:
        raise Unmeasured("wget2: " + wget2.missing)
    runs = rounds_of(bars, [ours, bare, wget2], bars.pages(20000),
                     bars.hosts(64), bars.options.pairs or 7)
    checks = [
        check("CPU a page / wget2's", ratio_of(runs, ours.name, "wget2"), "<=",
              0.40),
        check("without WARC / wget2's", ratio_of(runs, bare.name, "wget2"),
              "<=", 0.25),
        check("CPU ms a page", crawling.median(
            runs[ours.name], crawling.Run.cpu_ms_a_page), "<=", 0.25,
            beside=True),
        *bars.check_whole(runs[ours.name][0]),
        *bars.check_whole(runs[bare.name][0], "without WARC: ")]
    scrapy = crawlers.scrapy()
    if scrapy.missing:
        bars.say("    Scrapy: " + scrapy.missing)
        raise Unmeasured("Scrapy: " + scrapy.missing)
    runs = rounds_of(bars, [ours, scrapy], bars.pages(20000) // 10,
                     bars.hosts(64), 2)
    return checks + [check("CPU a page / Scrapy's",
                           ratio_of(runs, ours.name, scrapy.name), "<=",
                           1 / 70)]


# ---- 2: kills ----

def expected_of(bars, server, arguments):
    """The URLs that a right crawl of that web has."""
    text = subprocess.run(
        [bars.program("synthweb"), "--expect", "--port", str(server.port),
         *map(str, arguments)], check=True, stdout=subprocess.PIPE,
        text=True).stdout
    return {line.split("\t")[2] for line in text.splitlines()}


def kill_at_random(bars, command, draw, longest_s):
    """Runs the crawl for a random time and kills it.  False: it had ended."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE,
                             env=bars.bench.environment())
    try:
        child.wait(draw.uniform(0.01, longest_s))
    except subprocess.TimeoutExpired:
        pass
    ended = child.poll() is not None
    child.kill()
    _, words = child.communicate()
    if ended and child.returncode not in (0, 1):
        raise Bad("exit code %d: %s" % (child.returncode,
                                        words.decode()[-300:]))
    return not ended


def check_warc(bars, directory):
    """What `lariat warc check` says against the files, if anything."""
    files = [path for path in glob.glob(os.path.join(directory, "warc", "*"))
             if ".warc" in path and not path.endswith(".cdxj")]
    done = subprocess.run([bars.program(), "warc", "check", *sorted(files)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout.strip()[-300:]]


def killed_crawl(bars, kills, draw, seed):
    """Crawls a web and is killed up to `kills` times; then lets it end, and
    looks at what there is.  How often it was killed, and what is wrong."""
    arguments = ("--pages", bars.pages(20000), "--hosts", bars.hosts(64),
                 "--seed", seed)
    directory = bars.bench.directory()
    crawl = os.path.join(directory, "crawl")
    done = 0
    with web.Synthweb(bars.bench.build, *arguments) as server:
        command = bars.lariat().command(
            crawlers.Task(server.first, directory, 64, None))
        while done < kills:
            if not kill_at_random(bars, command, draw, 1.2):
                break
            done += 1
        ended = subprocess.run(command, check=False,
                               env=bars.bench.environment(),
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, timeout=600)
        wrong = [] if ended.returncode in (0, 1) else [
            "exit code %d: %s" % (ended.returncode,
                                  ended.stderr.decode()[-300:])]
        wrong += check_warc(bars, crawl)
        wrong += archive.differences(
            crawl, expected_of(bars, server, arguments))
    shutil.rmtree(directory, ignore_errors=True)
    return done, wrong


def kills(bars):
    bars.lariat()
    draw = random.Random(bars.options.seed)
    left, crawls, bad = bars.options.kills, 0, 0
    while left > 0:
        done, wrong = killed_crawl(bars, left, draw,
                                   bars.options.seed + crawls)
        bars.say("    crawl %d: killed %d times: %s" % (
            crawls + 1, done, "; ".join(wrong) or "all is there, once"))
        left -= done
        crawls += 1
        bad += len(wrong)
        if not done and wrong:
            break
    return [check("kills that are left", max(left, 0), "<=", 0),
            check("differences between site, WARC and database", bad, "<=",
                  0),
            check("crawls", crawls, ">=", 1, beside=True)]


# ---- 3: politeness ----

def politeness(bars):
    run = bars.bench.run(
        bars.lariat("--delay", "1"),
        ("--pages", bars.pages(20000), "--hosts", bars.hosts(1000), "--skew",
         1, "--features", "robots", "--gap-ms", 1000, "--seed",
         bars.options.seed), in_flight=1024, limit_s=bars.options.limit)
    found = run.totals["politeness"]
    bars.say("    %d requests to %d hosts in %.0f s; the shortest gap was "
             "%.3f ms" % (run.totals["requests"], found["hosts"], run.wall_s,
                          found["min_gap_us"] / 1000))
    return [check("gaps below a second, of %d" % run.totals["requests"],
                  found["short_gaps"], "<=", 0),
            check("requests in flight to a host", found["in_flight_max"],
                  "<=", 1),
            check("requests under Disallow", found["forbidden"], "<=", 0),
            check("requests before robots.txt", found["before_robots"], "<=",
                  0),
            *bars.check_whole(run)]


# ---- 4: a million pages ----

class Watched:
    """A crawl whose progress is read: the most URLs that were known, and the
    memory that the frontier had for them, queued or not."""

    def __init__(self):
        self.queued = 0
        self.memory = 0
        self.known = 0

    def take(self, line):
        try:
            found = json.loads(line)
        except ValueError:
            return
        self.known = max(self.known, found.get("known", 0))
        self.queued = max(self.queued, found.get("queued", 0))
        self.memory = max(self.memory, found.get("memory_bytes", 0))


def watch(bars, command, limit_s):
    """Runs a crawl with --progress json: what was seen, its exit code, its
    CPU seconds, its peak in MB and how long it took."""
    seen = Watched()
    figures = os.path.join(bars.bench.kept.name, "figures.json")
    begun = time.monotonic()
    child = subprocess.Popen(
        [bars.program("bench-measure"), str(limit_s), figures, *command],
        env=bars.bench.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in child.stderr:
        seen.take(line)
    child.wait()
    with open(figures, encoding="utf-8") as text:
        found = json.load(text)
    return seen, found, time.monotonic() - begun


def size_of(*paths):
    return sum(os.path.getsize(path) for path in paths
               if os.path.exists(path))


def crawl_million(bars, directory, arguments):
    with web.Synthweb(bars.bench.build, *arguments) as server:
        command = bars.lariat("--progress", "json", "--max-body", "4M",
                              "--retries", "3").command(
            crawlers.Task(server.first, directory, 1024, None))
        command.remove("--quiet")
        seen, figures, took = watch(bars, command, 4 * 3600)
        again = time.monotonic()
        subprocess.run(command, check=False, env=bars.bench.environment(),
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=600)
        return (server.end(), seen, figures, took, time.monotonic() - again)


def million(bars):
    bars.lariat()
    pages = bars.pages(1000000)
    directory = bars.bench.directory()
    totals, seen, figures, took, resumed_s = crawl_million(bars, directory, (
        "--pages", pages, "--hosts", bars.hosts(1000), "--page-bytes", 2048,
        "--features", FEATURES, "--slow-ms", 100, "--crawl-delay-ms", 10,
        "--retry-after", 0, "--big-bytes", 262144, "--seed",
        bars.options.seed))
    crawl = os.path.join(directory, "crawl")
    log = archive.database_of(crawl)
    known = seen.known or pages
    bars.say("    %d requests in %.1f minutes; %.3f ms of CPU a page; peak "
             "%.0f MB; exit code %d" % (
                 totals["requests"], took / 60,
                 1000 * (figures["user_s"] + figures["sys_s"]) / pages,
                 figures["maxrss_kb"] / 1024, figures["exit"]))
    bars.say("    traps: " + json.dumps(totals["traps"]))
    bars.say("    missing: %s; again: %s; rude: %s" % (
        web.missing_of(totals), web.again_of(totals), web.rude(totals)))
    checks = [
        check("it did not end", int(figures["timed_out"]), "<=", 0),
        check("URLs of the site that are missing",
              sum(web.missing_of(totals).values()), "<=", 0),
        check("URLs that were asked for again",
              sum(web.again_of(totals).values()), "<=", 0),
        check("requests against the rules", sum(web.rude(totals).values()),
              "<=", 0),
        check("share of trap pages", totals["traps"]["all"] /
              max(1, totals["requests"]), "<=", 0.01),
        check("bytes of memory a URL, %d of them queued at most" %
              seen.queued, seen.memory / known, "<=", 32),
        check("bytes of disk a URL", size_of(log, log + "-wal") / known,
              "<=", 130),
        check("seconds to go on with %d URLs" % known, resumed_s, "<=", 2)]
    shutil.rmtree(directory, ignore_errors=True)
    return checks


# ---- 6: hostile webs ----

GUARDED = ("--deny-net", "127.0.0.0/8", "--deny-net", "::1", "--allow-net",
           web.OWN_NET)


BUDGET = 3  # the exit code of a crawl that --max-time has ended


def guarded(bars, *options):
    crawler = bars.lariat(*GUARDED, *options)
    crawler.exits += (BUDGET,)
    return crawler


def hostile_pages(bars):
    return bars.bench.run(
        guarded(bars, "--max-body", "2M", "--timeout", "20", "--max-time",
                "240", "--grace", "5"),
        ("--pages", bars.pages(2000), "--hosts", bars.hosts(64), "--features",
         FEATURES + ",hostile", "--slow-ms", 500, "--crawl-delay-ms", 20,
         "--retry-after", 0, "--first-host", web.OWN_FIRST_HOST, "--seed",
         bars.options.seed), in_flight=256, limit_s=300)


def slow_servers(bars):
    return bars.bench.run(
        guarded(bars, "--max-time", "60", "--grace", "5"),
        ("--pages", 20000, "--hosts", 10000, "--skew", 1, "--features",
         "slow", "--slow-percent", 100, "--slow-ms", 20000, "--first-host",
         web.OWN_FIRST_HOST, "--seed", bars.options.seed), in_flight=1024,
        limit_s=120)


def check_hostile(bars, name, run):
    totals = run.totals
    bars.say("    %s: %d requests in %.0f s, peak %.0f MB, exit code %d, traps "
             "%d, connections to internal addresses: %s" % (
                 name, totals["requests"], run.wall_s, run.peak_mb, run.exit,
                 totals["traps"]["all"], totals["canary"]["addresses"]))
    return [check(name + ": it did not end in time", int(run.late), "<=", 0),
            check(name + ": internal addresses reached",
                  totals["canary"]["connections"], "<=", 0),
            check(name + ": peak MB", run.peak_mb, "<=", 512)]


def hostile(bars):
    pages = hostile_pages(bars)
    checks = check_hostile(bars, "hostile pages", pages)
    checks += [check("hostile pages: ended by --max-time, not by itself",
                     int(pages.exit == BUDGET), "<=", 0),
               check("hostile pages: pages that are missing",
                     web.pages_of(pages.totals)["missing"], "<=", 0)]
    return checks + check_hostile(bars, "10,000 slow servers",
                                  slow_servers(bars))


ROWS = [(1, "CPU a page", cost), (2, "killed at random", kills),
        (3, "politeness, as the server sees it", politeness),
        (4, "a million pages", million), (6, "hostile webs", hostile)]


def show(row, say):
    for one in row["checks"]:
        bounds = " (%.3g to %.3g)" % (one["low"], one["high"]) \
            if one["low"] is not None else ""
        say("  %-52s %10.4g%s %s %.4g  %s" % (
            one["what"], one["measured"], bounds, one["sign"], one["bound"],
            "beside" if one["beside"] else "met" if one["met"] else "MISSED"))
    say("  %s; it took %.1f minutes" % (
        "met" if row["met"] else row.get("unmeasured", "MISSED"),
        row["took_s"] / 60))


def run_row(bars, number, title, measure):
    bars.say("\n%d: %s" % (number, title))
    row = {"number": number, "title": title, "checks": []}
    begun = time.monotonic()
    try:
        row["checks"] = measure(bars)
        row["met"] = all(one["met"] or one["beside"]
                         for one in row["checks"])
    except (Unmeasured, Bad) as error:
        row["unmeasured"] = str(error)
        row["met"] = False
    row["took_s"] = round(time.monotonic() - begun)
    show(row, bars.say)
    return row


def run(bench, options):
    bars = Bars(bench, options)
    wanted = set(map(int, options.numbers)) or {number for number, _, _ in
                                                ROWS}
    return [run_row(bars, *row) for row in ROWS if row[0] in wanted]
