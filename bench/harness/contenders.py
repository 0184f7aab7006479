# SPDX-License-Identifier: MIT
"""The programs that take part, as command lines."""
import os

import machine
from measure import Contender, last_json, parse_h2load, parse_wrk

RIVALS = os.path.join(machine.ROOT, "bench", "rivals")


def lariat(runner, url, connections, *options, name="lariat", share=1.0,
           window=0):
    def command(requests):
        return [runner.program("bench-path"), url, str(requests),
                str(connections)] + [str(option) for option in options]
    return Contender(name, command, last_json, share, libcurl=True,
                     window=window)


# lariat's other form: libcurl makes every request, also those which lariat
# would exchange by itself.
LIBCURL_ONLY = "lariat, libcurl only"


def libcurl_only(runner, url, connections, *options, share=1.0):
    return lariat(runner, url, connections, "--libcurl-only", *options,
                  name=LIBCURL_ONLY, share=share)


def plain(runner, url, connections, *options, name="plain", share=1.0):
    def command(requests):
        return [runner.program("plain"), url, str(requests),
                str(connections)] + [str(option) for option in options]
    return Contender(name, command, last_json, share, libcurl=True)


def easy(runner, model, url, connections, share=1.0):
    def command(requests):
        return [runner.program("bench-easy"), model, url, str(requests),
                str(connections)]
    return Contender(model, command, last_json, share, libcurl=True)


def curl(runner, url, connections, share=1.0):
    config = os.path.join(runner.scratch.name, "curl.config")

    def command(requests):
        with open(config, "w", encoding="utf-8") as out:
            out.write('url = "%s[1-%d]"\noutput = "/dev/null"\n' %
                      (url, requests))
        # curl's parallel transfers are 300 at the most
        return ["curl", "-q", "--silent", "--show-error", "--fail",
                "--parallel", "--parallel-immediate", "--parallel-max",
                str(min(connections, 300)), "--config", config]
    missing = None if machine.find_program("curl") else "it is not installed"
    return Contender("curl --parallel", command, None, share, libcurl=True,
                     missing=missing)


def wget2(runner, url, connections, share=1.0):
    urls = os.path.join(runner.scratch.name, "urls")

    def command(requests):
        with open(urls, "w", encoding="utf-8") as out:
            for number in range(requests):
                out.write("%s%d\n" % (url, number))
        return ["wget2", "--quiet", "--no-config", "--no-robots",
                "--max-threads=%d" % connections, "--output-document=/dev/null",
                "--input-file=" + urls]
    missing = None if machine.find_program("wget2") else "it is not installed"
    return Contender("wget2", command, None, share, missing=missing)


def go(runner, url, connections, share=1.0):
    program = runner.program("nethttp")
    missing = None
    if not os.access(program, os.X_OK):
        missing = "it is built where there is Go, and not with --build"
    return Contender("Go net/http",
                     lambda requests: [program, url, str(requests),
                                       str(connections)],
                     last_json, share, missing=missing)


def of_python(name, script, modules, url, connections, share):
    python = machine.find_python(*modules)

    def command(requests):
        return [python, os.path.join(RIVALS, script), url, str(requests),
                str(connections)]
    missing = None if python else "no Python here has " + modules[0]
    return Contender(name, command, last_json, share, missing=missing)


def aiohttp(runner, url, connections, share=1.0):
    del runner
    return of_python("aiohttp", "aiohttp_get.py", ["aiohttp"], url,
                     connections, share)


def treq(runner, url, connections, share=1.0):
    del runner
    return of_python("treq", "treq_get.py", ["treq", "twisted"], url,
                     connections, share)


def wrk(runner, url, connections, seconds=2, name="wrk", window=0):
    """wrk runs for a time, not for a number of requests."""
    missing = None if machine.find_program("wrk") else "it is not installed"

    def command(requests):
        del requests
        scaled = max(1, round(seconds * runner.scale / 100))
        return ["wrk", "-t1", "-c%d" % connections, "-d%ds" % scaled,
                "--timeout", "30s", url]
    return Contender(name, command, parse_wrk, missing=missing, window=window)


def h2load(runner, url, connections, share=1.0):
    del runner
    missing = None if machine.find_program("h2load") else "it is not installed"
    return Contender("h2load --h1",
                     lambda requests: ["h2load", "--h1", "-t", "1", "-n",
                                       str(requests), "-c", str(connections),
                                       url],
                     parse_h2load, share, missing=missing)
