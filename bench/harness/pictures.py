# SPDX-License-Identifier: MIT
"""The pictures of docs/latency.md, of runs that are made for them: a server
that stands still for a second in ten, loaded by users who wait for their
answers and by a schedule.  bench/run pictures"""
import argparse
import base64
import math
import os
import struct
import zlib

import generators
import journal
import machine
import plot
import report

BEGIN = "<!-- pictures: written by bench/run pictures -->"
END = "<!-- end of the pictures -->"
PAGE = os.path.join(machine.ROOT, "docs", "latency.md")
PLOTS = os.path.join(machine.ROOT, "docs", "latency")

MS, SECOND = 1_000_000, 1_000_000_000
DELAY, STALL, PERIOD = 5 * MS, SECOND, 10 * SECOND
RATE, USERS, SECONDS = 500, 20, 20  # two periods
SERVER = ("--delay", "constant:5ms", "--stall", "1s/10s")
RUNS = (
    ("closed", "%d users who wait" % USERS, ("-c", USERS)),
    ("open", "%d a second, by a schedule" % RATE,
     ("--rate", RATE, "-c", RATE * 3 // 2)),
)


def true_ms(share):
    """For users who come at any time: the time that this share of them does
    not exceed."""
    return journal.stall_truth(DELAY, STALL, PERIOD, share) / MS


def run_one(load, title, options, asked):
    """A run that is VALID; with --any the last one, whatever it is."""
    for _ in range(asked.tries):
        load.say("  %s: %d s" % (title, SECONDS))
        run = load.measure(SERVER, ("-z", "%ds" % SECONDS, *options),
                           SECONDS + 60)
        load.say("  %s %s" % (run.result["verdict"], ", ".join(
            generators.reasons(run.result))))
        if run.result["verdict"] == "VALID":
            return run
    if not asked.any:
        raise SystemExit("bench/run: no run was VALID: is the machine busy?")
    return run


# ---- HdrHistogram ----

def numbers_of(data):
    """ZigZag LEB128 of at most 9 bytes, the ninth of which has 8 bits."""
    at = 0
    while at < len(data):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            if shift == 56:
                value |= byte << shift
                break
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
        yield (value >> 1) ^ -(value & 1)


def counts_of(encoded):
    """(Highest value of a bucket, count), ascending, of HdrHistogram's V2
    encoding in base64, with three significant digits."""
    outer = base64.b64decode(encoded)
    length = struct.unpack(">i", outer[4:8])[0]
    inner = zlib.decompress(outer[8:8 + length])
    bucket = 0
    for count in numbers_of(inner[40:]):
        if count < 0:
            bucket -= count
            continue
        if count:
            yield highest_in(bucket), count
        bucket += 1


def highest_in(bucket):
    """2,048 values exactly, then 1,024 buckets for each doubling."""
    shift = max(0, bucket // 1024 - 1)
    return ((bucket - 1024 * shift + 1) << shift) - 1


def curve_of(encoded):
    """(Share of the values in per cent, ms) at each bucket."""
    counts = list(counts_of(encoded))
    total = sum(count for _, count in counts)
    seen, points = 0, []
    for value, count in counts:
        # A bucket is reached where the one before has ended.
        points.append((100 * seen / total, value / 1e6))
        seen += count
        points.append((100 * seen / total, value / 1e6))
    return points


# ---- Pictures ----

def thin(dots):
    """One of those that would be drawn at the same place."""
    seen = {}
    for x, y in dots:
        seen.setdefault((round(x / 2), round(y / 2)), (x, y))
    return seen.values()


def stall_of(log):
    """The requests around the first whole stall of the run: (seconds from its
    beginning, ms until the answer)."""
    first = journal.arrival(log.records[0])
    begin = log.start + PERIOD - STALL
    while begin < first + SECOND:
        begin += PERIOD
    return [((journal.arrival(one) - begin) / SECOND,
             (one.sending - journal.arrival(one)) / MS)
            for one in log.records if one.sending]


BEFORE_S, STALL_S, AFTER_S, TALL = 0.5, STALL / SECOND, 0.75, 170


def stall_panel(top, title, dots):
    """Dots of requests, when they came and how long they waited."""
    left, wide = 70, plot.WIDTH - 90
    whole = BEFORE_S + STALL_S + AFTER_S

    def place(seconds, ms):
        return (left + wide * (seconds + BEFORE_S) / whole,
                top + 24 + TALL * (1 - ms / 1100))
    shown = [dot for dot in dots if -BEFORE_S <= dot[0] <= STALL_S + AFTER_S]
    # Also those that came just before, and whose answer was not due yet.
    caught = sum(1 for seconds, ms in shown
                 if seconds < STALL_S and seconds + ms / 1000 > 0)
    corner = place(0, 1100)
    far = place(STALL_S, 0)
    parts = [plot.text(10, top + 14, title, weight="bold"),
             '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" '
             'fill="#f3e3e3"/>' % (*corner, far[0] - corner[0],
                                   far[1] - corner[1]),
             plot.line(*place(-BEFORE_S, 0), *place(STALL_S + AFTER_S, 0)),
             plot.text(left - 6, place(0, 0)[1] + 4, "0 ms", "end"),
             plot.text(left - 6, place(0, 1000)[1] + 4, "1000 ms", "end"),
             plot.text(corner[0] + 8, top + 40,
                       "the server stands still: %s requests wait" %
                       format(caught, ","))]
    parts += ['<circle cx="%.1f" cy="%.1f" r="1.6" fill="%s"/>' %
              (x, y, plot.OURS)
              for x, y in thin(place(*dot) for dot in shown)]
    return parts


def stall_picture(runs):
    parts = []
    for at, (name, title, _) in enumerate(RUNS):
        parts += stall_panel(34 + at * (TALL + 50), title,
                             stall_of(runs[name].journal))
    height = 34 + len(RUNS) * (TALL + 50) + 20
    parts.append(plot.text(plot.WIDTH - 20, height - 16,
                           "time; a dot is a request: when it came, and how "
                           "long it waited (by the server)", "end"))
    return plot.svg(height, parts, "A server that stands still for a second")


COLOURS = {"closed": "#b03030", "open": plot.OURS}


def percentile_picture(runs):
    """Logarithmic in what is above: 90, 99 and 99.9 have the same distance."""
    left, bottom, wide, tall = 70, 330, plot.WIDTH - 300, 270

    def place(percent, ms):
        decades = min(3.6, -math.log10(max(1e-9, 1 - percent / 100)))
        return left + wide * decades / 3.6, bottom - tall * ms / 1100
    parts = [plot.line(*place(0, 0), *place(99.975, 0)),
             plot.line(*place(0, 0), *place(0, 1100))]
    for percent in (50, 90, 99, 99.9):
        x = place(percent, 0)[0]
        parts += [plot.line(x, bottom, x, bottom - tall, "#ddd"),
                  plot.text(x, bottom + 18, "p%g" % percent, "middle")]
    for ms in (0, 500, 1000):
        parts.append(plot.text(left - 6, place(0, ms)[1] + 4, "%d ms" % ms,
                               "end"))
    truth = [(part / 100, true_ms(part / 10000)) for part in range(0, 9998)]
    parts += curve([place(*point) for point in truth], "#888", "4 3")
    label_at = {"closed": 950, "open": 1050}
    for name, title, _ in RUNS:
        points = curve_of(
            runs[name].result["response"]["histogram"])
        parts += curve([place(*point) for point in points], COLOURS[name])
        parts += label(label_at[name], title, COLOURS[name], bottom, tall)
    parts += label(850, "users who come at any time,", "#888", bottom, tall,
                   "4 3")
    parts.append(plot.text(*label_place(790, bottom, tall), "by arithmetic"))
    return plot.svg(bottom + 34, parts,
                    "How long did users wait? The same server, asked twice")


def label_place(ms, bottom, tall):
    return plot.WIDTH - 190, bottom - tall * ms / 1100 + 4


def label(ms, words, colour, bottom, tall, dash=""):
    x, y = label_place(ms, bottom, tall)
    return [plot.line(x - 26, y - 4, x - 4, y - 4, colour, dash),
            plot.text(x, y, words)]


def curve(points, colour, dash=""):
    """A line through the points, without those that would not be seen."""
    kept = points[:1]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= 0.5:
            kept.append(point)
    return ['<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s'
            '/>' % (" ".join("%.1f,%.1f" % point for point in kept), colour,
                    ' stroke-dasharray="%s"' % dash if dash else "")]


# ---- The page ----

def ms_of(figure):
    return "–" if figure is None else report.number(figure / MS)


def row_of(title, result):
    said = generators.said_ns(result, "response")
    return [title] + [ms_of(said[name]) for name in generators.MEASURES] + [
        format(result["response"]["count"], ","), result["verdict"]]


def page_lines(runs, facts):
    rows = [["users who come at any time"] +
            [report.number(true_ms(share)) for _, share in journal.QUANTILES] +
            [report.number((STALL + DELAY) / MS), "", "by arithmetic"]]
    rows += [row_of(title, runs[name].result) for name, title, _ in RUNS]
    lines = ["![Requests that came while a server stood still]"
             "(latency/stall.svg)", "",
             "![Percentiles by a closed test and by a schedule]"
             "(latency/percentiles.svg)", ""]
    lines += report.table(("`response`, ms", "p50", "p90", "p99", "p99.9",
                           "max", "requests", "verdict"), rows)
    if any(run.result["verdict"] != "VALID" for run in runs.values()):
        lines += ["", "The machine had much else to do: what a run's verdict "
                  "says of it."]
    return lines + [
        "", "Each run took %d s. Made by `bench/run pictures` on %s, on %s, "
        "%d CPUs, %s, commit %s." % (
            SECONDS, facts["when"], facts["machine"]["cpu"],
            facts["machine"]["cpus"], facts["machine"]["kernel"],
            facts["commit"]), ""]


def write(name, text):
    with open(os.path.join(PLOTS, name), "w", encoding="utf-8") as out:
        out.write(text)


def say(words):
    print(words, flush=True)


def main():
    """Runs, draws, and writes the page."""
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("what", choices=("pictures",))
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--any", action="store_true")
    options = parser.parse_args()
    facts = machine.facts(options.programs)
    load = generators.Load(options.programs, say)
    runs = {name: run_one(load, title, more, options)
            for name, title, more in RUNS}
    os.makedirs(PLOTS, exist_ok=True)
    write("stall.svg", stall_picture(runs))
    write("percentiles.svg", percentile_picture(runs))
    report.write_between(PAGE, BEGIN, END, page_lines(runs, facts))
    say("written: docs/latency.md")


if __name__ == "__main__":
    main()
