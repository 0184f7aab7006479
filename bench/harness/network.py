# SPDX-License-Identifier: MIT
"""A network of machines that are network namespaces: this process' own has the
web and the database, and each worker has one of its own with two cables, one to
each of them, that can be pulled.

Root only; all of it is gone when this process has ended, since nothing but its
children holds the namespaces."""
import ctypes
import os
import signal
import subprocess
import sys

# Where the hosts of the web are, and who serves them.
WEB_NET = "10.77.0.0/16"
FIRST_HOST = "10.77.1.1"
WEB_BRIDGE, WEB_GATE = "web", "10.79.0.254"
DATABASE_BRIDGE, DATABASE = "database", "10.78.0.254"

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command),
                                       done.stdout.strip()))


def enter_own_namespace():
    """Runs this program again in a network namespace of its own."""
    mark = "LARIAT_BENCH_NETWORK"
    if os.environ.get(mark):
        return
    if os.geteuid():
        raise SystemExit("bench/run: only root can make network namespaces")
    os.environ[mark] = "1"
    os.execvp("unshare", ["unshare", "--net", "--", sys.executable,
                          *sys.argv])


def lay_out():
    """The two nets on the side of the web and the database."""
    run("ip", "link", "set", "lo", "up")
    for bridge, address in ((WEB_BRIDGE, WEB_GATE),
                            (DATABASE_BRIDGE, DATABASE)):
        run("ip", "link", "add", bridge, "type", "bridge", "forward_delay",
            "0")
        run("ip", "address", "add", address + "/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
    run("ip", "route", "add", "local", WEB_NET, "dev", "lo")


class Machine:
    """A worker's, by its number, which is the last part of its addresses."""

    def __init__(self, number):
        self.number = number
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "echo; exec sleep 86400"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent)
        self.holder.stdout.readline()
        self.space = "/proc/%d/ns/net" % self.holder.pid
        self.ip("link", "set", "lo", "up")
        self.plug(WEB_BRIDGE, "10.79.0")
        self.plug(DATABASE_BRIDGE, "10.78.0")
        self.ip("route", "add", WEB_NET, "via", WEB_GATE)

    def ip(self, *arguments):
        run("nsenter", "--net=" + self.space, "--", "ip", *arguments)

    def cable(self, bridge):
        return "%s%d" % (bridge[:4], self.number)

    def plug(self, bridge, net):
        run("ip", "link", "add", self.cable(bridge), "type", "veth", "peer",
            "name", bridge, "netns", str(self.holder.pid))
        run("ip", "link", "set", self.cable(bridge), "master", bridge, "up")
        self.ip("address", "add", "%s.%d/24" % (net, self.number), "dev",
                bridge)
        self.ip("link", "set", bridge, "up")

    def pull(self, bridge):
        """At the far end, so that this one keeps its routes."""
        run("ip", "link", "set", self.cable(bridge), "down")

    def put_back(self, bridge):
        run("ip", "link", "set", self.cable(bridge), "up")

    def command(self, *command):
        return ["nsenter", "--net=" + self.space, "--", *command]

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


def number_of(address):
    """The machine's number, of the address that synthweb wrote down."""
    return int(address, 16) & 0xff
