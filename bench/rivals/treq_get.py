#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same work with Twisted and treq: CONNECTIONS loops share one pool.

usage: treq_get.py URL REQUESTS CONNECTIONS

Prints one line of JSON; start_cpu_s is what loading Python took, which is not
counted.  Exit code 1 when a request failed.
"""
import json
import sys
import time
from importlib.metadata import version

import treq
from twisted.internet import defer, task
from twisted.web.client import HTTPConnectionPool


async def work(url, ids, tally, pool):
    for _ in ids:
        try:
            response = await treq.get(url, pool=pool)
            body = await response.content()
            tally["bytes"] += len(body)
            if response.code != 200:
                tally["failed"] += 1
        except Exception:
            tally["failed"] += 1


def run(reactor, url, requests, connections, tally):
    pool = HTTPConnectionPool(reactor)
    pool.maxPersistentPerHost = connections
    ids = iter(range(requests))
    tally["start_cpu_s"] = time.process_time()
    begun = time.monotonic()

    def finish(_):
        tally["wall_s"] = time.monotonic() - begun
        return pool.closeCachedConnections()

    workers = [defer.ensureDeferred(work(url, ids, tally, pool))
               for _ in range(connections)]
    return defer.gatherResults(workers).addCallback(finish)


def main():
    url, requests, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tally = {"requests": requests, "failed": 0, "bytes": 0,
             "version": version("treq") + ", Twisted " + version("twisted")}
    try:
        task.react(lambda reactor: run(reactor, url, requests, connections,
                                       tally))
    except SystemExit as end:
        if end.code:
            return 2
    print(json.dumps(tally, separators=(",", ":")))
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
