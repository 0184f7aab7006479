# SPDX-License-Identifier: MIT
"""The crawlers: their command lines, and where they are.

Each gets the URL of a first page, a directory of its own, and how many
requests it may have under way.  All obey robots.txt, keep no delay, follow
links to all hosts, and end by themselves when there is nothing left."""
import json
import os
from collections import namedtuple

import machine
import peers

RIVALS = os.path.join(machine.ROOT, "bench", "rivals")

Task = namedtuple("Task", "url directory in_flight pages")


class Crawler:
    """name; command: of a Task; version: text or None; missing: why it cannot
    take part, or None; exits: the codes of a run that went well; share: of the
    pages that the others crawl, where it is slow."""

    def __init__(self, name, command, version, missing=None, exits=(0,),
                 share=1.0):
        self.name = name
        self.command = command
        self.version = version
        self.missing = missing
        self.exits = exits
        self.share = share


def lariat(build, name="lariat", options=()):
    program = os.path.join(build, "lariat")

    def command(task):
        return [program, "crawl", "--quiet", "--scope", "any", "--delay", "0",
                "--allow-net", "127.0.0.0/8", "-c", str(task.in_flight),
                *options,
                os.path.join(task.directory, "crawl"), task.url]

    said = machine.output_of(program, "crawl", "--help")
    return Crawler(name, command,
                   machine.first_match(r"lariat (\S+)", machine.output_of(
                       program, "--version")),
                   None if "--scope" in said else "there is no lariat crawl",
                   exits=(0, 1))


def wget2():
    def command(task):
        return ["wget2", "--no-config", "-r", "-l", "inf", "-H", "-q",
                "--max-threads=%d" % min(task.in_flight, 16), "--tries=2",
                "--timeout=30", "--no-hsts", "-P", task.directory, task.url]

    found = machine.find_program("wget2")
    return Crawler("wget2", command, machine.first_match(
        r"Wget2 (\S+)", machine.output_of("wget2", "--version")),
        None if found else "it is not installed", exits=(0, 8))


def httrack():
    def command(task):
        return ["httrack", task.url, "-O", task.directory, "-e", "-B", "-r9999",
                "-c%d" % min(task.in_flight, 16), "-%c0", "-A0", "-%!", "-I0",
                "-R1", "-T30", "-q", "-%v0"]

    found = machine.find_program("httrack")
    return Crawler("httrack", command, peers_version("httrack"),
                   None if found else "it is not installed", share=0.25)


def scrapy():
    python = machine.find_python("scrapy")

    def command(task):
        return [python, os.path.join(RIVALS, "scrapy_crawl.py"), task.url,
                str(task.in_flight)]

    version = machine.output_of(
        python, "-c", "import scrapy; print(scrapy.__version__)").strip() \
        if python else None
    return Crawler("Scrapy", command, version,
                   None if python else "it is not installed", share=0.1)


def of_npm(name, package, script):
    """A crawler that script/peers has brought from npm."""
    node = peers.find("node")
    directory = os.path.join(peers.PEERS, "node_modules", package)
    version = None
    try:
        with open(os.path.join(directory, "package.json"),
                  encoding="utf-8") as text:
            version = json.load(text)["version"]
    except (OSError, ValueError, KeyError):
        pass

    def command(task):
        return [node, os.path.join(RIVALS, script), peers.PEERS, task.url,
                str(task.in_flight)]

    missing = None if node and version else \
        "script/peers has not brought it, or there is no node"
    return Crawler(name, command, version, missing, share=0.1)


def peers_version(package):
    text = machine.output_of("dpkg-query", "-W", "-f=${Version}", package)
    return machine.first_match(r"^(\d\S*)", text)


def everyone(build):
    return [lariat(build), lariat(build, "lariat, no WARC", ("--no-warc",)),
            wget2(), httrack(), scrapy(),
            of_npm("simplecrawler", "simplecrawler", "simplecrawler_crawl.js"),
            of_npm("crawlee", os.path.join("@crawlee", "cheerio"),
                   "crawlee_crawl.js")]


def named(build, names):
    known = {one.name.partition(",")[0].lower(): one
             for one in everyone(build)}
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit("bench/run: there is no %s; there are %s" % (
            ", ".join(sorted(unknown)), ", ".join(known)))
    return [one for one in everyone(build)
            if one.name.partition(",")[0].lower() in names]
