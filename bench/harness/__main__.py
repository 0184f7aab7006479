# SPDX-License-Identifier: MIT
"""The comparisons behind bench/run, which builds what they need."""
import argparse
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
    with Origin(runner.build) as server:
        models = list(comparisons.models(runner, server))
        for row in models:
            if not only or only in row["id"]:
                report.show_row(compare(runner, row, rows), say)
    expect_some(rows, only, [row["id"] for row in models])
    return {"rows": rows}


def run_scaling(runner, counts):
    rows = []
    with Nginx(tls=True, workers=max(1, machine.cpus() // 2)) as server:
        row = comparisons.scaling(runner, server, counts)
        result = compare(runner, row, rows)
    comparisons.judge_scaling(result, counts, machine.cpus())
    report.show_row(result, say)
    return {"rows": rows}


def run_one(name, runner, options):
    if name == "rivals":
        return run_rivals(runner, options.only)
    if name == "shapes":
        return run_shapes(runner, options.only)
    if name == "models":
        return run_models(runner, options.only)
    if name == "scaling":
        return run_scaling(runner, comparisons.counts_to(machine.cpus()))
    if name == "cores":
        return run_scaling(runner, [1, max(2, machine.cpus())])
    if name == "micro":
        return micro.run(runner, say)
    return bars.run(runner, options.numbers, say)


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
    options = parser.parse_args()
    if options.quick and options.what:
        parser.error("--quick says what is measured")
    if options.quick:
        options.what = ["bars", *map(str, bars.QUICK)]
    options.pairs = options.pairs or (3 if options.quick else 7)
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
    return int(code)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
