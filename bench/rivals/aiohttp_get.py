#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same work with aiohttp: CONNECTIONS tasks share one session.

usage: aiohttp_get.py URL REQUESTS CONNECTIONS

Prints one line of JSON; start_cpu_s is what loading Python took, which is not
counted.  Exit code 1 when a request failed.
"""
import asyncio
import json
import sys
import time

import aiohttp


async def work(session, url, ids, tally):
    for _ in ids:
        try:
            async with session.get(url) as response:
                body = await response.read()
                tally["bytes"] += len(body)
                if response.status != 200:
                    tally["failed"] += 1
        except aiohttp.ClientError:
            tally["failed"] += 1


async def run(url, requests, connections):
    tally = {"requests": requests, "failed": 0, "bytes": 0}
    tally["start_cpu_s"] = time.process_time()
    ids = iter(range(requests))
    begun = time.monotonic()
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(
            *(work(session, url, ids, tally) for _ in range(connections)))
    tally["wall_s"] = time.monotonic() - begun
    tally["version"] = aiohttp.__version__
    return tally


def main():
    url, requests, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tally = asyncio.run(run(url, requests, connections))
    print(json.dumps(tally, separators=(",", ":")))
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
