# SPDX-License-Identifier: MIT
"""Draws a result as SVG: plot.py RESULT.json DIRECTORY"""
import json
import math
import os
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, BAR, GAP = 760, 250, 90, 18, 8
OURS, OTHER, LINE = "#2a6f4e", "#8a97a8", "#444"


def svg(height, parts, title):
    head = ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">' %
            (WIDTH, height, WIDTH, height))
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>',
                      text(10, 20, title, weight="bold")] + parts +
                     ["</svg>", ""])


def text(x, y, words, anchor="start", weight="normal"):
    return ('<text x="%.1f" y="%.1f" text-anchor="%s" font-weight="%s">%s'
            '</text>' % (x, y, anchor, weight, escape(words)))


def line(x1, y1, x2, y2, colour=LINE, dash=""):
    return ('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"%s/>' %
            (x1, y1, x2, y2, colour,
             ' stroke-dasharray="%s"' % dash if dash else ""))


def bars(title, rows, mark=None, logarithmic=False):
    """Rows of (label, {"median", "low", "high"}, ours); `mark` is a value to
    draw a line at."""
    most = max([row[1]["high"] for row in rows] + [mark or 0])
    least = min([row[1]["low"] for row in rows] + [mark or math.inf])
    least = max(least / 2, 1e-9)

    def x_of(value):
        share = value / most
        if logarithmic:
            share = math.log(max(value, least) / least) / math.log(most / least)
        return LEFT + (WIDTH - LEFT - RIGHT) * share
    parts = []
    y = 36
    for label, value, ours in rows:
        middle = y + BAR / 2
        parts.append(text(LEFT - 8, middle + 4, label, "end"))
        parts.append('<rect x="%d" y="%d" width="%.1f" height="%d" '
                     'fill="%s"/>' % (LEFT, y, x_of(value["median"]) - LEFT,
                                      BAR, OURS if ours else OTHER))
        parts.append(line(x_of(value["low"]), middle, x_of(value["high"]),
                          middle))
        parts.append(text(x_of(value["high"]) + 6, middle + 4,
                          "%.3g" % value["median"]))
        y += BAR + GAP
    if mark:
        parts.append(line(x_of(mark), 30, x_of(mark), y, "#b03030", "4 3"))
    return svg(y + 8, parts, title + (", logarithmic" if logarithmic else ""))


PANEL, PANEL_WIDTH = 170, 245
OURS_LIGHT, OTHER_LIGHT = "#9cc3ad", "#d0d6dd"


def value_bar(x, y, width, colour):
    return ('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>' %
            (x, y, max(width, 1), BAR, colour))


def rate_panel(rows, x):
    """Bars of requests a second, from rows of (label, contender)."""
    most = max(one["rate"]["high"] for _, one in rows)
    parts = [text(x, 44, "requests a second")]
    for at, (label, one) in enumerate(rows):
        y = 54 + at * (BAR + GAP)
        wide = PANEL_WIDTH * 0.72 / most
        parts += [text(PANEL - 8, y + BAR / 2 + 4, label, "end"),
                  value_bar(x, y, wide * one["rate"]["median"],
                            OURS if label.startswith("lariat") else OTHER),
                  line(x + wide * one["rate"]["low"], y + BAR / 2,
                       x + wide * one["rate"]["high"], y + BAR / 2),
                  text(x + wide * one["rate"]["high"] + 6, y + BAR / 2 + 4,
                       format(round(one["rate"]["median"]), ","))]
    return parts


def latency_panel(rows, x):
    """Bars of the median, with what the p99 has more in a lighter colour."""
    told = [(at, label, one["p50_us"]["median"] / 1000,
             one.get("p99_us", one["p50_us"])["median"] / 1000,
             "p99_us" in one)
            for at, (label, one) in enumerate(rows) if "p50_us" in one]
    if not told:
        return []
    wide = PANEL_WIDTH * 0.62 / max(one[3] for one in told)
    parts = [text(x, 44, "latency, ms: p50, and p99 in light")]
    for at, label, middle, late, has_late in told:
        y = 54 + at * (BAR + GAP)
        dark, light = (OURS, OURS_LIGHT) if label.startswith("lariat") else (
            OTHER, OTHER_LIGHT)
        parts += [value_bar(x, y, wide * late, light),
                  value_bar(x, y, wide * middle, dark),
                  text(x + wide * late + 6, y + BAR / 2 + 4,
                       "%.3g, %.3g" % (middle, late) if has_late else
                       "%.3g" % middle)]
    return parts


def panels(title, rows):
    """Throughput and latency side by side."""
    parts = rate_panel(rows, PANEL) + latency_panel(
        rows, PANEL + PANEL_WIDTH + 60)
    return svg(54 + len(rows) * (BAR + GAP) + 8, parts, title)


def lines(title, series, unit="times"):
    """Series of (label, [(x, y), ...], colour, dash)."""
    most_x = max(x for _, points, _, _ in series for x, _ in points)
    most_y = max(y for _, points, _, _ in series for _, y in points)
    height = 360

    def place(x, y):
        return (60 + (WIDTH - 240) * x / most_x,
                height - 40 - (height - 90) * y / most_y)
    parts = [line(*place(0, 0), *place(most_x, 0)),
             line(*place(0, 0), *place(0, most_y)),
             text(*place(0, most_y * 1.04), "%.3g %s" % (most_y, unit)),
             text(place(most_x, 0)[0] + 24, height - 20, "reactors")]
    parts += [text(place(x, 0)[0], height - 20, "%d" % x, "middle")
              for x, _ in series[0][1]]
    for label, points, colour, dash in series:
        for before, after in zip(points, points[1:]):
            parts.append(line(*place(*before), *place(*after), colour, dash))
        for point in points:
            parts.append('<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' %
                         (*place(*point), colour))
        end = place(*points[-1])
        parts.append(text(end[0] + 8, end[1] + 4, label))
    return svg(height, parts, title)


def aims(result):
    """What was measured by what was aimed at; where more is better, turned
    round: under 1 is good everywhere."""
    rows = []
    for row in result["rows"]:
        for one in row["checks"]:
            values = {name: one[name] or one["measured"]
                      for name in ("low", "high")}
            values["median"] = one["measured"]
            if min(values.values()) <= 0:
                continue
            shares = {name: value / one["bound"] if one["sign"] == "<=" else
                      one["bound"] / value for name, value in values.items()}
            if one["sign"] == ">=":
                shares["low"], shares["high"] = shares["high"], shares["low"]
            rows.append(("%d %s" % (row["number"], one["what"][:33]), shares,
                         not one["beside"]))
    if rows:
        yield "bars", bars("Measured by aimed at; under 1: met", rows, mark=1,
                           logarithmic=True)


def rivals(result):
    row = result["rows"][0]
    measured = [(name, one) for name, one in row["contenders"].items()
                if "cpu_us" in one]
    measured.sort(key=lambda pair: pair[1]["cpu_us"]["median"])
    for measure, title in (("cpu_us", "CPU for a request, µs"),
                           ("peak_mb", "Peak memory, MB")):
        yield "rivals-" + measure.split("_", maxsplit=1)[0], bars(
            "%s; %s" % (title, row["title"]),
            [(name, one[measure], name.startswith("lariat"))
             for name, one in measured], logarithmic=True)


def shapes(result):
    rows = [(row["id"], row["ratios"][0], True) for row in result["rows"]
            if "median" in row["ratios"][0]]
    if rows:
        yield "shapes", bars("CPU for a request, lariat / plain loop", rows,
                             mark=1)


def models(result):
    for row in result["rows"]:
        measured = [(name, one) for name, one in row["contenders"].items()
                    if "rate" in one]
        if measured:
            yield row["id"], panels(row["title"], measured)


def scaling(result):
    found = result["rows"][0].get("scaling")
    if not found or len(found["table"]) < 2:
        return
    table = found["table"]
    late = [(label, [(row["reactors"], row[name] / 1000) for row in table],
             colour, "")
            for label, name, colour in (("p50", "p50_us", OURS),
                                        ("p99", "p99_us", OURS_LIGHT))
            if all(name in row for row in table)]
    if late:
        yield result["name"] + "-latency", lines("Latency", late, "ms")
    yield result["name"], lines(
        "Throughput against one reactor; the knee is at %d" % found["knee"],
        [("measured", [(row["reactors"], row["gain"]) for row in table], OURS,
          ""),
         ("bound of the CPUs", [(row["reactors"], row["bound"])
                                for row in table], "#b03030", "4 3")])


def micro(result):
    for row in result["mailbox"]:
        name = "mailbox-%d-%d" % (row["producers"], row["batch"])
        rates = [(queue, {key: rate[key] / 1e6
                          for key in ("median", "low", "high")},
                  queue == "mailbox") for queue, rate in row["rates"].items()]
        yield name, bars("Million messages a second; %d producers, batches of "
                         "%d" % (row["producers"], row["batch"]), rates)


DRAWN = {"rivals": rivals, "shapes": shapes, "models": models,
         "scaling": scaling, "scaling-list": scaling, "micro": micro,
         "bars": aims}


def draw(result, directory):
    """Writes the plots of a result; their file names."""
    names = []
    for name, drawn in DRAWN.get(result["name"], lambda _: [])(result):
        names.append(name + ".svg")
        with open(os.path.join(directory, names[-1]), "w",
                  encoding="utf-8") as out:
            out.write(drawn)
    return names


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(draw(json.load(source), sys.argv[2])))
