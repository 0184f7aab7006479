# SPDX-License-Identifier: MIT
"""The comparisons, each a list of rows for Runner.compare."""
import os

import contenders as c
import machine
from servers import Elsewhere

OTHER_LIBCURL = os.path.join(machine.ROOT, "build", "libcurl-8.14.1")


def settings(**more):
    base = {"reactors": 1, "placement": "host", "per_host": "= connections",
            "server": "nginx, 1 worker"}
    base.update(more)
    return base


def other_libcurl():
    """The directory of the second libcurl, if script/libcurl put it there."""
    there = os.path.join(OTHER_LIBCURL, "libcurl.so.4")
    return OTHER_LIBCURL if os.path.exists(there) else None


def words(options):
    """Options as a page shows them: files without their directories."""
    return " ".join(os.path.basename(str(option)) for option in options)


def pair(runner, server, name, title, url, connections, requests, ours=(),
         theirs=(), both=False, others=(), plain_share=1.0, **more):
    """A row of the plain loop against the full path; `both`: also against the
    form of it in which libcurl makes every request; `others`: and against
    those."""
    fixed = settings(connections=connections, requests=requests,
                     lariat=words(ours), plain=words(theirs))
    fixed.update(more.pop("settings", {}))
    racing = [c.plain(runner, url, connections, *theirs, share=plain_share),
              c.lariat(runner, url, connections, "--reactors", 1, *ours)]
    ratios = [("lariat", "plain", "cpu_us"), ("lariat", "plain", "peak_mb")]
    if both:
        racing.append(c.libcurl_only(runner, url, connections, "--reactors", 1,
                                     *ours))
        ratios.append((c.LIBCURL_ONLY, "plain", "cpu_us"))
    racing += others
    ratios += [("lariat", other.name, "cpu_us") for other in others]
    return dict({
        "id": name, "title": title, "settings": fixed, "server": server,
        "requests": requests, "floor": connections, "contenders": racing,
        "ratios": ratios,
    }, **more)


def with_other(name, title, **more):
    """A row as it is, and the same with the second libcurl, if that is here:
    (name, title, and what else the row has)."""
    yield name, title, more
    if other_libcurl():
        yield (name + "-8.14.1", "The same with libcurl 8.14.1",
               dict(more, libcurl=other_libcurl(), libcurl_version="8.14.1",
                    settings=dict(more.get("settings", {}),
                                  libcurl="8.14.1")))


# Requests for each number of connections: enough that opening those, which is
# counted, is a small part.
KEPT_ALIVE = {10: 100000, 100: 100000, 1000: 100000, 10000: 300000}


def keep_alive_rows():
    for number, requests in KEPT_ALIVE.items():
        def row_of(server, runner, name, title, more, number=number,
                   requests=requests):
            return pair(runner, server, name, title, server.url(), number,
                        requests, both=True, **more)
        rows = list(with_other("keepalive-%d" % number,
                               "Kept-alive connections to one host: " +
                               format(number, ",")))
        if number not in (100, 1000):
            rows = rows[:1]
        for row in rows:
            yield row, {}, row_of


def idle_rows():
    """lariat opens more than it is measured with, since a lane that is nearly
    full may close an idle connection for a new one; how many are held while
    the others are busy is looked at, and too few are refused."""
    held = 4000
    opened = 4500

    def row_of(server, runner, name, title, more):
        # Never fewer requests, so that there is time to look.
        return pair(runner, server, name, title, server.url(), 16, 40000,
                    ("--idle", opened), ("--idle", held), both=True, held=held,
                    watch=True, **dict(more, floor=40000))

    def over_tls(server, runner, name, title, more):
        trusted = ("--ca", server.facts["ca"])
        url = server.url("names")
        return pair(runner, server, name, title, url, 16, 40000,
                    ("--idle", opened) + trusted, ("--idle", held) + trusted,
                    held=held, watch=True,
                    **dict(more, floor=40000))
    for row in with_other("idle-4000", "16 busy connections, while 4,000 to "
                                       "other hosts are held"):
        yield row, {"hosts": opened}, row_of
    yield (("tls-idle-4000", "16 busy TLS connections, while 4,000 to other "
                             "hosts are held", {}), {"tls": True}, over_tls)


def memory_rows():
    """Peak memory, as much in flight or open on both sides.  A response of
    lariat_get has its body: the plain loop does the same with --keep, and
    lariat does as the plain loop with a sink that discards."""
    def bodies(kind):
        def row_of(server, runner, name, title, more):
            url = server.url(kind, "files/large.bin")
            trusted = trust(server, kind)
            racing = [c.plain(runner, url, 16, *trusted),
                      c.plain(runner, url, 16, "--keep", *trusted,
                              name=c.PLAIN_KEPT),
                      c.lariat(runner, url, 16, "--reactors", 1, *trusted),
                      c.lariat(runner, url, 16, "--reactors", 1, "--discard",
                               *trusted, name=c.DISCARDED)]
            return memory_row(name, title, server, racing, 600,
                              dict(more, floor=600),
                              (("lariat", c.PLAIN_KEPT),
                               (c.DISCARDED, "plain"), ("lariat", "plain")))
        return row_of

    def idle(kind):
        def row_of(server, runner, name, title, more):
            url = server.url(kind)
            options = ("--idle", IDLE) + trust(server, kind)
            racing = [c.plain(runner, url, 16, *options, share=0.25),
                      c.lariat(runner, url, 16, "--reactors", 1, *options)]
            return memory_row(name, title, server, racing, 40000,
                              dict(more, held=IDLE - IDLE // 100, watch=True,
                                   floor=10000), (("lariat", "plain"),))
        return row_of
    yield (("memory-bodies", "Memory: 16 bodies of 1 MB", {}), {},
           bodies("url"))
    yield (("memory-tls-bodies", "Memory: 16 bodies of 1 MB over TLS", {}),
           {"tls": True}, bodies("tls"))
    yield (("memory-idle", "Memory: 4,000 idle connections", {}),
           {"hosts": IDLE}, idle("url"))
    yield (("memory-tls-idle", "Memory: 4,000 idle TLS connections", {}),
           {"tls": True}, idle("names"))


IDLE = 4000


def trust(server, kind):
    return () if kind == "url" else ("--ca", server.facts["ca"])


def memory_row(name, title, server, racing, requests, more, compared):
    return dict({
        "id": name, "title": title, "server": server, "requests": requests,
        "floor": 100, "contenders": racing,
        "settings": settings(connections=16, requests=requests),
        "ratios": [(one, other, measure) for measure in ("peak_mb", "cpu_us")
                   for one, other in compared],
    }, **more)


# Bytes that are sent by POST.
POSTED = 1024


def with_libcurl(others, more):
    """With the second libcurl, only those that use it."""
    return [one for one in others if one.libcurl or "libcurl" not in more]


def kept_rows():
    """The same page over TLS, and as the answer to a POST."""
    def kept(server, runner, name, title, more):
        ca = server.facts["ca"]
        others = c.others(runner, server.url("tls"), 100, ca)
        return tls_row(runner, server, name, title, "", 100, 100000, "ca",
                       both=True, others=with_libcurl(others, more), **more)

    def post(kind):
        def row_of(server, runner, name, title, more):
            url = server.url(kind)
            ca = server.facts["ca"] if kind == "tls" else None
            trusted = trust(server, kind)
            sent = trusted + ("--post", POSTED)
            get = c.lariat(runner, url, 100, "--reactors", 1, *trusted,
                           name=c.OF_A_GET)
            others = [get] + c.others(runner, url, 100, ca, POSTED)
            return pair(runner, server, name, title, url, 100, 100000, sent,
                        sent, both=True, others=with_libcurl(others, more),
                        **more)
        return row_of
    for row in with_other("tls-reused", "Kept-alive TLS connections"):
        yield row, {"tls": True}, kept
    for row in with_other("post", "A POST of 1 KB on kept-alive connections"):
        yield row, {}, post("url")
    for row in with_other("tls-post", "A POST of 1 KB on kept-alive TLS "
                                      "connections"):
        yield row, {"tls": True}, post("tls")


# libcurl 7.88.1 reads the trusted certificates for each connection, which with
# the system's takes the plain loop thirty times the handshake: it does fewer.
FEW = 0.1


def new_tls_rows():
    def new(server, runner, name, title, more):
        return tls_row(runner, server, name, title, "close", 16, 4000, "roots",
                       plain_share=FEW, **more)

    def new_one(server, runner, name, title, more):
        return tls_row(runner, server, name, title, "close", 16, 4000, "ca",
                       **more)

    def resumed(server, runner, name, title, more):
        return tls_row(runner, server, name, title, "close", 16, 4000, "roots",
                       kind="resumed", plain_share=FEW, **more)

    def resumed_one(server, runner, name, title, more):
        return tls_row(runner, server, name, title, "close", 16, 4000, "ca",
                       kind="resumed", **more)
    for row_of, name, title in (
            (new, "tls-new", "A new TLS connection for each request, the "
                             "system's certificates"),
            (new_one, "tls-new-one-root", "A new TLS connection for each "
                                          "request, one trusted certificate"),
            (resumed, "fresh-tls-resumed", "A new TLS connection with a session"
                                           " to resume, the system's "
                                           "certificates"),
            (resumed_one, "fresh-tls-resumed-one-root",
             "A new TLS connection with a session to resume, one trusted "
             "certificate")):
        for row in with_other(name, title):
            yield row, {"tls": True}, row_of


def hosts_rows():
    """The URL of each request has a name of its own, and libcurl looks none of
    them up: localhost's are this machine."""
    def row(server, runner, name, title, more, trusted, share):
        url, ca = server.url("names"), server.facts[trusted]
        options = ("--hosts", HOSTS, "--ca", ca)
        return pair(runner, server, name, title, url, 300, HOSTS,
                    options + ("--per-host", 1), options, plain_share=share,
                    others=[c.curl(runner, url, 300, share, ca, hosts=True)],
                    **dict(more, settings=dict(more.get("settings", {}),
                                               per_host=1)))

    def one_root(server, runner, name, title, more):
        return row(server, runner, name, title, more, "ca", 1.0)

    def roots(server, runner, name, title, more):
        return row(server, runner, name, title, more, "roots", FEW / 2)
    for one in with_other("hosts-10000", "10,000 hosts, one request over TLS "
                          "each, the system's certificates"):
        yield one, {"tls": True}, roots
    yield (("hosts-10000-one-root", "10,000 hosts, one request over TLS each, "
                                    "one trusted certificate", {}),
           {"tls": True}, one_root)


HOSTS = 10000


def other_rows():
    def hosts(server, runner, name, title, more):
        return pair(runner, server, name, title, server.url(), 16000, 64000,
                    ("--hosts", 2000, "--per-host", 8), ("--hosts", 2000),
                    settings={"per_host": 8}, **more)

    def fresh(server, runner, name, title, more):
        return pair(runner, server, name, title, server.url(path="close"), 100,
                    20000, **more)

    def http2(server, runner, name, title, more):
        trusted = ("--ca", server.facts["ca"])
        others = [c.h2load(runner, server.url("h2"), 1, streams=100)]
        return pair(runner, server, name, title, server.url("h2"), 100, 40000,
                    trusted, trusted + ("--http2",),
                    others=with_libcurl(others, more), **more)

    def pages(server, runner, name, title, more):
        return pair(runner, server, name, title,
                    server.url(path="files/page.txt"), 32, 6000, (),
                    ("--compressed",), both=True, **more)

    def bodies(server, runner, name, title, more):
        return pair(runner, server, name, title,
                    server.url(path="files/large.bin"), 16, 1500, both=True,
                    **more)

    def tls_bodies(server, runner, name, title, more):
        return tls_row(runner, server, name, title, "files/large.bin", 16, 1500,
                       "ca", both=True, **more)
    yield (("hosts-2000", "2,000 hosts with 8 connections each", {}),
           {"hosts": 2000}, hosts)
    yield ("fresh", "A new connection for each request", {}), {}, fresh
    for row in with_other("http2", "HTTP/2 over TLS, 100 streams"):
        yield row, {"tls": True}, http2
    for row in with_other("pages", "Pages of 100 KB, about 40 KB with gzip"):
        yield row, {}, pages
    yield ("bodies", "Bodies of 1 MB", {}), {}, bodies
    yield ("tls-bodies", "Bodies of 1 MB over TLS", {}), {"tls": True}, \
        tls_bodies


def shapes(runner):
    """For each row its name, what its server must have, and a function that
    makes the row of that server."""
    for rows in (keep_alive_rows, idle_rows, kept_rows, new_tls_rows,
                 hosts_rows, memory_rows, other_rows):
        for (name, title, more), needs, row_of in rows():
            def make(server, row_of=row_of, name=name, title=title, more=more):
                return row_of(server, runner, name, title, dict(more))
            yield name, needs, make


def tls_row(runner, server, name, title, path, connections, requests, trust,
            kind="tls", **more):
    trusted = ("--ca", server.facts[trust])
    return pair(runner, server, name, title, server.url(kind, path),
                connections, requests, trusted, trusted, **more)


def rivals(runner, server, names=None):
    """Of all, or of those named."""
    url = server.url()
    cpus = machine.cpus()
    everyone = [
        c.plain(runner, url, 100),
        c.lariat(runner, url, 100, "--reactors", 1),
        c.libcurl_only(runner, url, 100, "--reactors", 1),
        c.plain(runner, url, 100, "--threads", cpus,
                name="plain, %d threads" % cpus),
        c.lariat(runner, url, 100, "--reactors", cpus, "--placement", "spread",
                 name="lariat, %d reactors" % cpus),
        c.go(runner, url, 100),
        c.wrk(runner, url, 100),
        c.h2load(runner, url, 100, share=2),
        c.aiohttp(runner, url, 100, share=0.1),
        c.treq(runner, url, 100, share=0.05),
        c.curl(runner, url, 100, share=0.2),
        c.wget2(runner, url, 100, share=0.06),
    ]
    everyone = [one for one in everyone if not names or one.name in names]
    return {
        "id": "rivals", "title": "100 kept-alive connections to one host",
        "settings": settings(connections=100, requests=100000, body_bytes=200),
        "server": server, "requests": 100000, "floor": 100,
        "contenders": everyone,
        "ratios": [("lariat", other.name, "cpu_us") for other in everyone
                   if other.name != "lariat"],
    }


# How the models are asked to work, a row each: what the server does, the
# options of all the programs, and the requests of one blocking thread, of 100,
# and of those that are asynchronous, libcurl's and lariat's: as many as take
# each about half a second, or one where the server takes its time.
MODELS = (
    ("http", "A page of 200 bytes over http", {}, (5000, 8000, 25000, 50000)),
    ("https", "The same over https", {"ca": True},
     (4000, 6000, 10000, 20000)),
    ("gzip", "Pages of 100 KB, sent as 40 KB of gzip", {"compressed": True},
     (1100, 1100, 1100, 1100)),
    ("post", "A POST of 1 KB", {"post": POSTED}, (4000, 6000, 15000, 30000)),
    ("20ms", "The server answers after 20 ms", {"delay": 20},
     (40, 4000, 4000, 4000)),
    ("200ms", "The server answers after 200 ms", {"delay": 200},
     (5, 1100, 1100, 1100)),
)
AT_ONCE = 100
MULTI = "multi handle"


def model_names():
    """The five models, simplest first."""
    return ["blocking, 1 thread", "blocking, %d threads" % AT_ONCE, MULTI,
            "lariat, 1 reactor", "lariat, " + reactors(model_reactors())]


def model_reactors():
    return max(2, machine.cpus())


def model_url(server, how):
    if "delay" in how:
        return server.url("delay/%d" % how["delay"])
    return server.url("tls" if "ca" in how else "url",
                      "files/page.txt" if "compressed" in how else "")


def model_options(server, how):
    options = []
    if "ca" in how:
        options += ["--ca", server.facts["ca"]]
    if "post" in how:
        options += ["--post", how["post"]]
    return options, options + ["--compressed"] * ("compressed" in how)


def models(runner, wanted, of_nginx, of_origin):
    """The rows that are wanted; `of_nginx` and `of_origin` are the servers."""
    whole = wanted in ["models-" + one[0] for one in MODELS]
    for kind, title, how, requests in MODELS:
        # A whole name means that row; part of one, all that have it.
        name = "models-" + kind
        if wanted and (name != wanted if whole else wanted not in name):
            continue
        server = of_origin if "delay" in how else of_nginx
        yield model_row(runner, server, kind, title, how, requests)


def model_row(runner, server, kind, title, how, requests):
    url = model_url(server, how)
    ours, theirs = model_options(server, how)
    most = max(requests)
    alone, threaded, multi, lariat = (one / most for one in requests)
    names = model_names()
    fixed = dict(settings(connections=AT_ONCE, server=server.name),
                 reactors=model_reactors(), placement="home, spread",
                 requests_of_each=", ".join(
                     str(runner.scaled(one, 5))
                     for one in requests + requests[-1:]))
    return {
        "id": "models-" + kind, "title": title, "settings": fixed,
        "server": server, "requests": most, "floor": 5,
        "contenders": [
            c.easy(runner, names[0], url, 1, *theirs, share=alone),
            c.easy(runner, names[1], url, AT_ONCE, *theirs, share=threaded),
            c.plain(runner, url, AT_ONCE, "--latency", *theirs, name=names[2],
                    share=multi),
            c.lariat(runner, url, AT_ONCE, "--latency", "--reactors", 1,
                     "--placement", "home", *ours, name=names[3],
                     share=lariat),
            c.lariat(runner, url, AT_ONCE, "--latency", "--reactors",
                     model_reactors(), "--placement", "spread", *ours,
                     name=names[4], share=lariat)],
        "ratios": [(one, other, measure) for measure in ("rate", "cpu_us")
                   for one, other in zip(names[1:], names)],
    }


def reactors(count):
    return "%d reactor%s" % (count, "s" * (count > 1))


def threads(count):
    return "plain, %d thread%s" % (count, "s" * (count > 1))


def scaling(runner, server, counts, rival=True):
    url = server.url("tls", "files/page.txt")
    trusted = ("--ca", server.facts["ca"])
    racing = []
    for count in counts:
        racing.append(c.lariat(runner, url, 32, "--reactors", count,
                               "--placement", "spread", "--latency", *trusted,
                               name=reactors(count)))
        if rival:
            racing.append(c.plain(runner, url, 32, "--threads", count,
                                  "--compressed", "--latency", *trusted,
                                  name=threads(count)))
    return {
        "id": "scaling",
        "title": "Pages of 100 KB, about 40 KB with gzip, over TLS",
        "settings": settings(connections=32, requests=6000,
                             reactors=", ".join(map(str, counts)),
                             placement="spread", server=server.name),
        "server": server, "requests": 6000, "floor": 100,
        "contenders": racing,
        "ratios": [(name(count), name(1), "rate")
                   for name in (reactors, threads)[:1 + rival]
                   for count in counts[1:]],
    }


def scaling_of_list(runner, listed, counts, options):
    """The same with `lariat fetch` and a list of the user's own: of its servers
    nothing is known."""
    return {
        "id": "scaling-list",
        "title": "lariat fetch on " + os.path.basename(listed),
        "settings": {"reactors": ", ".join(map(str, counts)),
                     "options": words(options) or "none",
                     "server": Elsewhere.name},
        "server": Elsewhere(), "requests": 1,
        "contenders": [c.fetch(runner, reactors(count), listed, count, options)
                       for count in counts],
        "ratios": [(reactors(count), reactors(1), "rate")
                   for count in counts[1:]],
    }


def counts_to(limit):
    """1, 2, 3, 4, then in larger steps, and the limit."""
    counts = [n for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
              if n < limit]
    return counts + [limit] if limit > 1 else [1, 2]


def judge_scaling(row, counts, cpus):
    """Efficiency for each number of reactors, and the knee."""
    first = row["contenders"].get(reactors(1), {})
    if "rate" not in first:
        return
    share = first["server_us"]["median"] / first["cpu_us"]["median"]
    table = []
    for count in counts:
        contender = row["contenders"].get(reactors(count), {})
        if "rate" not in contender:
            continue
        gain = contender["rate"]["median"] / first["rate"]["median"]
        bound = min(count, cpus / (1 + share))
        line = {"reactors": count, "gain": gain, "bound": bound,
                "efficiency": gain / count, "of_bound": gain / bound}
        line.update({name: contender[name]["median"]
                     for name in ("p50_us", "p99_us") if name in contender})
        table.append(line)
    row["scaling"] = {"server_share": share, "cpus": cpus, "table": table,
                      "knee": knee_of(table)}


def knee_of(table):
    """The last number of reactors of which each that was added still brought
    half of what the first did."""
    knee = table[0]["reactors"]
    for before, after in zip(table, table[1:]):
        added = after["reactors"] - before["reactors"]
        if after["gain"] - before["gain"] < 0.5 * added:
            break
        knee = after["reactors"]
    return knee
