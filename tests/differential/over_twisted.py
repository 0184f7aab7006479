# SPDX-License-Identifier: MIT
"""Runs programs over Twisted's deferreds and writes down what happened.

usage: over_twisted.py ROW,ROW,...

The language is described in docs/internals/differential.md.  A batch of
programs comes on standard input, its traces go to standard output; both are
preceded by a line with their size.  The rows are those of differences.tsv:
each names one way in which lariat differs on purpose, and has here, in
ROWS, exactly what makes Twisted (or the way a program uses it) the same.
Nothing else of Twisted is changed.
"""
import functools
import gc
import inspect
import sys
import threading

import twisted
from twisted.internet import defer, task
from twisted.python.failure import Failure

STEPS_MOST = 150
CIRCLE = "(a circle that counts may not find)"
SLOTS = 10


class Boom(Exception):
    """The failure of a program's own."""


class ReturnedItself(Exception):
    """What lariat makes of a circle of deferreds."""


class AwaitedBefore(Exception):
    """What lariat makes of a second await of a deferred."""


class Invalid(Exception):
    """What lariat makes of a race of none."""


class Shared:
    """A value that several can hold."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


class Moved(Shared):
    """A value that one can hold."""

    __slots__ = ()


# The rows of the table.

rows = set()
source_edits = []
method_edits = []


def edit_of_run(row, old, new):
    """A change in the text of Deferred._runCallbacks."""
    source_edits.append((row, "_runCallbacks", old, new))


def edit_of_race(row, old, new):
    """A change in the text of race."""
    source_edits.append((row, "race", old, new))


def edit(row):
    """A function that changes Twisted by itself."""

    def note(function):
        method_edits.append((row, function))
        return function

    return note


# Rows that are applied where the interpreter uses Twisted.
ROWS_OF_USE = {
    "circle",
    "unpause",
    "moved",
    "consumed",
    "list-items",
    "winner",
    "empty",
    "underflow",
    "race-unheld",  # lariat's side applies it
    "await-lost",  # the same
    "await-twice",
    "await-circle",
    "return-deferred",
}

def edit_of_list(row, old, new):
    """A change in the text of DeferredList._cbDeferred."""
    source_edits.append((row, "_cbDeferred", old, new))


edit_of_run(
    "pause-strands",
    """                return

            finished = True
""",
    """                unstack(chain.pop(), self)
                continue

            finished = True
""",
)
edit_of_run(
    "pause-hides",
    """            if current.paused:
""",
    """            if current.paused:
                note_failure(current)
            if current.paused:
""",
)
edit_of_run(
    "running-inner",
    """                            or currentResult.paused
""",
    """                            or currentResult.paused
                            or currentResult._runningCallbacks
""",
)
edit_of_run(
    "waits-anew",
    """                    chain.append(chainee)
""",
    """                    if chainee._stacked:
                        continue
                    chainee._stacked = True
                    chain.append(chainee)
""",
)
edit_of_run(
    "waits-anew",
    """ supplied us with our result.
                chain.pop()
""",
    """ supplied us with our result.
                unstack(chain.pop(), self)
""",
)


edit_of_race(
    "race-late",
    """        if winner is None:
""",
    """        if winner is None and not final_result.called:
""",
)
edit_of_race(
    "race-late",
    """        if len(failure_state) == len(to_cancel):
""",
    """        if len(failure_state) == len(to_cancel) and (
            not final_result.called
        ):
""",
)
edit_of_race(
    "race-late",
    """            final_result.callback((this_index, this_output))
""",
    """            if not final_result.called:
                final_result.callback((this_index, this_output))
""",
)
edit_of_race(
    "told-children",
    """        nonlocal winner
""",
    """        nonlocal winner
        told.add(this_index)
""",
)
edit_of_race(
    "told-children",
    """        failure_state.append((this_index, failure))
""",
    """        failure_state.append((this_index, failure))
        told.add(this_index)
""",
)
edit_of_race(
    "told-children",
    """    failure_state = []
""",
    """    failure_state = []
    told = set()
""",
)
edit_of_race(
    "told-children",
    """        for d in to_cancel:
            d.cancel()
""",
    """        for i, d in enumerate(to_cancel):
            if i not in told:
                d.cancel()
""",
)
edit_of_race(
    "told-children",
    """            for d in to_cancel:
                if d is not winner:
""",
    """            for i, d in enumerate(to_cancel):
                if d is not winner and i not in told:
""",
)


edit_of_list(
    "winner",
    "self.callback((result, index))",
    "self.callback((index, result))",
)
edit_of_list(
    "list-items",
    "cast(_DeferredListResultListT[Any], self.resultList)",
    "[value for ok, value in self.resultList]",
)


def edit_of_await(row, old, new):
    """A change in the text of _inlineCallbacks."""
    source_edits.append((row, "_inlineCallbacks", old, new))


edit_of_await(
    "cancel-running",
    """    while 1:
""",
    """    status.waitingOn = None
    while 1:
""",
)
edit_of_await(
    "cancel-running",
    """            if waiting[0]:
""",
    """            if waiting[0] and status.kept:
                status.kept = False
                result.cancel()
            if waiting[0]:
""",
)


edit_of_await(
    "await-circle",
    """    while 1:
""",
    """    while 1:
        status.needs = None
""",
)
edit_of_await(
    "await-circle",
    """            result.addBoth(_got""",
    """            status.needs = result
            result.addBoth(_got""",
)


@edit("cancel-in-place")
def cancel_in_place():
    def pass_on(it, status):
        if status.waitingOn is not None:
            status.waitingOn.cancel()

    defer._addCancelCallbackToDeferred = pass_on
    cancel = defer.Deferred.cancel

    def cancel_and_go_on(self):
        if self.called or not is_of_coroutine(self):
            cancel(self)
        else:
            self._canceller(self)

    defer.Deferred.cancel = cancel_and_go_on


@edit("cancel-running")
def keep_cancels():
    pass_on = defer._addCancelCallbackToDeferred

    def pass_on_or_keep(it, status):
        if status.waitingOn is None:
            status.kept = True
        else:
            pass_on(it, status)

    defer._addCancelCallbackToDeferred = pass_on_or_keep


def is_of_coroutine(deferred):
    """Whether it is a coroutine's, which has not ended."""
    name = getattr(deferred._canceller, "__qualname__", "")
    return name.startswith("_cancellableInlineCallbacks.")


def note_failure(current):
    """pause-hides: a failure is remembered although the chain is held back."""
    if isinstance(current.result, Failure):
        if current._debugInfo is None:
            current._debugInfo = defer.DebugInfo()
        current._debugInfo.failResult = current.result


def unstack(popped, bottom):
    """waits-anew: `popped` left a run whose lowest deferred is `bottom`."""
    if popped is not bottom:
        popped._stacked = False


@edit("waits-anew")
def mark_the_stacked():
    run = defer.Deferred._runCallbacks

    def _runCallbacks(self):
        if self._stacked:
            run(self)
            return
        self._stacked = True
        try:
            run(self)
        finally:
            self._stacked = False

    defer.Deferred._runCallbacks = _runCallbacks


@edit("told-children")
def cancel_those_that_matter():
    def cancel(self):
        if not self.called:
            for index, child in enumerate(self._deferredList):
                if self.resultList[index] is None:
                    child.cancel()

    defer.DeferredList.cancel = cancel


@edit("succeed-failure")
def fail_where_succeed_is_asked_to():
    succeed = defer.succeed

    def succeed_or_fail(result):
        if isinstance(result, Failure):
            return defer.fail(result)
        return succeed(result)

    defer.succeed = succeed_or_fail


def noting_row(wait):
    """acquire or get, which notes in which row its deferred stands."""

    def noted(self):
        waiter = wait(self)
        waiter._row = self.waiting
        return waiter

    return noted


@edit("fired-waiter")
def leave_the_row():
    start = defer.Deferred._startRunCallbacks

    def _startRunCallbacks(self, result):
        if not self.called:
            self._row[:] = [one for one in self._row if one is not self]
        start(self, result)

    defer.Deferred._row = []
    defer.Deferred._startRunCallbacks = _startRunCallbacks
    defer.DeferredQueue.get = noting_row(defer.DeferredQueue.get)
    for kind in (defer.DeferredLock, defer.DeferredSemaphore):
        kind.acquire = noting_row(kind.acquire)


def guarded(cancel):
    def cancel_once(self):
        if self.called:
            cancel(self)
        elif not self._cancelling:
            self._cancelling = True
            try:
                cancel(self)
            finally:
                self._cancelling = False

    return cancel_once


@edit("cancel-in-canceller")
def guard_cancel():
    defer.Deferred.cancel = guarded(defer.Deferred.cancel)
    defer.DeferredList.cancel = guarded(defer.DeferredList.cancel)


@edit("list-cancel")
def pass_cancel_on():
    cancel_children = defer.DeferredList.cancel

    def cancel(self):
        if self.called:
            defer.Deferred.cancel(self)
        else:
            cancel_children(self)

    defer.DeferredList.cancel = cancel


def edited(function):
    """The function with what the rows say of its text."""
    name = function.__name__
    source = inspect.getsource(function)
    is_method = source[0] == " "
    for row, where, old, new in source_edits:
        if row in rows and where == name:
            if source.count(old) != 1:
                sys.exit("this Twisted's %s is another: %s" % (name, row))
            source = source.replace(old, new)
    space = {}
    source = "if True:\n" * is_method + source
    exec(compile(source, name, "exec"), defer.__dict__, space)
    return space[name]


def apply_rows(names):
    known = ROWS_OF_USE | {e[0] for e in source_edits + method_edits}
    unknown = set(names) - known
    if unknown:
        sys.exit("no such row: " + ", ".join(sorted(unknown)))
    rows.update(names)
    defer.Deferred._stacked = False
    defer.Deferred._cancelling = False
    defer.unstack = unstack
    defer.note_failure = note_failure
    defer.Deferred._runCallbacks = edited(defer.Deferred._runCallbacks)
    defer.DeferredList._cbDeferred = edited(defer.DeferredList._cbDeferred)
    defer.race = edited(defer.race)
    defer._inlineCallbacks = edited(defer._inlineCallbacks)
    defer._CancellationStatus.kept = False
    defer._CancellationStatus.needs = None
    for row, function in method_edits:
        if row in rows:
            function()


# What the traces call things.


def name_of(error):
    if isinstance(error, Boom):
        return "user"
    return {
        defer.CancelledError: "cancelled",
        defer.TimeoutError: "timed-out",
        defer.AlreadyCalledError: "already",
        defer.FirstError: "first-error",
        defer.FailureGroup: "all-failed",
        defer.QueueUnderflow: "queue-underflow",
        Invalid: "invalid-argument",
        ReturnedItself: "returned-itself",
        AwaitedBefore: "already",
    }.get(type(error)) or repr(error)


def describe_failure(failure):
    error = failure.value
    if type(error) is Boom:
        return "!%d" % error.args[0]
    if type(error) is defer.FirstError:
        return "!first(%d %s)" % (error.index, describe(error.subFailure))
    if type(error) is defer.FailureGroup:
        return "!all-failed(%s)" % " ".join(map(describe, error.failures))
    return "!" + name_of(error)


def describe(value):
    kind = type(value)
    if value is None:
        return "none"
    if kind is int:
        return str(value)
    if kind is bool:
        return "ok" if value else "bad"
    if kind is Shared:
        return "s%d" % value.number
    if kind is Moved:
        return "m%d" % value.number
    if kind is list:
        return "[" + " ".join(map(describe, value)) + "]"
    if kind is tuple:
        return "(" + " ".join(map(describe, value)) + ")"
    if isinstance(value, Failure):
        return describe_failure(value)
    if isinstance(value, defer.Deferred):
        return "a deferred"
    return {
        defer.DeferredLock: "lock",
        defer.DeferredSemaphore: "semaphore",
    }[kind]


def value_from(text):
    """A new value, as a program writes it."""
    if text[0] == "s":
        return Shared(int(text[1:]))
    if text[0] == "m":
        return Moved(int(text[1:]))
    if text[0] == "!":
        return Failure(Boom(int(text[1:])))
    if text == "none":
        return None
    return int(text)


LOCKS = (defer.DeferredLock, defer.DeferredSemaphore)


def moves(value):
    """Whether only one can hold a value, on lariat's side."""
    return "moved" in rows and type(value) in (Moved, list, tuple)


def waits(deferred):
    return isinstance(getattr(deferred, "result", None), defer.Deferred)


def needed_by(deferred):
    """What it needs the result of, or None."""
    if waits(deferred):
        return deferred.result
    if deferred.called or not is_of_coroutine(deferred):
        return None
    return cells_of(deferred._canceller)["status"].needs


def closes_circle(inner, outer):
    while inner is not outer:
        inner = needed_by(inner)
        if inner is None:
            return False
    return True


def cells_of(function):
    """What a function of race has around it."""
    names = function.__code__.co_freevars
    return {n: c.cell_contents for n, c in zip(names, function.__closure__)}


def told_by(deferred):
    """The kind, and the other, of each pair through which this deferred will
    tell its result to another."""
    for (function, args, _), _ in getattr(deferred, "callbacks", ()):
        if function is defer._CONTINUE:
            yield "waits", args[0]
        elif function.__name__ == "callback":
            yield "chained", function.__self__
        elif function.__name__ == "_cbDeferred":
            yield "child", function.__self__
        elif function is defer._gotResultInlineCallbacks:
            yield "awaited", args[2].deferred
        elif function.__name__ == "succeeded":
            yield "child", cells_of(function)["final_result"]


def locks_in(value):
    """The locks and semaphores that a value has references to."""
    to_do = [value]
    while to_do:
        value = to_do.pop()
        if isinstance(value, LOCKS):
            yield value
        elif type(value) in (list, tuple):
            to_do.extend(value)


def ties_of(one):
    """What it has to do with others: two ends each, and the kind."""
    for kind, other in told_by(one):
        yield kind, one, other
    if isinstance(one, LOCKS):
        for waiter in one.waiting:
            yield "waiter", waiter, one
    else:
        held = [getattr(one, "result", None), getattr(one, "resultList", None)]
        for lock in locks_in(held):
            yield "lock", one, lock


def has_circle(deferreds):
    """Whether two of them are tied to each other in more than one way.  Only
    then can there be a circle of references among what is left."""
    to_do = list(deferreds)
    root = {}

    def root_of(one):
        while one in root:
            one = root[one]
        return one

    ties = set()
    while to_do:
        for tie in ties_of(to_do.pop()):
            if tie in ties:
                continue
            ties.add(tie)
            _, one, other = tie
            to_do.append(other)
            one, other = root_of(one), root_of(other)
            if one is other:
                return True
            root[one] = other
    return False


class Program:
    """One program's state."""

    def __init__(self, text):
        self.trace = []
        self.steps = 0
        self.pairs = 0
        self.deferreds = [None] * SLOTS
        self.made = []
        self.may_have_circle = False
        self.tools = [None] * SLOTS
        self.pauses = {}
        self.coroutines = 0
        self.is_coroutine = [False] * SLOTS
        self.clock = task.Clock()
        self.main = []
        self.bodies = {}
        self.outcomes = {}
        for line in text.split("\n"):
            words = line.split()
            if not words:
                continue
            if words[0] == "in":
                self.bodies.setdefault(words[1], []).append(words[2:])
            elif words[0] == "fn":
                self.outcomes[words[1]] = words[2:]
            else:
                self.main.append(words)

    def run(self):
        self.perform(self.main)
        for _ in range(STEPS_MOST):
            if not self.clock.getDelayedCalls():
                break
            self.clock.advance(1000000)
        self.tell_state()
        if self.may_have_circle and has_circle(self.made):
            self.say(CIRCLE)

    def perform(self, lines):
        for words in lines:
            self.steps += 1
            if self.steps > STEPS_MOST:
                return
            if words[0] not in WAITS:
                OPERATIONS[words[0]](self, words)

    def say(self, text):
        self.trace.append(text)

    def tell_state(self):
        for number, deferred in enumerate(self.deferreds):
            if deferred is not None:
                self.say("d%d %s" % (number, self.state_of(deferred)))
        for number, tool in enumerate(self.tools):
            if tool is not None:
                self.say("t%d %s" % (number, state_of_tool(tool)))

    def state_of(self, deferred):
        if not deferred.called:
            return "unfired"
        if waits(deferred):
            for number, other in enumerate(self.deferreds):
                if other is deferred.result:
                    return "waits for d%d" % number
            return "waits"
        return describe(deferred.result)

    # Functions.

    def side(self, function, deferred, pair):
        """A callback or an errback of a pair."""
        if function == "-":
            return None
        body = self.bodies.get(function)
        outcome = self.outcomes.get(function)
        title = "%d %s " % (pair, function)

        def side(result):
            self.trace.append(title + describe(result))
            if body:
                self.perform(body)
            return self.outcome(outcome, result, deferred)

        return side

    def outcome(self, outcome, result, deferred):
        if not outcome:
            return result
        kind = outcome[0]
        if kind == "val":
            return value_from(outcome[1])
        if kind == "fail":
            return Failure(Boom(int(outcome[1])))
        if kind == "raise":
            raise Boom(int(outcome[1]))
        if kind == "def":
            inner = self.deferreds[int(outcome[1])]
            if inner is None:
                return result
            if "circle" in rows and closes_circle(inner, deferred):
                return Failure(ReturnedItself())
            return inner
        return result

    def canceller(self, function):
        body = self.bodies.get(function, ())

        def canceller(deferred):
            self.say("canceller " + function)
            self.perform(body)

        return canceller

    def on_timeout(self, function, deferred):
        body = self.bodies.get(function, ())
        outcome = self.outcomes.get(function)

        def on_timeout(result, timeout):
            self.say("timeout %s %s" % (function, describe(result)))
            self.perform(body)
            return self.outcome(outcome, result, deferred)

        return on_timeout

    # Slots.

    def put(self, slot, deferred):
        self.deferreds[int(slot)] = deferred
        self.is_coroutine[int(slot)] = False
        self.made.append(deferred)

    def those_of(self, slots):
        self.may_have_circle = True
        found = [self.deferreds[int(slot)] for slot in slots]
        return [deferred for deferred in found if deferred is not None]


def state_of_tool(tool):
    if isinstance(tool, defer.DeferredLock):
        return "locked" if tool.locked else "free"
    if isinstance(tool, defer.DeferredSemaphore):
        return "tokens %d" % tool.tokens
    return "pending %d waiting %d" % (len(tool.pending), len(tool.waiting))


# The operations.

OPERATIONS = {}


def operation(function):
    OPERATIONS[function.__name__.rstrip("_")] = function
    return function


def on_deferred(function):
    """An operation on the deferred in a slot; nothing when it is empty."""

    @functools.wraps(function)
    def perform(program, words):
        deferred = program.deferreds[int(words[1])]
        if deferred is not None:
            function(program, deferred, words)

    return operation(perform)


def on_tool(kind):
    """An operation on the tool in the slot that is the last word but those of
    its arguments."""

    def decorate(function):
        @functools.wraps(function)
        def perform(program, words):
            tool = program.tools[int(words[1])]
            if isinstance(tool, kind):
                function(program, tool, words)

        return operation(perform)

    return decorate


@operation
def new(program, words):
    canceller = program.canceller(words[2]) if len(words) > 2 else None
    program.put(words[1], defer.Deferred(canceller))


@operation
def done(program, words):
    program.put(words[1], defer.succeed(value_from(words[2])))


@operation
def failed(program, words):
    program.put(words[1], defer.fail(Failure(Boom(int(words[2])))))


@operation
def drop(program, words):
    program.deferreds[int(words[1])] = None


def pair_number(program):
    program.pairs += 1
    return program.pairs


@on_deferred
def callbacks(program, deferred, words):
    pair = pair_number(program)
    deferred.addCallbacks(
        program.side(words[2], deferred, pair) or defer.passthru,
        program.side(words[3], deferred, pair),
    )


@on_deferred
def callback(program, deferred, words):
    deferred.addCallback(
        program.side(words[2], deferred, pair_number(program))
    )


@on_deferred
def errback(program, deferred, words):
    deferred.addErrback(program.side(words[2], deferred, pair_number(program)))


@on_deferred
def both(program, deferred, words):
    deferred.addBoth(program.side(words[2], deferred, pair_number(program)))


def fire_with(program, fire, value, words):
    try:
        fire(value)
    except defer.AlreadyCalledError:
        program.say("%s d%s: already" % (words[0], words[1]))


@on_deferred
def fire(program, deferred, words):
    if program.is_coroutine[int(words[1])]:
        return
    fire_with(program, deferred.callback, value_from(words[2]), words)


@on_deferred
def err(program, deferred, words):
    if program.is_coroutine[int(words[1])]:
        return
    failure = Failure(Boom(int(words[2])))
    fire_with(program, deferred.errback, failure, words)


@on_deferred
def cancel(program, deferred, words):
    deferred.cancel()


@on_deferred
def pause(program, deferred, words):
    program.pauses[deferred] = program.pauses.get(deferred, 0) + 1
    deferred.pause()


@on_deferred
def unpause(program, deferred, words):
    if "unpause" in rows:
        if not program.pauses.get(deferred):
            program.say("unpause d%s: already" % words[1])
            return
        program.pauses[deferred] -= 1
    deferred.unpause()


@on_deferred
def show(program, deferred, words):
    program.say(
        "d%s %s" % (words[1], "fired" if deferred.called else "unfired")
    )


@on_deferred
def chain(program, deferred, words):
    other = program.deferreds[int(words[2])]
    if other is not None and not program.is_coroutine[int(words[2])]:
        program.may_have_circle = True
        deferred.chainDeferred(other)


class Listed(defer.DeferredList):
    """A deferred list, with what the children keep as lariat has it."""

    def _cbDeferred(self, result, index, succeeded):
        late = self.called
        kept = defer.DeferredList._cbDeferred(self, result, index, succeeded)
        if moves(result) and not late:
            return None
        return kept


def gathered(program, slots):
    consume = "consumed" in rows
    children = program.those_of(slots)
    made = Listed(children, fireOnOneErrback=True, consumeErrors=consume)
    if "list-items" not in rows:
        made.addCallback(defer._parseDeferredListResult)
    return made


@operation
def gather(program, words):
    program.put(words[1], gathered(program, words[2:]))


@operation
def list_(program, words):
    flags = words[2]
    children = program.those_of(words[3:])
    if not children and "c" in flags and "empty" in rows:
        made = defer.fail(Failure(Invalid()))
    else:
        made = Listed(children, "c" in flags, "e" in flags, "x" in flags)
    program.put(words[1], made)


@operation
def race(program, words):
    children = program.those_of(words[2:])
    if not children and "empty" in rows:
        made = defer.fail(Failure(Invalid()))
    else:
        made = defer.race(children)
        made._deferredList = children
    program.put(words[1], made)


@on_deferred
def timeout(program, deferred, words):
    function = None
    if len(words) > 3:
        function = program.on_timeout(words[3], deferred)
    deferred.addTimeout(int(words[2]), program.clock, function)


@operation
def advance(program, words):
    program.clock.advance(int(words[1]))


@operation
def lock(program, words):
    program.tools[int(words[1])] = defer.DeferredLock()


@operation
def semaphore(program, words):
    tokens = int(words[2])
    program.tools[int(words[1])] = defer.DeferredSemaphore(tokens)


@operation
def queue(program, words):
    size, backlog = (int(w) if w != "-" else None for w in words[2:])
    program.tools[int(words[1])] = defer.DeferredQueue(size, backlog)


@on_tool(LOCKS)
def acquire(program, tool, words):
    program.may_have_circle = True
    program.put(words[2], tool.acquire())


@on_tool(LOCKS)
def release(program, tool, words):
    try:
        tool.release()
    except AssertionError:
        program.say("release t%s: not held" % words[1])
    except defer.AlreadyCalledError:
        program.say("%s t%s: already" % (words[0], words[1]))


@on_tool(defer.DeferredQueue)
def put(program, tool, words):
    try:
        tool.put(value_from(words[2]))
    except defer.QueueOverflow:
        program.say("put t%s: overflow" % words[1])
    except defer.AlreadyCalledError:
        program.say("%s t%s: already" % (words[0], words[1]))


@on_tool(defer.DeferredQueue)
def get(program, tool, words):
    try:
        program.put(words[2], tool.get())
    except defer.QueueUnderflow:
        if "underflow" not in rows:
            program.say("get t%s: underflow" % words[1])
            return
        program.put(words[2], defer.fail(Failure(defer.QueueUnderflow())))


# Coroutines.

WAITS = {}


def wait(function):
    """An operation of a coroutine's body: what is to be yielded, or NOTHING
    when there is nothing to wait for."""
    WAITS[function.__name__.rstrip("_")] = function
    return function


NOTHING = object()


def awaitable(deferred, own):
    """The deferred, or why the coroutine, whose own deferred is `own`, must
    not wait for it."""
    if "await-twice" in rows and hasattr(deferred, "_awaited"):
        return Failure(AwaitedBefore())
    if "await-circle" in rows and closes_circle(deferred, own):
        return Failure(ReturnedItself())
    deferred._awaited = True
    return deferred


@wait
def await_(program, words, own):
    deferred = program.deferreds[int(words[1])]
    return NOTHING if deferred is None else awaitable(deferred, own)


WAITS["try"] = await_


@wait
def all_(program, words, own):
    return gathered(program, words[1:])


@wait
def sleep(program, words, own):
    return task.deferLater(program.clock, int(words[1]))


@wait
def yield_(program, words, own):
    return value_from(words[1])


@defer.inlineCallbacks
def body_of(program, number, function, own):
    """`own` is a list: the coroutine's deferred is put there when it is
    known."""
    program.say("c%d %s" % (number, function))
    last = None
    for words in program.bodies.get(function, ()):
        program.steps += 1
        if program.steps > STEPS_MOST:
            break
        if words[0] not in WAITS:
            OPERATIONS[words[0]](program, words)
            continue
        awaited = WAITS[words[0]](program, words, own[0])
        if awaited is NOTHING:
            continue
        title = "c%d %s " % (number, words[0])
        last = None
        try:
            last = yield awaited
        except Exception:
            last = Failure()
            program.say(title + describe(last))
            if words[0] == "await":
                raise
        else:
            program.say(title + describe(last))
        awaited = None
    last = program.outcome(program.outcomes.get(function), last, None)
    if isinstance(last, defer.Deferred) and "return-deferred" in rows:
        last = yield awaitable(last, own[0])
    return last


@operation
def run(program, words):
    program.coroutines += 1
    program.may_have_circle = True
    own = [None]
    made = own[0] = body_of(program, program.coroutines, words[2], own)
    program.put(words[1], made)
    program.is_coroutine[int(words[1])] = True


# Batches.


class Log:
    """Stands in for the module's log: what is unhandled is written down."""

    def __init__(self):
        self.lines = []

    def critical(self, *args, **kwargs):
        pass

    def failure(self, format, failure, **kwargs):
        name = name_of(failure.value)
        if name == "user":
            name += " %d" % failure.value.args[0]
        self.lines.append("unhandled " + name)


def run_program(text, log):
    log.lines = []
    program = Program(text)
    program.run()
    trace = program.trace
    del program
    gc.collect()
    trace += sorted(log.lines)
    trace.append("end\n")
    return "\n".join(trace)


def serve():
    log = defer.log = Log()
    gc.collect()
    gc.freeze()
    gc.disable()
    commands = sys.stdin.buffer
    answers = sys.stdout.buffer
    while True:
        head = commands.readline()
        if not head:
            return
        text = commands.read(int(head)).decode()
        programs = text.split("end\n")[:-1]
        traces = "".join([run_program(p, log) for p in programs]).encode()
        answers.write(b"%d\n" % len(traces) + traces)
        answers.flush()


def main():
    if not twisted.__version__.startswith("24.11."):
        sys.exit("this is Twisted " + twisted.__version__)
    apply_rows([row for row in sys.argv[1].split(",") if row])
    sys.setrecursionlimit(1000000)
    threading.stack_size(512 << 20)
    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
