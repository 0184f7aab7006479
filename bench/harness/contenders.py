# SPDX-License-Identifier: MIT
"""The programs that take part, as command lines."""
import os

import machine
from measure import (Contender, last_json, parse_fetch, parse_h2load,
                     parse_wrk)

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
# Where memory is compared: the bodies as the other has them.
PLAIN_KEPT = "plain, bodies kept"
DISCARDED = "lariat, bodies discarded"
# And for the rows of a POST, the same page by GET.
OF_A_GET = "lariat, GET"


def libcurl_only(runner, url, connections, *options, share=1.0):
    return lariat(runner, url, connections, "--libcurl-only", *options,
                  name=LIBCURL_ONLY, share=share)


def plain(runner, url, connections, *options, name="plain", share=1.0):
    def command(requests):
        return [runner.program("plain"), url, str(requests),
                str(connections)] + [str(option) for option in options]
    return Contender(name, command, last_json, share, libcurl=True)


def easy(runner, name, url, threads, *options, share=1.0):
    def command(requests):
        return [runner.program("bench-easy"), url, str(requests),
                str(threads)] + [str(option) for option in options]
    return Contender(name, command, last_json, share, libcurl=True)


def fetch(runner, name, listed, count, options):
    """`lariat fetch` on a list of URLs, all of which it asks for; it ends with
    1 when some of them failed."""
    program = runner.program("lariat")
    missing = None if os.access(program, os.X_OK) else (
        "there is no lariat in the build")

    def command(requests):
        del requests
        return [program, "fetch", "--input", listed, "--output", "-",
                "--reactors", str(count), *options]
    return Contender(name, command, parse_fetch, libcurl=True, missing=missing,
                     exits=(0, 1))


def body_file(runner, length):
    """A file of so many bytes to send."""
    path = os.path.join(runner.scratch.name, "body-%d" % length)
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as out:
            out.write("a" * length)
    return path


def curl(runner, url, connections, share=1.0, ca=None, post=0, hosts=False):
    """`hosts`: each request goes to a host of its own, h1.NAME, h2.NAME, ..."""
    config = os.path.join(runner.scratch.name, "curl.config")

    def command(requests):
        each = "[1-%d]" % requests
        one = url.replace("://", "://h%s." % each) if hosts else url + each
        with open(config, "w", encoding="utf-8") as out:
            out.write('url = "%s"\noutput = "/dev/null"\n' % one)
            if ca:
                out.write('cacert = "%s"\n' % ca)
            if post:
                out.write('data-binary = "@%s"\n' % body_file(runner, post))
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


def go(runner, url, connections, share=1.0, ca=None, post=0):
    program = runner.program("nethttp")
    missing = None
    if not os.access(program, os.X_OK):
        missing = "it is built where there is Go, and not with --build"
    options = (["-ca", ca] if ca else []) + (
        ["-post", str(post)] if post else [])
    return Contender("Go net/http",
                     lambda requests: [program, *options, url, str(requests),
                                       str(connections)],
                     last_json, share, missing=missing)


def of_python(name, script, modules, url, connections, share, options=()):
    python = machine.find_python(*modules)

    def command(requests):
        return [python, os.path.join(RIVALS, script), url, str(requests),
                str(connections), *options]
    missing = None if python else "no Python here has " + modules[0]
    return Contender(name, command, last_json, share, missing=missing)


def aiohttp(runner, url, connections, share=1.0, ca=None, post=0):
    del runner
    options = (["--ca", ca] if ca else []) + (
        ["--post", str(post)] if post else [])
    return of_python("aiohttp", "aiohttp_get.py", ["aiohttp"], url,
                     connections, share, options)


def treq(runner, url, connections, share=1.0):
    del runner
    return of_python("treq", "treq_get.py", ["treq", "twisted"], url,
                     connections, share)


def wrk(runner, url, connections, seconds=2, name="wrk", window=0, post=0):
    """wrk runs for a time, not for a number of requests.  It verifies no
    certificate."""
    missing = None if machine.find_program("wrk") else "it is not installed"

    def command(requests):
        del requests
        scaled = max(1, round(seconds * runner.scale / 100))
        return ["wrk", "-t1", "-c%d" % connections, "-d%ds" % scaled,
                "--timeout", "30s"] + (
                    ["-s", wrk_script(runner, post)] if post else []) + [url]
    return Contender(name, command, parse_wrk, missing=missing, window=window)


def wrk_script(runner, post):
    """What wrk needs to send a body."""
    path = os.path.join(runner.scratch.name, "post-%d.lua" % post)
    with open(path, "w", encoding="utf-8") as out:
        out.write('wrk.method = "POST"\nwrk.body = string.rep("a", %d)\n'
                  'wrk.headers["Content-Type"] = "application/octet-stream"\n'
                  % post)
    return path


def h2load(runner, url, connections, share=1.0, post=0, streams=0):
    """`streams`: so many on one HTTP/2 connection, in the place of HTTP/1.1 on
    many.  It verifies no certificate."""
    missing = None if machine.find_program("h2load") else "it is not installed"
    how = ["--h1", "-c", str(connections)]
    name = "h2load --h1"
    if streams:
        how = ["-c", "1", "-m", str(streams)]
        name = "h2load -m%d" % streams

    def command(requests):
        sent = ["-d", body_file(runner, post)] if post else []
        return ["h2load", "-t", "1", "-n", str(requests), *how, *sent, url]
    return Contender(name, command, parse_h2load, share, missing=missing)


def others(runner, url, connections, ca=None, post=0):
    """Those that a page on plain or TLS connections, or a POST, is measured
    against besides the plain loop; the slow ones do fewer."""
    return [
        wrk(runner, url, connections, post=post),
        h2load(runner, url, connections, post=post),
        go(runner, url, connections, share=0.5, ca=ca, post=post),
        aiohttp(runner, url, connections, share=0.05, ca=ca, post=post),
        curl(runner, url, connections, share=0.1, ca=ca, post=post),
    ]
