# SPDX-License-Identifier: MIT
"""Behind `bench/run truth`, `bench/run load-bars` and `bench/run check`."""
import argparse
import signal
import sys
import time

import generators
import load_bars
import machine
import report
import truth


def say(words):
    print(words, flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("what", choices=("truth", "load-bars", "check"))
    parser.add_argument("names", nargs="*", help="scenarios; numbers of rows; "
                        "the log and the result")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--build")
    parser.add_argument("--libcurl")
    parser.add_argument("--note")
    parser.add_argument("--tools", type=lambda text: text.split(","))
    parser.add_argument("--rate", type=int)
    parser.add_argument("--rates", default="1000,10000")
    parser.add_argument("--server", action="append",
                        help="truthd's options, in the place of the four")
    parser.add_argument("--failures",
                        default="hung=1%,closed=1%,reset=1%,error=1%")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--warm-up", default="2s")
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--wanted", type=int, default=10)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--loops", type=int, default=25)
    parser.add_argument("--only")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--scale", type=int, default=100)
    parser.add_argument("--no-pin", action="store_true")
    options = parser.parse_args()
    known = list(truth.SCENARIOS) if options.what == "truth" else \
        [str(number) for number, _, _ in load_bars.ROWS]
    if options.what == "check":
        if len(options.names) != 2:
            parser.error("check takes the server's log and the result")
    elif not set(options.names) <= set(known):
        parser.error("there are: " + ", ".join(known))
    return options


def measure(options):
    load = generators.Load(options.programs, say, options.libcurl)
    facts = dict(machine.facts(options.programs), pairs=options.pairs,
                 scale_percent=options.scale)
    if options.note:
        facts["note"] = options.note
    say("\n== " + options.what)
    report.show_head(facts, say)
    begun = time.monotonic()
    module = truth if options.what == "truth" else load_bars
    result = module.run(load, options)
    result["took_s"] = round(time.monotonic() - begun)
    say("\n%s took %d s" % (options.what, result["took_s"]))
    part = "-part" if options.names or options.tools or options.only else ""
    say("\nwritten: " + report.write_json(options.what + part, facts, result))
    return any("unmeasured" in row for row in result.get("rows", []))


def end(*_):
    raise SystemExit(143)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, end)
    if options.what == "check":
        generators.check(*options.names, say)
        return 0
    return int(measure(options))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
