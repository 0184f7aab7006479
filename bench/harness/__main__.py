# SPDX-License-Identifier: MIT
"""The comparisons behind bench/run, which builds what they need."""
import argparse
import os
import shlex
import signal
import sys
import time

import bars
import comparisons
import machine
import micro
import report
from measure import Runner
from servers import Nginx, Origin

ALL = ("rivals", "shapes", "models", "scaling", "micro", "bars")


def say(words):
    print(words, flush=True)


def compare(runner, row, rows):
    say("\n%s: %s" % (row["id"], row["title"]))
    say("  " + report.settings_words(row["settings"]))
    result = runner.compare(row, say)
    rows.append(result)
    return result


def expect_some(found, only, names):
    if not found:
        raise SystemExit("bench/run: %r is in none of: %s" %
                         (only, ", ".join(names)))


def run_rivals(runner, only):
    rows = []
    names = None
    with Nginx() as server:
        row = comparisons.rivals(runner, server)
        if only:
            parts = [part.strip() for part in only.split(",")]
            names = {"lariat"} | {one.name for one in row["contenders"]
                                  if any(p in one.name for p in parts)}
            expect_some(len(names) > 1, only,
                        [one.name for one in row["contenders"]])
            row = comparisons.rivals(runner, server, names)
        report.show_row(compare(runner, row, rows), say)
    return {"rows": rows}


def run_shapes(runner, only):
    rows = []
    for name, needs, row_of in comparisons.shapes(runner):
        # A whole name means that row; part of one, all that have it.
        if only and (name != only if only in shape_names(runner)
                     else only not in name):
            continue
        with Nginx(**needs) as server:
            report.show_row(compare(runner, row_of(server), rows), say)
    expect_some(rows, only, shape_names(runner))
    return {"rows": rows}


def shape_names(runner):
    return [name for name, _, _ in comparisons.shapes(runner)]


def run_models(runner, only):
    rows = []
    workers = max(1, machine.cpus() // 2)
    with Nginx(tls=True, workers=workers) as nginx, \
            Origin(runner.build) as origin:
        for row in comparisons.models(runner, only, nginx, origin):
            report.show_row(compare(runner, row, rows), say)
    expect_some(rows, only, ["models-" + one[0] for one in comparisons.MODELS])
    return {"rows": rows}


def run_scaling(runner, counts):
    rows = []
    with Nginx(tls=True, workers=max(1, machine.cpus() // 2)) as server:
        row = comparisons.scaling(runner, server, counts)
        result = compare(runner, row, rows)
    comparisons.judge_scaling(result, counts, machine.cpus())
    report.show_row(result, say)
    return {"rows": rows}


def run_scaling_of_list(runner, options):
    counts = options.reactors or comparisons.counts_to(machine.cpus())
    say("\nfetches %s %d times, from servers that should be yours" %
        (options.urls, len(counts) * runner.pairs))
    rows = []
    row = comparisons.scaling_of_list(runner, options.urls, counts,
                                      shlex.split(options.fetch))
    result = compare(runner, row, rows)
    comparisons.judge_scaling(result, counts, machine.cpus())
    report.show_row(result, say)
    shortest = min((run["wall_s"] for one in result["contenders"].values()
                    for run in one["runs"]), default=1)
    if shortest < 1:
        say("  the list was done in %.1f s: a longer one says more" % shortest)
    return {"rows": rows}


def run_one(name, runner, options):
    if name == "rivals":
        return run_rivals(runner, options.only)
    if name == "shapes":
        return run_shapes(runner, options.only)
    if name == "models":
        return run_models(runner, options.only)
    if name == "scaling" and options.urls:
        return run_scaling_of_list(runner, options)
    if name == "scaling":
        return run_scaling(runner, comparisons.counts_to(machine.cpus()))
    if name == "cores":
        return run_scaling(runner, [1, max(2, machine.cpus())])
    if name == "micro":
        return micro.run(runner, say)
    return bars.run(runner, options.numbers, say)


def parse_counts(text):
    """Numbers of reactors, the first of which is what the others are compared
    with: 1."""
    counts = sorted({int(word) for word in text.split(",")})
    if counts[0] != 1 or len(counts) < 2:
        raise argparse.ArgumentTypeError("1 and others, as 1,2,4")
    return counts


def parse():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("what", nargs="*")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--scale", type=int)
    parser.add_argument("--only")
    parser.add_argument("--libcurl")
    parser.add_argument("--note")
    parser.add_argument("--urls")
    parser.add_argument("--fetch", default="")
    parser.add_argument("--reactors", type=parse_counts)
    options = parser.parse_args()
    if options.quick and options.what:
        parser.error("--quick says what is measured")
    if options.quick:
        options.what = ["bars", *map(str, bars.QUICK)]
    of_list = options.urls is not None
    if of_list and options.what != ["scaling"]:
        parser.error("--urls belongs to scaling")
    if of_list and not os.path.isfile(options.urls):
        parser.error("there is no file " + options.urls)
    if not of_list and (options.fetch or options.reactors):
        parser.error("--fetch and --reactors belong to --urls")
    options.pairs = options.pairs or (3 if options.quick or of_list else 7)
    options.scale = options.scale or (50 if options.quick else 100)
    options.numbers = [int(word) for word in options.what if word.isdigit()]
    options.what = [word for word in options.what if not word.isdigit()]
    for name in options.what:
        if name not in ALL + ("cores", "publish"):
            parser.error("nothing is called " + name)
    if options.pairs < 1 or options.scale < 1:
        parser.error("--pairs and --scale take numbers over 0")
    if options.numbers and options.what != ["bars"]:
        parser.error("numbers belong to bars")
    return options


def failed(name, result):
    """Whether something could not be measured that should have been."""
    if name == "bars":
        return any("unmeasured" in row for row in result["rows"])
    return any(row["refused"] for row in result.get("rows", []))


def suffix_of(options):
    """A part does not replace the whole; of the aims, its rows are published
    in the place of theirs."""
    if options.quick:
        return "-quick"
    if options.urls:
        return "-list"
    return "-part" if options.only or options.numbers else ""


def end(*_):
    raise SystemExit(143)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, end)
    runner = Runner(options.programs, options.libcurl, options.scale,
                    options.pairs)
    code = 0
    for name in options.what or ALL + ("publish",):
        if name == "publish":
            report.publish(say)
            continue
        facts = dict(machine.facts(options.programs), pairs=options.pairs,
                     scale_percent=options.scale)
        if options.note:
            facts["note"] = options.note
        say("\n== " + name)
        report.show_head(facts, say)
        begun = time.monotonic()
        result = run_one(name, runner, options)
        result["took_s"] = round(time.monotonic() - begun)
        say("\n%s took %d s" % (name, result["took_s"]))
        code |= failed(name, result)
        say("\nwritten: " + report.write_json(name + suffix_of(options), facts,
                                              result))
        report.draw_own(name + suffix_of(options), say)
    return int(code)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
