# SPDX-License-Identifier: MIT
"""What truthd wrote down of a run, and what is true of it.

All times are in nanoseconds; instants are on the machine's monotonic clock."""
import bisect
import math
import struct
from collections import namedtuple

OUTCOMES = ("answered", "error", "hung", "closed", "reset", "gone")
HEAD = struct.Struct("=8sQQqQQ")
RECORD = struct.Struct("=6QIHBB")

Record = namedtuple("Record", "number arrived read due sending sent connection "
                    "thread outcome opening")


def percentile(ordered, share):
    """The nearest rank, upwards, as HdrHistogram has it for Java."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999))


def summary(values):
    """Count, percentiles and maximum of some times."""
    ordered = sorted(values)
    found = {name: percentile(ordered, share) for name, share in QUANTILES}
    found.update(count=len(ordered), max=ordered[-1] if ordered else None)
    return found


class Journal:
    def __init__(self, path):
        with open(path, "rb") as log:
            head = log.read(HEAD.size)
            body = log.read()
        magic, count, self.start, self.real, self.stall, self.period = \
            HEAD.unpack(head)
        if magic != b"truthd-1" or len(body) != count * RECORD.size:
            raise ValueError("it is not what truthd writes")
        self.records = sorted(map(Record._make, RECORD.iter_unpack(body)),
                              key=lambda record: record.number)

    def monotonic(self, real_ns):
        """The instant of the wall clock, on the other."""
        return real_ns - self.real + self.start

    def between(self, begin, end):
        """Those that arrived in this time: a part of the journal."""
        part = object.__new__(Journal)
        part.__dict__.update(self.__dict__)
        part.records = [record for record in self.records
                        if begin <= arrival(record) < end]
        return part

    def last(self, count):
        """The last so many that arrived, as such a part."""
        part = self.between(float("-inf"), float("inf"))
        part.records = sorted(part.records, key=arrival)
        part.records = part.records[max(0, len(part.records) - count):]
        return part

    def arrivals(self):
        return sorted(map(arrival, self.records))

    def outcomes(self):
        counts = dict.fromkeys(OUTCOMES, 0)
        for record in self.records:
            counts[OUTCOMES[record.outcome]] += 1
        return counts

    def served(self):
        """From arrival to the answer's sending, of those that had one."""
        return [record.sending - arrival(record) for record in self.records
                if record.sending and OUTCOMES[record.outcome] in
                ("answered", "error", "reset")]

    def seen_by_users(self, timeout):
        """The same of all, where no answer came the time-out."""
        return [record.sending - arrival(record) if record.sending
                else timeout for record in self.records]


def arrival(record):
    """By the kernel's stamp, which there is but for rare cases."""
    return record.arrived or record.read


# ---- What is due to arithmetic alone ----

def stall_truth(delay, stall, period, share):
    """The quantile for users who come at any time to a server that answers
    after `delay`, and that stands still for the last `stall` of each
    `period`.  What comes in the stall waits for its end, and then for its
    answer; what would be answered within the stall waits for its end."""
    waits = stall + min(delay, period - stall)
    if share <= 1 - waits / period:
        return delay
    # The others wait from `delay` to `stall` + `delay`: those before the
    # stall from `delay` to `stall` + `delay`, too, but no answer comes before
    # the end of the stall.
    within = share - (1 - waits / period)
    return quantile_of_waits(delay, stall, period, within)


def quantile_of_waits(delay, stall, period, within):
    """By halving: of users in the stall, wait = end - t + delay, from `delay`
    to `stall + delay`; of those before it, wait = end - t, from `stall` to
    `stall + delay`."""
    low, high = delay, stall + delay
    early = min(delay, period - stall)
    for _ in range(60):
        middle = (low + high) / 2
        share = min(stall, max(0, middle - delay)) / period
        share += min(early, max(0, middle - stall)) / period
        if share < within:
            low = middle
        else:
            high = middle
    return high


# ---- How evenly requests came ----

def dispersion(arrivals, begin, end, step=1_000_000):
    """Index of dispersion of the counts in each millisecond: variance by mean.
    0 when all have as many, 1 for a Poisson process."""
    steps = int((end - begin) // step)
    if steps < 2:
        return None
    counts = [0] * steps
    for instant in arrivals:
        index = int((instant - begin) // step)
        if 0 <= index < steps:
            counts[index] += 1
    mean = sum(counts) / steps
    if not mean:
        return None
    return sum((count - mean) ** 2 for count in counts) / (steps - 1) / mean


def slope(arrivals):
    """The gap of the even schedule that fits best: by least squares."""
    count = len(arrivals)
    middle = (count - 1) / 2
    origin = arrivals[0]
    above = sum((i - middle) * (at - origin) for i, at in enumerate(arrivals))
    below = count * (count * count - 1) / 12
    return above / below


def lateness(arrivals, gap=None):
    """How late each came by the even schedule that fits best: with this gap,
    or with the one that fits best, begun as late as none comes early."""
    if len(arrivals) < 2:
        return []
    gap = gap or slope(arrivals)
    origin = arrivals[0]
    behind = [at - origin - i * gap for i, at in enumerate(arrivals)]
    first = min(behind)
    return [late - first for late in behind]


def longest_gap(arrivals):
    return max((after - before for before, after in
                zip(arrivals, arrivals[1:])), default=0)


def count_between(arrivals, begin, end):
    return bisect.bisect_left(arrivals, end) - bisect.bisect_left(arrivals,
                                                                  begin)
