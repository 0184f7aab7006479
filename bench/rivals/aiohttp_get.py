#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same work with aiohttp: CONNECTIONS tasks share one session.

usage: aiohttp_get.py URL REQUESTS CONNECTIONS [--ca FILE] [--post BYTES]

Prints one line of JSON; start_cpu_s is what loading Python took, which is not
counted.  Exit code 1 when a request failed.
"""
import argparse
import asyncio
import json
import ssl
import sys
import time

import aiohttp


async def work(session, url, ids, body, tally):
    method = "POST" if body else "GET"
    for _ in ids:
        try:
            async with session.request(method, url, data=body) as response:
                body = await response.read()
                tally["bytes"] += len(body)
                if response.status != 200:
                    tally["failed"] += 1
        except aiohttp.ClientError:
            tally["failed"] += 1


async def run(options):
    tally = {"requests": options.requests, "failed": 0, "bytes": 0}
    tally["start_cpu_s"] = time.process_time()
    ids = iter(range(options.requests))
    body = b"a" * options.post if options.post else None
    trust = {}
    if options.ca:
        trust["ssl"] = ssl.create_default_context(cafile=options.ca)
    begun = time.monotonic()
    connector = aiohttp.TCPConnector(limit=options.connections, **trust)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(
            *(work(session, options.url, ids, body, tally)
              for _ in range(options.connections)))
    tally["wall_s"] = time.monotonic() - begun
    tally["version"] = aiohttp.__version__
    return tally


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("requests", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("--ca")
    parser.add_argument("--post", type=int, default=0)
    tally = asyncio.run(run(parser.parse_args()))
    print(json.dumps(tally, separators=(",", ":")))
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
