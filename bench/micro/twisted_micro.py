# SPDX-License-Identifier: MIT
"""What Twisted's operations cost: lines "NANOSECONDS NAME".

The operations are those of deferreds.c and reactors.c beside this file, done
in the way in which Twisted's users do them.  As in timeit the collector is
off while they are measured.
"""
import gc
import sys
import threading
from time import perf_counter_ns

import twisted
from twisted.internet import defer

if not twisted.__version__.startswith("24.11."):
    sys.exit("this is Twisted " + twisted.__version__)

from twisted.internet import reactor

ROUNDS = 3
ROUND_NS = 100_000_000
LINKS = 100
CHILDREN = 100
NESTED = 100_000


def passed(result):
    return result


def run_chain(callbacks):
    d = defer.Deferred()
    for _ in range(callbacks):
        d.addCallback(passed)
    d.callback(1)


def links(count):
    for _ in range(0, count, LINKS):
        run_chain(LINKS)


def ten(count):
    for _ in range(count):
        run_chain(10)


def fire_all(children):
    for number, child in enumerate(children):
        child.callback(number)


def children_alone(count):
    for _ in range(0, count, CHILDREN):
        fire_all([defer.Deferred() for _ in range(CHILDREN)])


def gathered(count):
    for _ in range(0, count, CHILDREN):
        children = [defer.Deferred() for _ in range(CHILDREN)]
        defer.gatherResults(children)
        fire_all(children)


def gathered_late(count):
    for _ in range(0, count, CHILDREN):
        defer.gatherResults([defer.succeed(n) for n in range(CHILDREN)])


def returned(count):
    for _ in range(count):
        inner = defer.Deferred()
        outer = defer.Deferred()
        outer.addCallback(lambda result: inner)
        outer.callback(None)
        inner.callback(1)


def nested(count):
    first = last = defer.Deferred()
    for _ in range(count):
        outer = defer.Deferred()
        outer.addCallback(lambda result, inner=last: inner)
        outer.callback(None)
        last = outer
    first.callback(7)
    assert last.result == 7


def timer(count):
    for number in range(count):
        reactor.callLater(1 + number % 1000 / 1000, passed, None).cancel()


def posted(count):
    """All in one run: a reactor of Twisted's runs once."""
    left = count

    def count_down():
        nonlocal left
        left -= 1
        if left == 0:
            reactor.stop()

    def post():
        for _ in range(count):
            reactor.callFromThread(count_down)

    start = perf_counter_ns()
    thread = threading.Thread(target=post)
    thread.start()
    reactor.run()
    thread.join()
    return (perf_counter_ns() - start) / count


def time_of(operation, count):
    gc.collect()
    gc.disable()
    start = perf_counter_ns()
    operation(count)
    taken = perf_counter_ns() - start
    gc.enable()
    return taken


def tell(name, operation, count=0):
    if not count:
        count = 1000
        taken = time_of(operation, count)
        count = int(count * ROUND_NS / taken) + 1
    best = min(time_of(operation, count) for _ in range(ROUNDS))
    print(best / count, name, flush=True)


tell("chain link", links)
tell("10 callbacks", ten)
tell("child", children_alone)
tell("child, gathered", gathered)
tell("child, fired before", gathered_late)
tell("returned deferred", returned)
tell("nested, a level", nested, NESTED)
tell("timer", timer)
print(posted(200_000), "call across threads")
