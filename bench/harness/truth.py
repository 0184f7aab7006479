# SPDX-License-Identifier: MIT
"""Load testers side by side against truthd: what each says of the same server,
beside what the server wrote down."""
import os

import generators
import journal
import peers
from generators import MS

SECOND = 1000 * MS

# Each scenario: the server, the rate of the open model, the connections of the
# closed and of the open one, and of lariat's, whose users queue for none; the
# time-out; whether it is about what the users see, or what is counted.
SCENARIOS = {
    "stall": {
        "title": "Answers after 5 ms, stands still for the last second of "
                 "every 10",
        "server": ["--delay", "constant:5ms", "--stall", "1s/10s"],
        # wrk2 throws its first 10 s away.
        "seconds": 30,
        "rate": 500, "closed": 20, "open": 20, "own": 800, "timeout": 10,
        "users": (5 * MS, SECOND, 10 * SECOND)},
    "mixture": {
        "title": "99 % after 5 ms, 0.9 % after 50 ms, 0.1 % after 1 s",
        "server": ["--delay", "mixture:99%=5ms,0.9%=50ms,0.1%=1s"],
        "rate": 1000, "closed": 20, "open": 100, "own": 400, "timeout": 10},
    "failures": {
        "title": "1 % never answered, 1 % closed, the others after 5 ms; "
                 "time-out 1 s",
        "server": ["--delay", "constant:5ms", "--failures",
                   "hung=1%,closed=1%"],
        "rate": 500, "closed": 20, "open": 20, "own": 200, "timeout": 1,
        "without": ("h2load",)},  # it gives no report then
    "overload": {
        "title": "Answers after 100 ms; 1,000/s asked of 20 connections, "
                 "which can have 200/s",
        "server": ["--delay", "constant:100ms"],
        "rate": 1000, "closed": None, "open": 20, "own": 20, "timeout": 10},
    "impossible": {
        "title": "Answers at once; more asked than can be had",
        "server": ["--delay", "constant:0ms"],
        "rate": 400000, "closed": None, "open": 20, "own": 20, "timeout": 10},
}


def lariat_row(load, scenario, seconds, rate, options):
    connections = scenario["own"] if rate else scenario["closed"]
    asked = ["-z", "%ds" % seconds, "-c", connections, "--timeout",
             "%ds" % scenario["timeout"], "--warm-up", options.warm_up]
    if rate:
        asked += ["--rate", rate]
    run = load.measure(scenario["server"] + seed(options), asked,
                       limit=seconds + 60)
    result = run.result
    said = {name: ns / MS for name, ns in
            generators.said_ns(result, "response").items() if ns is not None}
    said["rate"] = result["rate"]["sent_per_s"]
    said["failures"] = ", ".join(
        "%d %s" % (count, name) for name, count in
        result["outcomes"].items() if count and name != "answered")
    codes = generators.reasons(result)
    said["verdict"] = result["verdict"] + (
        " (%s)" % ", ".join(codes) if codes else "")
    return said, run


def seed(options):
    return ["--seed", str(options.seed)]


def row_of(load, scenario, name, peer, rate, options):
    """One line of the table."""
    seconds = options.seconds or scenario.get("seconds", 20)
    if peer is None:
        said, run = lariat_row(load, scenario, seconds, rate, options)
    else:
        aim = peers.Aim("", scenario["open" if rate else "closed"], seconds,
                        scenario["timeout"], rate)
        said, run = generators.measure_peer(
            load, peer, scenario["server"] + seed(options), aim, seconds + 60)
    served = journal.summary(run.journal.served())
    arrivals = run.journal.arrivals()
    return {"tool": name, "model": "open" if rate else "closed",
            "asked": rate, "came": len(arrivals) / seconds,
            "served": {key: value and value / MS
                       for key, value in served.items() if key != "count"},
            "outcomes": run.journal.outcomes(), "said": said,
            "exit": run.code, "load": os.getloadavg()[0]}


def users(scenario):
    """What users who come at any time see, if arithmetic tells."""
    if "users" not in scenario:
        return None
    delay, stall, period = scenario["users"]
    found = {name: journal.stall_truth(delay, stall, period, share) / MS
             for name, share in journal.QUANTILES}
    found["max"] = (stall + delay) / MS
    return found


def contestants(scenario, only):
    found = [("lariat", None)] + [(peer.name, peer)
                                  for peer in peers.present()]
    return [pair for pair in found if (not only or pair[0] in only) and
            pair[0] not in scenario.get("without", ())]


def run_scenario(load, key, options):
    scenario = SCENARIOS[key]
    load.say("\n%s: %s" % (key, scenario["title"]))
    rows = []
    true = users(scenario)
    if true:
        load.say("  users see " + latency_words(true))
    load.say(LINE % HEADS)
    for name, peer in contestants(scenario, options.tools):
        rates = [] if scenario["closed"] is None else [None]
        if peer is None or peer.open_model:
            rates += [options.rate or scenario["rate"]]
        if name == "wrk2":
            rates = rates[-1:]  # it has no closed model
        for rate in rates:
            rows.append(row_of(load, scenario, name, peer, rate, options))
            load.say((LINE % cells(rows[-1])).rstrip())
    return {"id": key, "title": scenario["title"], "users": true,
            "lines": rows}


HEADS = ("tool", "asked/s", "came/s", "served p50/p99/max",
         "says p50/p90/p99/p99.9/max", "exit", "says of it")
LINE = "%-18s %8s %8s %-24s %-38s %4s  %s"


def short(value):
    if value is None:
        return "-"
    return "%.0f" % value if value >= 100 else "%.3g" % value


def latency_words(found):
    return " / ".join(short(found.get(name))
                      for name in ("p50", "p90", "p99", "p999", "max"))


def says_latency(said):
    if "p50" in said:
        return latency_words(said)
    words = ["mean %s, max %s" % (short(said.get("mean")),
                                  short(said.get("max")))]
    if "log_p99" in said:
        words.append("log %s" % " / ".join(
            short(said.get("log_" + name))
            for name in ("p50", "p90", "p99", "p999")))
    return "; ".join(words)


def cells(row):
    served = row["served"]
    said = row["said"]
    remarks = [said[name] for name in ("verdict", "failures")
               if said.get(name)]
    if row["model"] == "open" and said.get("samples"):
        remarks.append("from %d samples" % said["samples"])
    broken = {name: count for name, count in row["outcomes"].items()
              if count and name not in ("answered", "gone")}
    if broken:
        remarks.append("log: " + ", ".join("%d %s" % (count, name) for
                                           name, count in broken.items()))
    return ("%s, %s" % (row["tool"], row["model"]),
            "-" if not row["asked"] else format(row["asked"], ","),
            format(round(row["came"]), ","),
            " / ".join(short(served[name]) for name in ("p50", "p99", "max")),
            says_latency(said), row["exit"], "; ".join(remarks))


def run(load, options):
    """All scenarios, or those that are named."""
    load.say("versions  " + ", ".join(
        "%s %s" % pair for pair in generators.versions(load).items()))
    absent = [peer.name for peer in peers.ALL if not peer.path()]
    if absent:
        load.say("not here  " + ", ".join(absent))
    names = options.names or list(SCENARIOS)
    return {"versions_of_tools": generators.versions(load), "absent": absent,
            "rows": [run_scenario(load, name, options) for name in names]}


# ---- The page ----

def lines(result, table):
    """For docs/benchmarks.md."""
    text = ["Milliseconds.  *Came* and *served* are what the server wrote "
            "down: from a request's arrival to its answer's sending; of a "
            "closed test that is blind where the test is, since it does not "
            "ask while it waits.  The tools: %s." % ", ".join(
                "%s %s" % pair
                for pair in result["versions_of_tools"].items()), ""]
    for scenario in result["rows"]:
        text += ["#### " + scenario["title"], ""]
        if scenario["users"]:
            text += ["Users who come at any time see p50 / p90 / p99 / p99.9 "
                     "/ max of %s ms." % latency_words(scenario["users"]), ""]
        text += table(HEADS, [cells(row) for row in scenario["lines"]]) + [""]
    return text
