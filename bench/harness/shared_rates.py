# SPDX-License-Identifier: MIT
"""What a second worker brings where the delay is the limit, and what a page
costs the database, beside a crawl on one machine by SQLite."""
import os
import shutil
import statistics
import subprocess
import time

import network
import postgres
import shared_archive
import web
from bars import Unmeasured, check
from shared_crawl import SharedCrawl, Worker

# A worker has as many sites in hand as it may have requests in flight: with a
# delay that is its limit.
IN_HAND, DELAY_MS = 32, 250
WARM_S, MEASURED_S = 10, 20
LINKS = 28  # of a page of synthweb's
STORE_LINKS = 25


def median(values):
    return {"median": statistics.median(values), "low": min(values),
            "high": max(values)}


# ---- Pages a second ----

def rate_of(bars, machines, count):
    """Pages a second that so many workers fetch, once they all have begun."""
    directory = bars.directory()
    arguments = ("--pages", 60000, "--hosts", 4 * IN_HAND, "--skew", 1,
                 "--page-bytes", 2048, "--seed", bars.options.seed)
    with postgres.Postgres(network.DATABASE) as database, \
            bars.serve(directory, *arguments) as server:
        crawl = bars.crawl(directory, database, server, "--delay",
                           str(DELAY_MS / 1000), "-c", str(IN_HAND))
        try:
            for one in machines[:count]:
                crawl.join(one)
            time.sleep(WARM_S)
            begun, before = time.monotonic(), server.report()["requests"]
            time.sleep(MEASURED_S)
            after, ended = server.report()["requests"], time.monotonic()
        finally:
            crawl.kill_all()
        server.end()
    shutil.rmtree(directory, ignore_errors=True)
    return (after - before) / (ended - begun)


def rates(bars, machines, rounds):
    one, two = [], []
    for _ in range(rounds):
        one.append(rate_of(bars, machines, 1))
        two.append(rate_of(bars, machines, 2))
        bars.say("    %d ms between requests, %d sites in hand: one worker "
                 "%.0f pages/s, two %.0f" % (DELAY_MS, IN_HAND, one[-1],
                                             two[-1]))
    return [check("pages/s of two workers / of one",
                  median([b / a for a, b in zip(one, two)]), ">=", 1.8)]


# ---- CPU a page ----

class Costs:
    """Of a crawl to its end, in ms: CPU a page of its workers and of the
    database, and how long it took."""

    def __init__(self, pages, workers_s, database_s, wall_s):
        self.workers = 1000 * workers_s / pages
        self.database = 1000 * database_s / pages
        self.rate = pages / wall_s


def whole(bars, crawl, server, what):
    """Runs to the end: pages, CPU of the workers and seconds."""
    begun = time.monotonic()
    ended = crawl.wait(bars.options.limit)
    took = time.monotonic() - begun
    totals = server.end()
    pages = web.pages_of(totals)
    if not ended or pages["missing"] or pages["again"]:
        bars.say("    %s: %s missing %d, again %d" % (
            what, "" if ended else "it did not end;", pages["missing"],
            pages["again"]))
    return pages["fetched"], crawl.cpu_s(), took


def web_of(bars):
    return ("--pages", bars.pages(20000), "--hosts", bars.hosts(64),
            "--seed", bars.options.seed)


def shared_cost(bars, machines, count):
    directory = bars.directory()
    with postgres.Postgres(network.DATABASE) as database, \
            bars.serve(directory, *web_of(bars)) as server:
        crawl = bars.crawl(directory, database, server, "--delay", "0", "-c",
                           "64")
        before = database.cpu_s()
        for one in machines[:count]:
            crawl.join(one)
        pages, cpu_s, took = whole(bars, crawl, server,
                                   "%d workers" % count)
        cost = Costs(pages, cpu_s, database.cpu_s() - before, took)
        cost.bytes_a_url = bytes_a_url(database)
    shutil.rmtree(directory, ignore_errors=True)
    return cost


def bytes_a_url(database):
    """On the database's disk, with its indexes and one outcome."""
    (size,), = database.query(
        "select sum(pg_total_relation_size(c.oid)) / (select count(*) from "
        "\"%s\".url) from pg_class c join pg_namespace n on n.oid = "
        "c.relnamespace where n.nspname = '%s' and c.relkind = 'r'" % (
            shared_archive.SCHEMA, shared_archive.SCHEMA))
    return float(size)


def local_cost(bars, machines):
    directory = bars.directory()
    with bars.serve(directory, *web_of(bars)) as server:
        crawl = SharedCrawl(
            bars.program(), directory, server.first,
            ["--quiet", "--contact", "bench@example.org", "--scope", "any",
             "--allow-net", network.WEB_NET,
             "--delay", "0", "-c", "64"], bars.environment)
        worker = Worker(crawl, 1, machines[0])
        crawl.workers.append(worker)
        worker.start()
        pages, cpu_s, took = whole(bars, crawl, server, "SQLite")
    shutil.rmtree(directory, ignore_errors=True)
    return Costs(pages, cpu_s, 0, took)


def costs(bars, machines, rounds):
    local, one, two = [], [], []
    for _ in range(rounds):
        local.append(local_cost(bars, machines))
        one.append(shared_cost(bars, machines, 1))
        two.append(shared_cost(bars, machines, 2))
        bars.say("    SQLite %.3f ms of CPU a page, %.0f pages/s; one worker "
                 "%.3f and PostgreSQL %.3f, %.0f pages/s; two %.3f and %.3f, "
                 "%.0f pages/s" % (
                     local[-1].workers, local[-1].rate, one[-1].workers,
                     one[-1].database, one[-1].rate, two[-1].workers,
                     two[-1].database, two[-1].rate))
    return [
        check("PostgreSQL's CPU ms a page, %d links, with what is seen kept" %
              LINKS, median([cost.database for cost in one]), "<=", 0.15),
        check("the same, two workers", median([cost.database
                                               for cost in two]), "<=", 0.15),
        check("a worker's CPU a page / that of a crawl with SQLite", median(
            [a.workers / b.workers for a, b in zip(one, local)]), "<=", 1.5,
            beside=True),
        check("bytes of the database a URL", median(
            [cost.bytes_a_url for cost in one]), "<=", 400, beside=True)]


# ---- The database alone ----

def store_cost(bars, which, workers, queues=64):
    """PostgreSQL's CPU ms a page, of workers whose fetches take no time: `all`
    links of a page are sent to it, or those that are `new` to the worker.  A
    commit has up to 20 pages of so many queues."""
    pages = bars.pages(20000)
    with postgres.Postgres(network.DATABASE) as database:
        before = database.cpu_s()
        children = [subprocess.Popen(
            [bars.program("bench-shared-store"), database.url(), str(pages),
             "500", str(STORE_LINKS), which, str(number), str(queues)],
            stdout=subprocess.PIPE, text=True,
            preexec_fn=network.die_with_parent) for number in range(workers)]
        said = [child.communicate(timeout=600)[0].split()
                for child in children]
        if any(child.returncode for child in children):
            raise Unmeasured("bench-shared-store has failed")
        done, sent, commits = (sum(int(one[i]) for one in said)
                               for i in range(3))
        cost = 1000 * (database.cpu_s() - before) / done
        if done != pages:
            raise Unmeasured("%d of %d pages" % (done, pages))
    bars.say("    %d workers, %s links: %.1f links a page sent, %.0f pages a "
             "commit: %.3f ms" % (workers, which, sent / done, done / commits,
                                  cost))
    return cost


def store_costs(bars, rounds):
    if not os.path.exists(bars.program("bench-shared-store")):
        raise Unmeasured("there is no bench-shared-store")
    costs = {which: [store_cost(bars, which, 4) for _ in range(rounds)]
             for which in ("all", "new")}
    small = [store_cost(bars, "all", 4, 1) for _ in range(rounds)]
    return [check("PostgreSQL's CPU ms a page, %d links, all sent" %
                  STORE_LINKS, median(costs["all"]), "<=", 0.35),
            check("the same in commits of 20 pages at the most",
                  median(small), "<=", 0.35),
            check("those that are new to the worker", median(costs["new"]),
                  "<=", 0.15)]


def measure(bars):
    rounds = bars.options.pairs or 3
    machines = [network.Machine(number) for number in (1, 2)]
    try:
        return rates(bars, machines, rounds) + \
            store_costs(bars, rounds) + costs(bars, machines, rounds)
    finally:
        for one in machines:
            one.close()
