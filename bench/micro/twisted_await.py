# SPDX-License-Identifier: MIT
"""What a yield costs in Twisted's inlineCallbacks: lines "NANOSECONDS NAME".

The operations are those of await.c beside this file, done in the way in which
Twisted's users do them.  Times are the thread's CPU time; as in timeit the
collector is off while they are measured.
"""
import gc
import sys
from time import thread_time_ns

import twisted
from twisted.internet import defer

if not twisted.__version__.startswith("24.11."):
    sys.exit("this is Twisted " + twisted.__version__)

from twisted.internet import reactor

ROUNDS = 3
COUNT = 20_000
BATCH = 1000


@defer.inlineCallbacks
def await_ready():
    spent = 0
    for _ in range(COUNT // BATCH):
        ready = [defer.succeed(k) for k in range(BATCH)]
        start = thread_time_ns()
        for deferred in ready:
            yield deferred
        spent += thread_time_ns() - start
    return spent / COUNT


@defer.inlineCallbacks
def await_made():
    start = thread_time_ns()
    for number in range(COUNT):
        yield defer.succeed(number)
    return (thread_time_ns() - start) / COUNT


awaited = None


@defer.inlineCallbacks
def await_each():
    global awaited
    for _ in range(COUNT):
        awaited = defer.Deferred()
        yield awaited


def await_fired_by_hand():
    start = thread_time_ns()
    end = await_each()
    while not end.called:
        awaited.callback(None)
    return (thread_time_ns() - start) / COUNT


@defer.inlineCallbacks
def do_nothing():
    return None
    yield


def start_and_end():
    start = thread_time_ns()
    for _ in range(COUNT):
        do_nothing()
    return (thread_time_ns() - start) / COUNT


@defer.inlineCallbacks
def await_turns(count):
    for _ in range(count):
        deferred = defer.Deferred()
        reactor.callLater(0, deferred.callback, None)
        yield deferred


@defer.inlineCallbacks
def await_turns_alone():
    start = thread_time_ns()
    yield await_turns(COUNT)
    return (thread_time_ns() - start) / COUNT


@defer.inlineCallbacks
def await_turns_together():
    start = thread_time_ns()
    yield defer.gatherResults(
        [await_turns(COUNT // BATCH) for _ in range(BATCH)]
    )
    return (thread_time_ns() - start) / COUNT


@defer.inlineCallbacks
def measure(name, operation):
    best = None
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        taken = yield operation()
        gc.enable()
        best = taken if best is None else min(best, taken)
    print(best, name, flush=True)


@defer.inlineCallbacks
def measure_all():
    yield measure("fired", await_ready)
    yield measure("made", await_made)
    yield measure("by hand", await_fired_by_hand)
    yield measure("turn", await_turns_alone)
    yield measure("turns", await_turns_together)
    yield measure("coroutine", start_and_end)


def begin():
    measure_all().addErrback(print).addBoth(lambda _: reactor.stop())


reactor.callWhenRunning(begin)
reactor.run()
