# SPDX-License-Identifier: MIT
"""Results as text for a terminal, as JSON, and as docs/benchmarks.md."""
import json
import os
import re

import bars
import machine
import plot
import truth

RESULTS = os.path.join(machine.ROOT, "results")
DOCS = os.path.join(machine.ROOT, "docs")
PLOTS = os.path.join(DOCS, "benchmarks")
BEGIN = "<!-- results: written by bench/run publish -->"
END = "<!-- end of the results -->"
COMPARED = ("rivals", "shapes", "models", "scaling")


def number(value):
    if value >= 1000:
        return format(round(value), ",")
    return "%.1f" % value if value >= 10 else "%.3g" % value


def ratio_words(ratio):
    if "refused" in ratio:
        return "no ratio: " + ratio["refused"]
    return "%.3f (%.3f to %.3f)%s" % (
        ratio["median"], ratio["low"], ratio["high"],
        ", noisy" if ratio["noisy"] else "")


NAMES = {"cpu_us": "CPU", "wall_us": "wall time", "peak_mb": "peak memory",
         "rate": "throughput"}


def latency_words(contender, percentile):
    """Milliseconds, or that there is no figure."""
    told = contender.get(percentile + "_us")
    return number(told["median"] / 1000) if told else "–"


def has_latencies(row):
    return any("p50_us" in one for one in row["contenders"].values())


def show_latencies(row, say):
    for name, one in row["contenders"].items():
        if "p50_us" in one:
            say("  %s: p50 %s ms, p99 %s ms" % (
                name, latency_words(one, "p50"), latency_words(one, "p99")))
        if "unanswered" in one and one["unanswered"]["median"]:
            say("  %s: %s not answered" % (
                name, number(one["unanswered"]["median"])))


def show_row(row, say):
    say("%-24s %10s %17s %10s %9s %9s %10s" % (
        "", "CPU us", "low to high", "requests/s", "peak MB", "switches",
        "server us"))
    for name, contender in row["contenders"].items():
        if "cpu_us" not in contender:
            continue
        cpu = contender["cpu_us"]
        say("%-24s %10s %17s %10s %9s %9.3f %10s" % (
            name, number(cpu["median"]),
            "%s to %s" % (number(cpu["low"]), number(cpu["high"])),
            number(contender["rate"]["median"]),
            number(contender["peak_mb"]["median"]),
            contender["switches"]["median"],
            number(contender["server_us"]["median"])))
    show_latencies(row, say)
    for ratio in row["ratios"]:
        say("  %s, %s / %s: %s" % (NAMES[ratio["measure"]], ratio["of"],
                                   ratio["to"], ratio_words(ratio)))
    show_resumed(row, say)
    show_scaling(row, say)


def show_resumed(row, say):
    shares = ["%s %.0f %%" % (name, 100 * one["resumed"]["median"])
              for name, one in row["contenders"].items() if "resumed" in one]
    if shares:
        say("  sessions resumed: " + ", ".join(shares))


def show_scaling(row, say):
    if "scaling" not in row:
        return
    found = row["scaling"]
    if found["server_share"]:  # else it is not ours
        say("  the server takes %.2f of the client's CPU" %
            found["server_share"])
    for line in found["table"]:
        say("  %3d reactors: %.2f times one; %.0f %% for each; %.0f %% of the "
            "bound of %.2f" % (line["reactors"], line["gain"],
                               100 * line["efficiency"],
                               100 * line["of_bound"], line["bound"]))
    say("  the knee is at %d" % found["knee"])


def show_head(facts, say):
    say("machine   %(cpu)s, %(cpus)d CPUs, %(memory_mb)d MB, %(kernel)s" %
        facts["machine"])
    say("versions  " + ", ".join("%s %s" % pair
                                 for pair in facts["versions"].items()))
    say("commit    %s, %s %s" % (facts["commit"], facts["build"]["type"],
                                 facts["build"]["flags"]))
    say("load      %.2f %.2f %.2f" % tuple(facts["load_before"]))


def write_json(name, facts, result):
    os.makedirs(RESULTS, exist_ok=True)
    path = os.path.join(RESULTS, name + ".json")
    whole = dict(facts, name=name, load_after=machine.load(), **result)
    with open(path + ".new", "w", encoding="utf-8") as out:
        json.dump(whole, out, indent=1)
        out.write("\n")
    os.replace(path + ".new", path)
    return os.path.relpath(path, machine.ROOT)


# ---- docs/benchmarks.md ----

def without_runs(value):
    """What the page needs: the single runs stay in results/."""
    if isinstance(value, dict):
        return {key: without_runs(inner) for key, inner in value.items()
                if key not in ("runs", "values", "kept")}
    if isinstance(value, list):
        return [without_runs(inner) for inner in value]
    return value


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |",
             "|" + "|".join("---" for _ in heads) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return lines


def measured_with(result):
    facts = result["machine"]
    lines = [
        "Measured %s on %s, %d CPUs, %s; commit %s, %s `%s`; %s. Rounds: %d, "
        "with %d %% of the requests. Load %.1f before and %.1f after." % (
            result["when"], facts["cpu"], facts["cpus"], facts["kernel"],
            result["commit"], result["build"]["type"],
            result["build"]["flags"],
            ", ".join("%s %s" % pair for pair in result["versions"].items()),
            result["pairs"], result["scale_percent"],
            result["load_before"][0], result["load_after"][0])]
    if "note" in result:
        lines += ["", result["note"]]
    return lines


def settings_words(settings):
    return ", ".join("%s %s" % (name.replace("_", " "), value)
                     for name, value in settings.items() if value != "")


def row_lines(row):
    lines = ["#### " + row["title"], "",
             "`%s`: %s" % (row["id"], settings_words(row["settings"])), ""]
    if "plotted" in row:
        lines += ["![%s](benchmarks/%s)" % (row["title"], row["plotted"]), ""]
    if "commit" in row:
        lines += ["Measured %s, commit %s." % (row["when"], row["commit"]), ""]
    more = ["p50 ms", "p99 ms"] if has_latencies(row) else []
    lines += table(
        ["", "CPU µs", "lowest to highest", "requests/s", *more, "peak MB",
         "server µs"],
        [[name, number(one["cpu_us"]["median"]),
          "%s to %s" % (number(one["cpu_us"]["low"]),
                        number(one["cpu_us"]["high"])),
          number(one["rate"]["median"]),
          *[latency_words(one, head.split()[0]) for head in more],
          number(one["peak_mb"]["median"]),
          number(one["server_us"]["median"])]
         for name, one in row["contenders"].items() if "cpu_us" in one])
    lines.append("")
    for ratio in row["ratios"]:
        lines.append("- %s, %s / %s: %s" % (
            NAMES[ratio["measure"]], ratio["of"], ratio["to"],
            ratio_words(ratio)))
    for name, reason in list(row["skipped"].items()) + \
            list(row["refused"].items()):
        lines.append("- %s: %s" % (name, reason))
    found = []
    show_resumed(row, found.append)
    show_scaling(row, found.append)
    lines += ["- " + line.strip() for line in found]
    return lines + [""]


def compared_lines(result):
    lines = []
    for row in result["rows"]:
        lines += row_lines(row)
    return lines


def micro_lines(result):
    lines = []
    for row in result["mailbox"]:
        lines += ["#### Mailbox: %d producers, batches of %d" % (
            row["producers"], row["batch"]), ""]
        lines += table(("", "million messages/s", "mailbox / it"), [
            (queue, "%.1f" % (rate["median"] / 1e6),
             ratio_words(row["ratios"][queue]) if queue in row["ratios"]
             else "") for queue, rate in row["rates"].items()]) + [""]
    for row in result["hop"]:
        lines += ["#### Hop there and back, placement " + row["placement"],
                  ""]
        lines += table(("", "ns", "reactors / it"), [
            (way, number(taken["median"]),
             ratio_words(row["ratios"][way]) if way in row["ratios"] else "")
            for way, taken in row["latency_ns"].items()])
        lines += ["", "CPU added to a job under load: %.0f ns (%.0f to %.0f)."
                  % (row["added_ns"]["median"], row["added_ns"]["low"],
                     row["added_ns"]["high"]), ""]
    lines += ["#### Timers: ns of CPU", ""]
    lines += table(("set at once", "set", "move", "cancel", "pop"), [
        [format(row["timers"], ",")] + ["%.0f" % row["ns"][name]["median"]
                                        for name in ("set", "move", "cancel",
                                                     "pop")]
        for row in result["timers"]])
    return lines + [""] + tables_lines(result["tables"])


def tables_lines(found):
    lines = []
    for title, one in found.items():
        lines += ["#### %s: ns" % title.capitalize(), ""]
        if "missing" in one:
            lines += [one["missing"] + ".", ""]
        lines += table(("", "lariat", "Twisted", "ratio", "aim"), [
            (row["name"], "%.1f" % row["ns"],
             "%.1f" % row["other_ns"] if row["other_ns"] else "",
             "1/%.0f" % (row["other_ns"] / row["ns"]) if row["other_ns"]
             else "",
             "1/%d: %s" % (row["bar"], "met" if row["met"] else "**missed**")
             if row["bar"] else "") for row in one["rows"]]) + [""]
    return lines


def bars_lines(result):
    rows = []
    for row in result["rows"]:
        if "unmeasured" in row:
            rows.append((row["number"], row["title"], "", "", "",
                         "not measured: " + row["unmeasured"],
                         "`%s`" % row["command"], row.get("commit", "")))
        for one in row["checks"]:
            rows.append((row["number"], "%s: %s" % (row["title"],
                                                    one["what"]),
                         "%s %s" % ({"<=": "≤", ">=": "≥"}[one["sign"]],
                                    number(one["bound"])),
                         bars.figure(one["measured"]), bars.spread_words(one),
                         bars.verdict(one).replace("MISSED", "**missed**"),
                         "`%s`" % row["command"], row.get("commit", "")))
    return table(("", "measure", "aim", "measured", "lowest to highest", "",
                  "by", "commit"), rows) + [
        "", "In brackets: shown beside, not what the aim is about.  With a "
        "commit: the row was measured there, in a later run of its own.", ""]


def truth_lines(result):
    return truth.lines(result, table)


PAGES = {
    "benchmarks.md": [("bars", "The aims", bars_lines),
                      ("rivals", "Rivals", compared_lines),
                      ("shapes", "Shapes of work", compared_lines),
                      ("scaling", "Cores", compared_lines),
                      ("micro", "The parts", micro_lines)],
    "models.md": [("models", "What was measured", compared_lines)],
    "load-testers.md": [("truth", "What each tool says", truth_lines),
                        ("load-bars", "The aims of `lariat load`",
                         bars_lines)],
}


def read_json(directory, name):
    path = os.path.join(directory, name + ".json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as text:
        return without_runs(json.load(text))


def name_of(row):
    """An aim's number, or the name of a row that is compared."""
    return row.get("number", row.get("id"))


def with_part(whole, part):
    """The rows of the part in the place of the whole's, each with its own
    commit and time; new ones behind them."""
    of_part = {name_of(row): dict(row, commit=part["commit"],
                                  when=part["when"]) for row in part["rows"]}
    rows = [of_part.pop(name_of(row), row) for row in whole["rows"]]
    return dict(whole, rows=rows + list(of_part.values()))


# Of which rows that were measured by themselves replace those that were
# published.  Rivals are one row.
OF_ROWS = ("bars", "load-bars", "truth", "shapes", "models")


def newest(name):
    """What was measured here, or what was published before, or None; also the
    rows that were measured here by themselves, if later."""
    result = read_json(RESULTS, name) or read_json(PLOTS, name)
    part = read_json(RESULTS, name + "-part") if name in OF_ROWS else None
    if result and part and part["when"] > result["when"]:
        return with_part(result, part)
    return result


def keep_published(name, result):
    with open(os.path.join(PLOTS, name + ".json"), "w",
              encoding="utf-8") as out:
        json.dump(result, out, indent=1)
        out.write("\n")


def section_lines(name, title, lines_of, say):
    """A part of a page, and beside it the plots and the JSON."""
    result = newest(name)
    if not result:
        say("no results of %s: left out" % name)
        return []
    keep_published(name, result)
    plots = plot.draw(result, PLOTS)
    remove_other_plots(name, plots)
    for row in result.get("rows", []):
        if "%s.svg" % name_of(row) in plots:
            row["plotted"] = "%s.svg" % name_of(row)
            plots.remove(row["plotted"])
    lines = ["### " + title, ""] + measured_with(result) + [""]
    for plotted in plots:
        lines += ["![%s](benchmarks/%s)" % (title, plotted), ""]
    return lines + lines_of(result)


def remove_other_plots(name, plots):
    """Those of rows that there are no more."""
    for old in os.listdir(PLOTS):
        if (old.startswith(name + "-") and old.endswith(".svg") and
                old not in plots):
            os.unlink(os.path.join(PLOTS, old))


def write_between(path, begin, end, lines):
    """Rewrites the part of a page between two marks."""
    with open(path, encoding="utf-8") as text:
        whole = text.read()
    if whole.count(begin) != 1 or whole.count(end) != 1:
        raise SystemExit("docs/%s has lost its marks" % os.path.basename(path))
    # A function, so that no backslash of the text is taken for a group.
    whole = re.sub(re.escape(begin) + ".*" + re.escape(end),
                   lambda _: "\n".join([begin, ""] + lines + [end]), whole,
                   flags=re.DOTALL)
    with open(path, "w", encoding="utf-8") as out:
        out.write(whole)


def write_page(page, sections, say):
    lines = []
    for section in sections:
        lines += section_lines(*section, say)
    write_between(os.path.join(DOCS, page), BEGIN, END, lines)
    say("written: docs/" + page)


def publish(say):
    os.makedirs(PLOTS, exist_ok=True)
    for page, sections in PAGES.items():
        write_page(page, sections, say)


def draw_own(name, say):
    """The plots of what belongs to a user, and to no page."""
    if name != "scaling-list":
        return
    for plotted in plot.draw(read_json(RESULTS, name), RESULTS):
        say("written: results/" + plotted)
