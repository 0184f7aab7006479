# SPDX-License-Identifier: MIT
"""Reads responses with h11, which script/oracles gets; the input and the output
are those of llhttp_peer.c."""
import re
import sys

import h11

MOST = 1 << 20
BEGIN = 0xCBF29CE484222325
PRIME = 0x100000001B3
MASK = (1 << 64) - 1


def hashed(pieces):
    value = BEGIN
    for piece in pieces:
        for byte in piece:
            value = (value ^ byte) * PRIME & MASK
    return value


class Reading:
    def __init__(self, method, data):
        self.data = data
        self.body = []
        self.headers = []
        self.status = 0
        self.ended = False
        self.connection = h11.Connection(
            our_role=h11.CLIENT, max_incomplete_event_size=MOST)
        self.connection.send(
            h11.Request(method=method, target="/", headers=[("Host", "x")]))
        self.connection.send(h11.EndOfMessage())

    def note(self, event):
        """Notes what an event says; true at the end of the response."""
        if isinstance(event, h11.Response):
            self.status = event.status_code
            self.headers = [name + b":" + value.lower() + b"\n"
                            for name, value in event.headers]
        elif isinstance(event, h11.Data):
            self.body.append(bytes(event.data))
        return isinstance(event, h11.EndOfMessage)

    def read(self):
        """Returns verdict and detail."""
        self.connection.receive_data(self.data)
        while True:
            event = self.connection.next_event()
            if self.note(event):
                return "taken", ""
            if event is h11.PAUSED:
                return "refused", "switched protocols"
            if isinstance(event, h11.ConnectionClosed):
                return "short", "closed"
            if event is h11.NEED_DATA and not self.ended:
                self.ended = True
                self.connection.receive_data(b"")

    def keeps(self):
        return int(not self.ended
                   and self.connection.their_state is h11.DONE
                   and self.connection.our_state is h11.DONE)

    def used(self):
        return len(self.data) - len(self.connection.trailing_data[0])


SHORT = ("peer closed connection", "peer unexpectedly closed")


def judge(reading):
    """Returns verdict and detail, which leaves out what was in the bytes."""
    try:
        return reading.read()
    except h11.RemoteProtocolError as error:
        text = str(error)
    if text.startswith(SHORT) or "before sending complete" in text:
        return "short", "closed"
    text = re.sub(r"b'.*|bytearray.*|\{.*|[0-9]+", "", text)
    return "refused", re.sub(r"[\s:]+", " ", text).strip()[:70]


def main():
    stream = sys.stdin.buffer
    for line in iter(stream.readline, b""):
        method, length = line.split()
        data = stream.read(int(length))
        reading = Reading("HEAD" if method == b"H" else "GET", data)
        verdict, detail = judge(reading)
        taken = verdict == "taken"
        body = b"".join(reading.body)
        print(verdict, detail, reading.status, reading.keeps() if taken else 0,
              reading.used() if taken else 0, len(body),
              "%016x" % hashed(reading.body), "%016x" % hashed(reading.headers),
              sep="\t")


main()
