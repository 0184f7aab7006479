# SPDX-License-Identifier: MIT
"""Reads what a crawl of many workers has left: their WARC files, up to their
committed lengths, and the tables; and whether the two agree with the site."""
import collections
import glob
import json
import os

import archive

SCHEMA = "lariat"  # where the tables are
LATER = 8  # the kind of an outcome that is not the last one


def count_queued(database):
    return int(database.query('select count(*) from "%s".todo' % SCHEMA)[0][0])


class Tables:
    """What the database says: `final`, how often each URL has an outcome that
    is not "later"; `kept`, the places of records in files, with their URL;
    `lengths`, of the workers' files, by worker and name."""

    def __init__(self, database):
        def rows(text):
            return database.query('set search_path to "%s"; %s' % (SCHEMA,
                                                                   text))

        self.urls = {url for url, in rows("select url from url")}
        self.final = collections.Counter()
        self.kept = {}
        for url, kind, worker, name, offset in rows(
                'select url, kind, worker, warc, "offset" from page'):
            self.final[url] += int(kind) != LATER
            if name:
                self.kept[int(worker), without_open(name), int(offset)] = url
        self.lengths = {
            (int(worker), without_open(name)): int(length)
            for worker, name, length in rows(
                "select worker, name, length from file")}
        self.queued = count_queued(database)
        self.leased = int(rows("select count(*) from queue where owner is not "
                               "null and due > now() and due < 'infinity'"
                               )[0][0])


def worker_of(directory):
    """The number that the database has for a directory's worker; None: it was
    killed before it had one."""
    try:
        with open(os.path.join(directory, "worker"),
                  encoding="utf-8") as text:
            return json.load(text)["worker"]
    except OSError:
        return None


def without_open(name):
    return archive.without_open(os.path.basename(name))


class Files:
    """The WARC files of one worker: `records`, where each begins and of which
    URL; `answers`, those that are one; `wrong`."""

    def __init__(self, worker, directory, lengths):
        self.records, self.answers = {}, {}
        self.wrong = []
        for path in sorted(glob.glob(os.path.join(directory, "warc", "*"))):
            name = os.path.basename(path)
            if ".warc" not in name or name.endswith(".cdxj"):
                continue
            self.read(worker, path, lengths)

    def read(self, worker, path, lengths):
        name = without_open(path)
        committed = lengths.get((worker, name))
        if committed is None:
            if os.path.getsize(path):
                self.wrong.append("no table has %s" % name)
            return
        if os.path.getsize(path) != committed:
            self.wrong.append("%s has %d bytes, of which %d are committed" % (
                name, os.path.getsize(path), committed))
        if os.path.getsize(path) < committed:
            return
        for at, fields in archive.records(path):
            if at >= committed:
                return
            if "wrong" in fields:
                self.wrong.append("%s of the record at %d of %s" % (
                    fields["wrong"], at, name))
            if "warc-target-uri" in fields:
                self.records[worker, name, at] = archive.uri_of(fields)
            if fields["warc-type"] in ("response", "revisit"):
                self.answers[worker, name, at] = archive.uri_of(fields)


def differences(workers, tables, expected):
    """What is wrong of a crawl that has ended, in sentences: `expected` are
    the URLs of its site, each of which is to be there once.  `workers`: the
    directory of each, by the number that the database has for it."""
    found, records, answers = [], {}, {}
    for number, directory in workers.items():
        files = Files(number, directory, tables.lengths)
        found += files.wrong
        records.update(files.records)
        answers.update(files.answers)
    counts = collections.Counter(
        url for url in answers.values() if not archive.is_asked_unasked(url))

    def tell(what, urls):
        if urls:
            found.append("%d URLs %s, as %s" % (len(urls), what,
                                                sorted(urls)[0]))

    tell("of the site are not in the WARC", expected - set(counts))
    tell("in the WARC are not of the site", set(counts) - expected)
    tell("are in the WARC more than once",
         {url for url, count in counts.items() if count > 1})
    tell("of the site have no outcome",
         {url for url in expected if not tables.final[url]})
    tell("have two outcomes",
         {url for url, count in tables.final.items() if count > 1})
    tell("of the tables are not in the WARC where these say",
         {url for place, url in tables.kept.items()
          if records.get(place) != url})
    in_tables = {(worker, name, url)
                 for (worker, name, _), url in tables.kept.items()}
    tell("in the WARC are not in the tables",
         {url for (worker, name, _), url in answers.items()
          if (worker, name, url) not in in_tables and
          not archive.is_asked_unasked(url)})
    tell("of the tables have no outcome",
         {url for url in tables.urls if not tables.final[url]})
    if tables.queued:
        found.append("%d URLs are still queued" % tables.queued)
    if tables.leased:
        found.append("%d queues are still leased" % tables.leased)
    return found
