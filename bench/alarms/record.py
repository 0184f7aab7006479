# SPDX-License-Identifier: MIT
"""Records blocks of `lariat load`, and says how often comparisons of them err.

usage: bench/run alarms [--blocks N] [--seconds S] [--rate N] [--slower PERCENT]
                        [--hogs N] [--connections N] [--delay SPEC] [--pairs N]
                        [--orders N] [--keep FILE] [--from FILE] [--build DIR]

Without --slower all blocks are of one program and one server: whatever is found
then is a false alarm, and the same blocks with B made 10 % slower by arithmetic
say what is found, and whether that is ever called the same.  With --slower
PERCENT blocks are in pairs, in drawn order, and B's server takes so much longer
for its answers.  --hogs N switches N busy loops on and off at random meanwhile.
--from FILE compares blocks that --keep FILE has kept."""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time


def parse():
    parser = argparse.ArgumentParser(prog="bench/run alarms",
                                     usage=__doc__.split("usage: ")[1]
                                     .split("\n\n")[0])
    parser.add_argument("--blocks", type=int, default=160)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--slower", type=float)
    parser.add_argument("--hogs", type=int, default=0)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--delay", default="lognormal:%gms,0.5")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--keep")
    parser.add_argument("--from", dest="given")
    parser.add_argument("--programs")
    parser.add_argument("--build")  # bench/run's own
    return parser.parse_args()


def start_server(options, median):
    delay = options.delay % median if "%" in options.delay else options.delay
    server = subprocess.Popen(
        [os.path.join(options.programs, "truthd"), "--delay", delay, "--log",
         "/dev/null", "--until-stdin-closes"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    words = server.stdout.readline().split()
    return server, "http://%s:%s/" % (words[2], words[3])


class Hogs:
    """Busy loops, each on and off for some seconds at random."""

    def __init__(self, count):
        self.loops = [None] * count
        self.due = [0.0] * count

    def turn(self):
        now = time.monotonic()
        for i, loop in enumerate(self.loops):
            if now < self.due[i]:
                continue
            self.due[i] = now + random.expovariate(1 / 4)
            if loop:
                loop.kill()
                loop.wait()
                self.loops[i] = None
            else:
                self.loops[i] = subprocess.Popen(["sh", "-c",
                                                  "while :; do :; done"])

    def stop(self):
        for loop in self.loops:
            if loop:
                loop.kill()
                loop.wait()


def run_block(options, url, path):
    """Returns p50, p99, rate and the verdict; None: there was no result."""
    subprocess.run([os.path.join(options.programs, "lariat"), "load", "--quiet",
                    "--rate", str(options.rate), "-c", str(options.connections),
                    "--duration", "%dms" % (1000 * options.seconds),
                    "--warm-up", "200ms", "--json", path, url],
                   stderr=subprocess.DEVNULL, check=False)
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        os.unlink(path)
        response = result["response"]
        seconds = result["run"]["duration_us"] / 1e6
        return (response["p50_us"], response["p99_us"],
                response["count"] / seconds, result["verdict"])
    except (OSError, KeyError, ValueError, ZeroDivisionError) as error:
        print("a block has no result: %r" % error, file=sys.stderr)
        return None


def record(options, file):
    random.seed(1)
    slower = 1 + (options.slower or 0) / 100
    servers = {"A": start_server(options, 5)}
    if options.slower is not None:
        servers["B"] = start_server(options, 5 * slower)
    hogs = Hogs(options.hogs)
    verdicts = {}
    path = file.name + ".json"
    try:
        while sum(verdicts.values()) < options.blocks:
            sides = ["A", "A"] if options.slower is None else ["A", "B"]
            random.shuffle(sides)
            pair = []
            for side in sides:
                hogs.turn()
                block = run_block(options, servers[side][1], path)
                if block:
                    pair.append((side,) + block)
            if len(pair) < 2:
                continue
            for side, p50, p99, rate, verdict in pair:
                verdicts[verdict] = verdicts.get(verdict, 0) + 1
                file.write("%s\t%.3f\t%.3f\t%.3f\n" % (side, p50, p99, rate))
            file.flush()
    finally:
        hogs.stop()
        for server, _ in servers.values():
            server.stdin.close()
            server.wait()
    print("%d blocks of %g s at %d/s: %s" % (
        sum(verdicts.values()), options.seconds, options.rate, ", ".join(
            "%d %s" % (count, name) for name, count in sorted(
                verdicts.items()))))


def judge(options, path, factor):
    subprocess.run([os.path.join(options.programs, "bench-alarms"), path,
                    str(options.pairs), str(options.orders), str(factor)],
                   check=True)


def main():
    options = parse()
    print("load average before: %s" % open("/proc/loadavg").read().strip())
    if options.given:
        path, temporary = options.given, None
    else:
        temporary = tempfile.NamedTemporaryFile("w", suffix=".tsv",
                                                delete=False)
        path = options.keep or temporary.name
        with open(path, "w", encoding="utf-8") as file:
            record(options, file)
    print("load average after: %s" % open("/proc/loadavg").read().strip())
    judge(options, path, 1)
    if options.slower is None:
        judge(options, path, 1.1)
    if temporary:
        os.unlink(temporary.name)


if __name__ == "__main__":
    main()
