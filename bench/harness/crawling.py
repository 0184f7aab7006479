# SPDX-License-Identifier: MIT
"""Runs crawlers on webs of their own, in turns."""
import json
import os
import shutil
import statistics
import subprocess
import tempfile

import machine
import web
from crawlers import Task
from measure import Bad, without_paths


class Run:
    """What one crawl took, and what the web says of it."""

    def __init__(self, figures, totals, late):
        self.totals = totals
        self.late = late  # it was ended by the bench
        self.exit = figures["exit"]
        self.cpu_s = figures["user_s"] + figures["sys_s"]
        self.wall_s = figures["wall_s"]
        self.peak_mb = figures["maxrss_kb"] / 1024

    def pages(self):
        return web.pages_of(self.totals)["fetched"]

    def cpu_ms_a_page(self):
        return 1000 * self.cpu_s / max(1, self.pages())


class Bench:
    def __init__(self, build, say):
        self.build = build
        self.say = say
        self.kept = tempfile.TemporaryDirectory(prefix="lariat-crawl-")

    def file_system(self):
        """Of the crawls' directories: crawlers that make a file for each page
        take the more the slower it is."""
        return machine.output_of("stat", "-f", "-c", "%T",
                                 self.kept.name).strip() or "unknown"

    def directory(self):
        return tempfile.mkdtemp(dir=self.kept.name)

    def environment(self):
        """Without proxies, which some crawlers would ask."""
        return {name: value for name, value in os.environ.items()
                if not name.lower().endswith("_proxy")}

    def measure(self, command, exits, limit_s, directory):
        """Runs a command to its end or to the limit: the kernel's figures."""
        out = os.path.join(directory, "figures.json")
        done = subprocess.run(
            [os.path.join(self.build, "bench-measure"), str(limit_s), out,
             *command], env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
            cwd=directory)
        with open(out, encoding="utf-8") as text:
            figures = json.load(text)
        if not figures["timed_out"] and figures["exit"] not in exits:
            raise Bad("exit code %d: %s" % (
                figures["exit"], without_paths(
                    done.stderr.decode(errors="replace").strip())[-300:]))
        return figures

    def run(self, crawler, options, in_flight=64, limit_s=600, keep=None):
        """One crawl of a new web.  `keep` gets its directory before that is
        removed."""
        directory = self.directory()
        try:
            with web.Synthweb(self.build, *options) as server:
                figures = self.measure(
                    crawler.command(Task(server.first, directory, in_flight,
                                         None)),
                    crawler.exits, limit_s, directory)
                totals = server.end()
            if keep:
                keep(directory)
            return Run(figures, totals, figures["timed_out"])
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def median(runs, what):
    return statistics.median(what(run) for run in runs)


def spread(values):
    return "%.3g (%.3g to %.3g)" % (statistics.median(values), min(values),
                                    max(values))
