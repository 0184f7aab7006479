# SPDX-License-Identifier: MIT
"""The servers that the benches fetch from: nginx, and lariat-origin where an
answer must be late.  On loopback only, and ended with the harness."""
import json
import os
import subprocess
import time
import urllib.request

import journal
import machine


def cpu_of(pids):
    """Seconds of CPU that the processes have used, all together."""
    ticks = 0
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8") as text:
                fields = text.read().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8") as text:
                fields = text.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(name))
    return found


class Elsewhere:
    """A server of the user's, of which nothing is known."""
    name = "not ours"

    def cpu_s(self):
        return 0

    def handled(self):
        """Requests answered so far, or None when the server does not count."""
        return None

    def connected(self):
        return None

    def resumed(self):
        return 0, 0


class Server(Elsewhere):
    """A child that ends when its standard input does."""

    def __init__(self, command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        self.pids = [self.child.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()

    def cpu_s(self):
        return cpu_of(self.pids)


class Nginx(Server):
    def __init__(self, hosts=0, tls=False, workers=1):
        command = [os.path.join(machine.ROOT, "bench", "serve"),
                   "--workers", str(workers)]
        if hosts:
            command += ["--hosts", str(hosts)]
        if tls:
            command += ["--tls"]
        super().__init__(command)
        self.facts = {}
        for line in self.child.stdout:
            name, _, value = line.decode().rstrip("\n").partition("\t")
            self.facts[name] = value
            if name == "ready":
                break
        if "ready" not in self.facts:
            raise RuntimeError("bench/serve did not start")
        self.pids = self.wait_for_workers(workers)
        self.name = "nginx, %d worker%s" % (workers, "s" * (workers > 1))
        self.asked = 0

    def wait_for_workers(self, workers):
        """They come a moment after the file with the number."""
        for _ in range(200):
            pids = children_of(int(self.facts["pid"]))
            if len(pids) >= workers:
                return pids
            time.sleep(0.05)
        raise RuntimeError("nginx has no workers")

    def status(self):
        """nginx's counters: connections now, and requests so far, less those
        of this function."""
        with urllib.request.urlopen(self.facts["url"] + "status",
                                    timeout=20) as answer:
            words = answer.read().decode().split()
        self.asked += 1
        return int(words[2]) - 1, int(words[9]) - self.asked

    def handled(self):
        return self.status()[1]

    def connected(self):
        return self.status()[0]

    def resumed(self):
        """Of the TLS sessions that could be: how many were resumed so far, and
        how many there were."""
        if "resumed_log" not in self.facts:
            return 0, 0
        with open(self.facts["resumed_log"], encoding="ascii") as text:
            lines = text.read()
        return lines.count("r"), lines.count("\n")

    def url(self, kind="url", path=""):
        return self.facts[kind] + path


class Origin(Server):
    def __init__(self, build, threads=2):
        super().__init__([os.path.join(build, "lariat-origin"),
                          "--threads", str(threads), "--until-stdin-closes"])
        words = self.child.stdout.readline().decode().split()
        if len(words) != 4:
            raise RuntimeError("lariat-origin did not start")
        self.base = "http://127.0.0.1:%s/" % words[3]
        self.name = "lariat-origin, %d threads" % threads

    def url(self, path=""):
        return self.base + path


class Truth(Server):
    """truthd, with a log of what it did, which there is when it has ended."""

    def __init__(self, build, scratch, *options, cpu=None):
        self.log = os.path.join(scratch, "truth.log")
        self.scheme = "https" if "--certificate" in options else "http"
        super().__init__(
            (["taskset", "-c", str(cpu)] if cpu is not None else []) +
            [os.path.join(build, "truthd"), "--log", self.log,
             "--until-stdin-closes", *map(str, options)])
        words = self.child.stdout.readline().decode().split()
        if len(words) != 4:
            raise RuntimeError("truthd did not start")
        self.port = words[3]

    def url(self, path="/"):
        return "%s://127.0.0.1:%s%s" % (self.scheme, self.port, path)

    def end(self):
        """Ends it: its journal and its totals."""
        text, _ = self.child.communicate(timeout=60)
        if self.child.returncode:
            raise RuntimeError("truthd failed")
        return journal.Journal(self.log), json.loads(text)

    def __exit__(self, *_):
        if self.child.returncode is None:
            super().__exit__()
