# SPDX-License-Identifier: MIT
"""Behind `bench/run crawl` and `bench/run crawl-bars`."""
import argparse
import os
import signal
import sys
import time

import crawl_bars
import crawlers
import crawling
import machine
import report
import web
from measure import Bad


def say(words):
    print(words, flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("what", choices=("crawl", "crawl-bars"))
    parser.add_argument("numbers", nargs="*", help="of rows")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--note")
    parser.add_argument("--tools", type=lambda text: text.split(","))
    parser.add_argument("--pages", type=int)
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int,
                        help="rounds in which each has its turn")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--limit", type=int, default=900,
                        help="seconds, of one crawl")
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    known = [str(number) for number, _, _ in crawl_bars.ROWS]
    if options.what == "crawl" and options.numbers:
        parser.error("crawl takes no numbers; see crawl-bars")
    if not set(options.numbers) <= set(known):
        parser.error("there are: " + ", ".join(known))
    return options


# ---- Side by side ----

# What "lost" is measured on: all that can be wrong but traps, of which some
# crawlers would never come back.
LOST = "robots,slow,broken,moved,status,copies,spellings,bodies,charsets," \
    "maps,gzip"


def racing(options):
    taking_part = crawlers.named(options.programs, options.tools) \
        if options.tools else crawlers.everyone(options.programs)
    for one in taking_part:
        say("  %-18s %s" % (one.name, one.missing or one.version))
    return [one for one in taking_part if not one.missing]


def try_run(bench, crawler, *arguments, **options):
    """A run, or None where it went wrong, which is told."""
    try:
        return bench.run(crawler, *arguments, **options)
    except Bad as error:
        say("  %-18s %s" % (crawler.name, error))
        return None


def cost(bench, options, taking_part):
    """CPU a page, in rounds."""
    pages = options.pages or 5000
    hosts = options.hosts or 64
    rounds = options.pairs or 3
    runs = {one.name: [] for one in taking_part}
    say("\ncost: %d pages, %d hosts, 28 links, 8 KB, no delay; %d rounds; "
        "slow ones have fewer pages" % (pages, hosts, rounds))
    for _ in range(rounds):
        for one in taking_part:
            run = try_run(bench, one, ("--pages", int(pages * one.share),
                                       "--hosts", hosts, "--seed",
                                       options.seed), limit_s=options.limit)
            if run:
                runs[one.name].append(run)
    say("%-18s %27s %8s %7s %8s %8s %6s" % (
        "", "CPU ms a page", "peak MB", "wall s", "pages", "missing",
        "again"))
    return {name: show_cost(name, done) for name, done in runs.items() if done}


def show_cost(name, runs):
    found = {"cpu_ms": [run.cpu_ms_a_page() for run in runs],
             "peak_mb": crawling.median(runs, lambda run: run.peak_mb),
             "wall_s": crawling.median(runs, lambda run: run.wall_s),
             "pages": min(run.pages() for run in runs),
             "missing": max(web.pages_of(run.totals)["missing"]
                            for run in runs),
             "again": max(web.pages_of(run.totals)["again"] for run in runs),
             "late": any(run.late for run in runs)}
    say("%-18s %27s %8.0f %7.1f %8d %8d %6d%s" % (
        name, crawling.spread(found["cpu_ms"]), found["peak_mb"],
        found["wall_s"], found["pages"], found["missing"], found["again"],
        "  ended at the limit" * found["late"]))
    return found


def lost(bench, options, taking_part):
    """What is not found, asked for twice, or forbidden and asked for."""
    say("\nlost: 2,000 pages on 64 hosts with %s" % LOST)
    found = {}
    for one in taking_part:
        run = try_run(bench, one, (
            "--pages", 2000, "--hosts", 64, "--seed", options.seed,
            "--features", LOST, "--slow-ms", 200, "--crawl-delay-ms", 50,
            "--retry-after", 0), limit_s=min(options.limit, 300))
        if not run:
            continue
        found[one.name] = {"missing": web.missing_of(run.totals),
                           "again": web.again_of(run.totals),
                           "unexpected": run.totals["unexpected"],
                           "rude": web.rude(run.totals), "late": run.late}
        show_lost(one.name, found[one.name], run.totals)
    return found


def words(counts):
    return ", ".join("%d %s" % (count, name)
                     for name, count in counts.items()) or "nothing"


def show_lost(name, found, totals):
    expected = sum(kind["expected"] for kind in totals["kinds"].values())
    say("%-18s of %d URLs missing: %s" % (name, expected,
                                          words(found["missing"])))
    say("%-18s again: %s; should not have been asked: %d; against the rules: "
        "%s%s" % ("", words(found["again"]), found["unexpected"],
                  words(found["rude"]),
                  "; ended at the limit" * found["late"]))


TRAP_SECONDS = 30


def trapped(bench, options, taking_part):
    """How many pages of traps are fetched before the crawl ends, or is
    ended."""
    say("\ntraps: 2,000 pages on 192 hosts, each of five traps on one, %d s at "
        "the most" % TRAP_SECONDS)
    found = {}
    for one in taking_part:
        run = try_run(bench, one, (
            "--pages", 2000, "--hosts", 192, "--skew", 1, "--seed",
            options.seed, "--features", "traps"), limit_s=TRAP_SECONDS)
        if not run:
            continue
        traps = run.totals["traps"]
        found[one.name] = {"traps": traps, "late": run.late,
                           "missing": web.pages_of(run.totals)["missing"]}
        say("%-18s %s; %d pages missing%s" % (
            one.name, words(traps), found[one.name]["missing"],
            "; it did not end" * run.late))
    return found


def side_by_side(bench, options):
    say("\ncrawlers:")
    taking_part = racing(options)
    return {"versions": {one.name: one.version for one in taking_part},
            "cost": cost(bench, options, taking_part),
            "lost": lost(bench, options, taking_part),
            "traps": trapped(bench, options, taking_part)}


def measure(options):
    facts = machine.facts(options.programs)
    if options.note:
        facts["note"] = options.note
    say("\n== " + options.what)
    report.show_head(facts, say)
    bench = crawling.Bench(options.programs, say)
    facts["file_system"] = bench.file_system()
    say("files     on %s; TMPDIR chooses" % facts["file_system"])
    begun = time.monotonic()
    if options.what == "crawl":
        result = side_by_side(bench, options)
    else:
        result = {"rows": crawl_bars.run(bench, options)}
    result["took_s"] = round(time.monotonic() - begun)
    say("\n%s took %.1f minutes" % (options.what, result["took_s"] / 60))
    part = "-part" if options.numbers or options.tools else ""
    say("written: " + report.write_json(options.what + part, facts, result))
    return 0 if options.what == "crawl" else \
        int(not all(row["met"] for row in result["rows"]))


def end(*_):
    raise SystemExit(143)


def main():
    signal.signal(signal.SIGTERM, end)
    return measure(parse())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
