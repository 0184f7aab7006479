# SPDX-License-Identifier: MIT
"""The small benches: they take turns by themselves and print lines of JSON."""
import json
import os
import re
import statistics
import subprocess

import machine
from measure import noted, spread_of


def lines_of(runner, program, *arguments):
    done = subprocess.run([runner.program(program), *map(str, arguments)],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          timeout=900, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def grouped(lines, *keys):
    groups = {}
    for line in lines:
        groups.setdefault(tuple(line[key] for key in keys), []).append(line)
    return groups


def mailbox(runner, *options):
    """Messages a second, and by round the mailbox's against each other's.  A
    round's figure is the median of its short turns."""
    lines = lines_of(runner, "bench-mailbox", "--rounds", runner.pairs,
                     "--messages", runner.scaled(50000, 5000), *options)
    rows = []
    for (batch, producers), group in grouped(lines, "batch",
                                             "producers").items():
        rates = {queue: rates_of(some)
                 for (queue,), some in grouped(group, "queue").items()}
        row = {"batch": batch, "producers": producers, "rates": {},
               "ratios": {}}
        for queue, values in rates.items():
            row["rates"][queue] = spread_of(values)
            if queue != "mailbox":
                row["ratios"][queue] = noted(
                    [a / b for a, b in zip(rates["mailbox"], values)])
        rows.append(row)
    return rows


def rates_of(lines):
    """One for each round."""
    return [statistics.median(line["messages"] / line["wall_s"]
                              for line in turns)
            for turns in grouped(lines, "round").values()]


def hop(runner):
    rows = []
    for placement in ("free", "two", "one"):
        lines = lines_of(runner, "bench-hop", "--rounds", runner.pairs,
                         "--placement", placement, "--hops",
                         runner.scaled(20000, 200))
        ways = {}
        for line in lines:
            if line["measure"] == "latency":
                ways.setdefault(line["way"], []).append(line["median_ns"])
        rows.append({
            "placement": placement,
            "latency_ns": {way: spread_of(values)
                           for way, values in ways.items()},
            "ratios": {way: noted([a / b for a, b in zip(ways["reactor"],
                                                         values)])
                       for way, values in ways.items() if way != "reactor"},
            "added_ns": spread_of([line["added_ns"] for line in lines
                                   if line["measure"] == "load"]),
            "work_ns": spread_of([line["work_ns"] for line in lines
                                  if line["measure"] == "load"]),
        })
    return rows


def timers(runner):
    lines = lines_of(runner, "bench-timers", "--rounds", runner.pairs)
    return [{"timers": count,
             "ns": {name: spread_of([line[name + "_ns"] for line in group])
                    for name in ("set", "move", "cancel", "pop")}}
            for (count,), group in grouped(lines, "timers").items()]


# The programs that print a table of nanoseconds, and what is asked of them
# there: a name, lariat's figure, and the other's with the ratio and the aim.
TABLES = (("deferreds", "micro"), ("coroutines", "bench-await"))
TABLE_LINE = re.compile(
    r"(?P<name>.*?\S) +(?P<ns>\d+\.\d)"
    r"(?: +(?P<other>\d+\.\d) +1/(?P<ratio>[\d.]+))?"
    r"(?: +\(bar 1/(?P<bar>\d+): (?P<verdict>\w+)\))?$")


def table(runner, program):
    """The program takes turns with Twisted by itself, and keeps the best."""
    if not os.access(runner.program(program), os.X_OK):
        return {"missing": "there is no " + program, "rows": []}
    python = machine.find_python("twisted") or "/usr/bin/python3"
    done = subprocess.run([runner.program(program), "--python",
                           machine.find_program(python)],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=900, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, program)
    rows = []
    for line in text.splitlines():
        found = TABLE_LINE.match(line)
        if found:
            rows.append({
                "name": found["name"], "ns": float(found["ns"]),
                "other_ns": float(found["other"] or 0) or None,
                "bar": int(found["bar"] or 0) or None,
                "met": found["verdict"] != "MISSED"})
    result = {"rows": rows}
    if "there is no Twisted" in text:
        result["missing"] = "there is no Twisted here; script/twisted gets it"
    return result


def show_table(title, found, say):
    say("%s: nanoseconds, lariat and Twisted" % title)
    if "missing" in found:
        say("  " + found["missing"])
    for row in found["rows"]:
        say("  %-28s %10.1f%s" % (row["name"], row["ns"], beside(row)))


def beside(row):
    """What the other takes, and whether the aim is met."""
    if not row["other_ns"]:
        return ""
    words = " %12.1f   1/%.0f" % (row["other_ns"], row["other_ns"] / row["ns"])
    if row["bar"]:
        words += "   (aim 1/%d: %s)" % (row["bar"],
                                        "met" if row["met"] else "MISSED")
    return words


def show(result, say):
    say("mailbox: millions of messages a second, and the mailbox's ratio")
    for row in result["mailbox"]:
        say("  %d producers, batches of %d" % (row["producers"], row["batch"]))
        for queue, rate in row["rates"].items():
            ratio = row["ratios"].get(queue)
            say("    %-14s %8.1f%s" % (queue, rate["median"] / 1e6,
                                       ratio_text(ratio)))
    say("hop there and back: nanoseconds, and the reactors' ratio")
    for row in result["hop"]:
        say("  placement %s" % row["placement"])
        for way, taken in row["latency_ns"].items():
            say("    %-14s %8.0f%s" % (way, taken["median"],
                                       ratio_text(row["ratios"].get(way))))
        say("    added CPU for a job under load: %.0f ns (%.0f to %.0f), "
            "beside %.0f of work" %
            (row["added_ns"]["median"], row["added_ns"]["low"],
             row["added_ns"]["high"], row["work_ns"]["median"]))
    say("timers: nanoseconds of CPU")
    for row in result["timers"]:
        say("  %9d set: %s" % (row["timers"], ", ".join(
            "%s %.0f" % (name, taken["median"])
            for name, taken in row["ns"].items())))
    for title, found in result["tables"].items():
        show_table(title, found, say)


def ratio_text(ratio):
    if not ratio:
        return ""
    return "   ratio %.2f (%.2f to %.2f)%s" % (
        ratio["median"], ratio["low"], ratio["high"],
        ", noisy" if ratio["noisy"] else "")


def run(runner, say):
    result = {"mailbox": mailbox(runner), "hop": hop(runner),
              "timers": timers(runner),
              "tables": {title: table(runner, program)
                         for title, program in TABLES}}
    show(result, say)
    return result
