# SPDX-License-Identifier: MIT
"""Reads what a crawl of many workers has left: their WARC files, up to their
committed lengths, and the tables; and whether the two agree with the site."""
import collections
import glob
import os

import archive

LATER = 8  # the kind of an outcome that is not the last one


def count_queued(database, schema):
    return int(database.query('select count(*) from "%s".todo' % schema)[0][0])


class Tables:
    """What the database says: `final`, how often each URL has an outcome that
    is not "later"; `kept`, the places of records in files, with their URL;
    `lengths`, of the workers' files, by worker and name."""

    def __init__(self, database, schema):
        def rows(text):
            return database.query('set search_path to "%s"; %s' % (schema,
                                                                   text))

        self.urls = {url for url, in rows("select url from url")}
        self.final = collections.Counter()
        self.kept = {}
        for url, kind, worker, name, offset in rows(
                "select u.url, o.kind, o.worker, w.name, o.off from outcome o "
                "join url u on u.queue = o.queue and u.h = o.h left join warc "
                "w on w.worker = o.worker and w.id = o.warc"):
            self.final[url] += int(kind) != LATER
            if name:
                self.kept[int(worker), without_open(name), int(offset)] = url
        self.lengths = {
            (int(worker), without_open(name)): int(length)
            for worker, name, length in rows(
                "select worker, name, length from warc")}
        self.queued = count_queued(database, schema)
        self.leased = int(rows(
            "select count(*) from queue where owner is not null and "
            "lease_until > now()")[0][0])


def without_open(name):
    return archive.without_open(os.path.basename(name))


class Files:
    """The WARC files of one worker: `answers`, where each record of an answer
    begins and of which URL; `wrong`."""

    def __init__(self, worker, directory, lengths):
        self.answers = {}
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
            if fields["warc-type"] in ("response", "revisit"):
                self.answers[worker, name, at] = archive.uri_of(fields)


def differences(workers, tables, expected):
    """What is wrong of a crawl that has ended, in sentences: `expected` are
    the URLs of its site, each of which is to be there once.  `workers`: the
    directory of each, by the number that the database has for it."""
    found, answers = [], {}
    for number, directory in workers.items():
        files = Files(number, directory, tables.lengths)
        found += files.wrong
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
          if answers.get(place) != url})
    tell("in the WARC are not in the tables",
         {url for place, url in answers.items()
          if place not in tables.kept and not archive.is_asked_unasked(url)})
    tell("of the tables have no outcome",
         {url for url in tables.urls if not tables.final[url]})
    if tables.queued:
        found.append("%d URLs are still queued" % tables.queued)
    if tables.leased:
        found.append("%d queues are still leased" % tables.leased)
    return found
