# SPDX-License-Identifier: MIT
"""Reads the directory of a crawl, by Python's zlib and sqlite3 alone: what is
in its WARC files, what its database says, and whether the two agree."""
import base64
import collections
import glob
import hashlib
import os
import sqlite3
import zlib

READ = 1 << 20


def members(path):
    """The members of a file of gzip, one after the other: where each begins,
    and what is in it.  A file that ends within one is an error."""
    with open(path, "rb") as text:
        rest, at = b"", 0
        while True:
            unpack = zlib.decompressobj(31)
            parts, used = [], 0
            while not unpack.eof:
                if not rest:
                    rest = text.read(READ)
                if not rest:
                    if used:
                        raise ValueError("%s ends within a record" % path)
                    return
                parts.append(unpack.decompress(rest))
                used += len(rest) - len(unpack.unused_data)
                rest = unpack.unused_data
            yield at, b"".join(parts)
            at += used


def fields_of(head):
    found = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        found[name.decode().lower()] = value.strip().decode()
    return found


def records(path):
    """The records of a file: where each begins, and its fields, with "wrong"
    where its block is not what its digest or its length says."""
    for at, text in members(path):
        head, _, rest = text.partition(b"\r\n\r\n")
        fields = fields_of(head)
        length = int(fields["content-length"])
        block = rest[:length]
        digest = fields.get("warc-block-digest", "")
        if len(block) != length or rest[length:] != b"\r\n\r\n":
            fields["wrong"] = "length"
        elif digest.startswith("sha1:") and digest[5:] != base64.b32encode(
                hashlib.sha1(block).digest()).decode():
            fields["wrong"] = "digest"
        yield at, fields


class Archive:
    """What the WARC files of a crawl have: `answers`, how often each URL is
    answered; `places`, where records begin; `wrong`, what is wrong."""

    def __init__(self, directory):
        self.answers = collections.Counter()
        self.places = set()
        self.wrong = []
        for path in sorted(glob.glob(os.path.join(directory, "warc", "*"))):
            name = os.path.basename(path)
            if ".warc" not in name:
                continue
            for at, fields in records(path):
                self.places.add((without_open(name), at))
                if "wrong" in fields:
                    self.wrong.append("%s of the record at %d of %s" % (
                        fields["wrong"], at, name))
                if fields["warc-type"] in ("response", "revisit"):
                    self.answers[uri_of(fields)] += 1


def without_open(name):
    return name[:-len(".open")] if name.endswith(".open") else name


def uri_of(fields):
    return fields["warc-target-uri"].strip("<>")


def database_of(directory):
    """The path of the crawl's database."""
    return os.path.join(directory, "crawl.db")


LATER = 8


class Log:
    """What the database of a crawl says: `final`, how often each URL has an
    outcome that is not "later"; `kept`, how often it has a record in a WARC
    file; `places`, where these begin; `unfinished`, URLs without a final
    outcome."""

    def __init__(self, directory):
        database = sqlite3.connect(
            "file:%s?mode=ro" % database_of(directory), uri=True)
        self.final = collections.Counter()
        self.kept = collections.Counter()
        self.places = set()
        for url, kind, warc, offset in database.execute(
                "select url, kind, warc, offset from page"):
            self.final[url] += kind != LATER
            if warc is not None:
                self.kept[url] += 1
                self.places.add((without_open(warc), offset))
        (known,), = database.execute("select count(*) from url")
        self.known = known
        self.unfinished = known - sum(1 for count in self.final.values()
                                      if count)
        (self.integrity,), = database.execute("pragma integrity_check(10)")
        database.close()


def is_asked_unasked(url):
    """What a crawler looks for though nothing leads there."""
    return url.endswith(("/robots.txt", "/sitemap.xml"))


def differences(directory, expected):
    """What is wrong of a crawl that has ended, in sentences: `expected` are
    the URLs of its site, each of which is to be there once."""
    archive, log = Archive(directory), Log(directory)
    found = list(archive.wrong)
    answers = collections.Counter({
        url: count for url, count in archive.answers.items()
        if not is_asked_unasked(url)})

    def tell(what, urls):
        if urls:
            found.append("%d URLs %s, as %s" % (len(urls), what,
                                                sorted(urls)[0]))

    if log.integrity != "ok":
        found.append("the database: " + log.integrity)
    tell("of the site are not in the WARC", expected - set(answers))
    tell("in the WARC are not of the site", set(answers) - expected)
    tell("are in the WARC more than once",
         {url for url, count in answers.items() if count > 1})
    tell("of the site have no outcome",
         expected - {url for url, count in log.final.items() if count})
    tell("have two outcomes",
         {url for url, count in log.final.items() if count > 1})
    tell("of the database are not in the WARC as often as it says",
         {url for url, count in log.kept.items()
          if answers[url] != count and not is_asked_unasked(url)})
    if not log.places <= archive.places:
        found.append("%d records are not where the database says" %
                     len(log.places - archive.places))
    if log.unfinished:
        found.append("%d URLs are still queued" % log.unfinished)
    return found
