# SPDX-License-Identifier: MIT
"""synthweb: the web that crawlers are compared on, and what it says of them."""
import json
import os
import signal

from servers import Server

# The address of the first host of a web whose crawler is told that all others
# of this machine are internal ones.
OWN_NET = "127.64.0.0/10"
OWN_FIRST_HOST = "127.64.0.1"


class Synthweb(Server):
    """A web of these options.  When it has ended, `totals` has what it was
    asked for."""

    def __init__(self, build, *options):
        super().__init__([os.path.join(build, "synthweb"),
                          "--until-stdin-closes", *map(str, options)])
        port = self.child.stdout.readline().decode().split()
        first = self.child.stdout.readline().decode().split()
        if port[:2] != ["listening", "on"]:
            self.__exit__()
            raise RuntimeError("synthweb did not start")
        self.port = int(port[2])
        self.first = first[2]
        self.totals = None

    def report(self):
        """What it was asked for so far."""
        self.child.send_signal(signal.SIGUSR1)
        return json.loads(self.child.stdout.readline())

    def end(self):
        """Ends it: what it was asked for."""
        text, _ = self.child.communicate(timeout=120)
        if self.child.returncode:
            raise RuntimeError("synthweb failed")
        self.totals = json.loads(text)
        return self.totals

    def __exit__(self, *_):
        if self.child.returncode is None:
            super().__exit__()


def pages_of(totals):
    return totals["kinds"]["page"]


def missing_of(totals):
    """How many URLs a right crawl has, and this one has not, by kind."""
    return {name: kind["missing"] for name, kind in totals["kinds"].items()
            if kind["missing"]}


def again_of(totals):
    return {name: kind["again"] for name, kind in totals["kinds"].items()
            if kind["again"]}


def rude(totals):
    """What no crawler does that keeps to the rules, by name."""
    found = totals["politeness"]
    said = {"forbidden": found["forbidden"],
            "before robots.txt": found["before_robots"],
            "internal addresses": totals["canary"]["connections"]}
    return {name: count for name, count in said.items() if count}
