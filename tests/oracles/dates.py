# SPDX-License-Identifier: MIT
"""Checks the columns of dates.tsv that are Python's: http.cookiejar, which reads
dates as browsers do, and email.utils, which reads those of mail."""
import email.utils
import http.cookiejar
import os
import sys

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dates.tsv")


def by_cookiejar(text):
    return http.cookiejar.http2time(text)


def by_email(text):
    parts = email.utils.parsedate_tz(text)
    return None if parts is None else email.utils.mktime_tz(parts)


def read(reader, text):
    try:
        seconds = reader(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        seconds = None
    return "-" if seconds is None else str(int(seconds))


def main():
    wrong = 0
    rows = 0
    with open(TABLE, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            text, ours, cookiejar, mail, why = line.rstrip("\n").split("\t")
            rows += 1
            for reader, column in (by_cookiejar, cookiejar), (by_email, mail):
                found = read(reader, text)
                if column not in ("~", found):
                    print(f"{reader.__name__}: {text!r} is {found}, not {column}")
                    wrong += 1
                if column != ours and not why:
                    print(f"{text!r}: it does not say why they do not agree")
                    wrong += 1
    print(f"{rows} dates, {wrong} wrong")
    return 1 if wrong or rows < 80 else 0


sys.exit(main())
