/* SPDX-License-Identifier: MIT
 * The scripts that every origin has from the start: see origin.h for the
 * list. */
#include "support/origin_private.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define GZIP_HEAD OK_HEAD "Content-Encoding: gzip\r\n"
#define FIFTY "01234567890123456789012345678901234567890123456789"

/* Text with NULs in it, and its length. */
#define BINARY(text) (text), sizeof(text) - 1

/* Shorter ways to write the steps. */
#define SEND(string)                                                           \
  { ORIGIN_SEND, (string), 0, 0 }
#define SEND_BINARY(string)                                                    \
  { ORIGIN_SEND, BINARY(string), 0 }
#define ONLY(kind)                                                             \
  { (kind), NULL, 0, 0 }
#define WITH(kind, value)                                                      \
  { (kind), NULL, 0, (value) }
#define END ONLY(ORIGIN_END)
#define SCRIPT(...)                                                            \
  (const struct origin_step[]) { __VA_ARGS__ }

/* A gzip of zeros: its first ten bytes, then three that open a block with
 * fixed codes, put a zero and repeat it 258 times; then 13 bytes that hold
 * eight more such repetitions, as often as one likes; then the end of the
 * block, the checksum and the length for 8,192 of them. */
#define GZIP_START "\x1f\x8b\x08\0\0\0\0\0\0\xff"
#define ZEROS_START GZIP_START "\x63\x18\x05"
#define ZEROS_MORE "\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28\x18\x05"
#define ZEROS_END "\0\xfc\xe8\x37\x54\x03\x01\x02\x01"

const struct origin_builtin origin_builtins[] = {
    {"/", SCRIPT({ORIGIN_PAGE, "front\n", 0, 0}, END)},
    {"/page", SCRIPT({ORIGIN_PAGE, "page\n", 0, 0}, END)},
    {"/status/*", SCRIPT({ORIGIN_PAGE, "status\n", 0, ORIGIN_FROM_PATH}, END)},
    {"/bytes/*", SCRIPT(WITH(ORIGIN_BYTES, ORIGIN_FROM_PATH), END)},
    {"/wait/*", SCRIPT(WITH(ORIGIN_WAIT, ORIGIN_FROM_PATH),
                       {ORIGIN_PAGE, "waited\n", 0, 0}, END)},
    {"/echo", SCRIPT(ONLY(ORIGIN_ECHO), END)},
    {"/hold", SCRIPT(ONLY(ORIGIN_HOLD), {ORIGIN_PAGE, "held\n", 0, 0}, END)},
    {"/stall", SCRIPT(ONLY(ORIGIN_STALL))},
    {"/served/*", SCRIPT({ORIGIN_PAGE, "served\n", 0, 0},
                         WITH(ORIGIN_CLOSE_AFTER, ORIGIN_FROM_PATH), END)},
    {"/last", SCRIPT(SEND(OK_HEAD "Connection: close\r\n"
                                  "Content-Length: 5\r\n\r\nlast\n"),
                     ONLY(ORIGIN_CLOSE))},
    {"/no-length", SCRIPT(SEND(OK_HEAD "\r\nno length\n"), ONLY(ORIGIN_CLOSE))},
    {"/chunked", SCRIPT(SEND(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"),
                        SEND("5\r\nhello\r\n7;name=value\r\n, world\r\n"),
                        SEND("0\r\nX-Trailer: yes\r\n\r\n"), END)},
    {"/continue", SCRIPT(SEND("HTTP/1.1 100 Continue\r\n\r\n"),
                         SEND("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"),
                         {ORIGIN_PAGE, "continued\n", 0, 0}, END)},
    {"/dribble/*", SCRIPT(SEND(OK_HEAD "Content-Length: 50\r\n\r\n"),
                          {ORIGIN_DRIBBLE, FIFTY, 0, ORIGIN_FROM_PATH}, END)},
    {"/dribble-head/*",
     SCRIPT({ORIGIN_DRIBBLE, OK_HEAD "Content-Length: 2\r\n\r\nok", 0,
             ORIGIN_FROM_PATH},
            END)},

    {"/sink", SCRIPT(ONLY(ORIGIN_TAKE), ONLY(ORIGIN_DIGEST), END)},
    {"/take-close/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH), ONLY(ORIGIN_CLOSE))},
    {"/take-reset/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH), ONLY(ORIGIN_RESET))},
    {"/take-stall/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH), ONLY(ORIGIN_STALL))},
    {"/take-413/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH),
            SEND("HTTP/1.1 413 Too Large\r\nConnection: close\r\n"
                 "Content-Length: 6\r\n\r\nlarge\n"),
            ONLY(ORIGIN_SHUT), ONLY(ORIGIN_TAKE), ONLY(ORIGIN_CLOSE))},
    {"/take-413-reset/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH),
            SEND("HTTP/1.1 413 Too Large\r\nConnection: close\r\n"
                 "Content-Length: 6\r\n\r\nlarge\n"),
            ONLY(ORIGIN_CLOSE))},
    {"/take-early/*",
     SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH), {ORIGIN_PAGE, "early\n", 0, 0},
            ONLY(ORIGIN_TAKE), END)},
    {"/take-307/*", SCRIPT(WITH(ORIGIN_TAKE, ORIGIN_FROM_PATH),
                           SEND("HTTP/1.1 307 Again\r\nContent-Length: 0\r\n"
                                "Location: /sink\r\n\r\n"),
                           ONLY(ORIGIN_TAKE), END)},

    {"/close", SCRIPT(ONLY(ORIGIN_CLOSE))},
    {"/reset", SCRIPT(ONLY(ORIGIN_RESET))},
    {"/mid-head", SCRIPT(SEND(OK_HEAD "Content-Le"), ONLY(ORIGIN_CLOSE))},
    {"/mid-head-reset", SCRIPT(SEND(OK_HEAD "Content-Le"), ONLY(ORIGIN_RESET))},
    {"/mid-head-stall", SCRIPT(SEND(OK_HEAD "Content-Le"), ONLY(ORIGIN_STALL))},
    {"/mid-body", SCRIPT(SEND(OK_HEAD "Content-Length: 1000\r\n\r\n" FIFTY),
                         ONLY(ORIGIN_CLOSE))},
    {"/mid-body-reset",
     SCRIPT(SEND(OK_HEAD "Content-Length: 1000\r\n\r\n" FIFTY),
            ONLY(ORIGIN_RESET))},
    {"/mid-body-stall",
     SCRIPT(SEND(OK_HEAD "Content-Length: 1000\r\n\r\n" FIFTY),
            ONLY(ORIGIN_STALL))},
    {"/chunk-broken",
     SCRIPT(SEND(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            SEND("not a length\r\nhello\r\n0\r\n\r\n"), ONLY(ORIGIN_CLOSE))},
    {"/chunk-cut",
     SCRIPT(SEND(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            SEND("64\r\n" FIFTY), ONLY(ORIGIN_CLOSE))},
    {"/chunk-endless",
     SCRIPT(SEND(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"),
            {ORIGIN_REPEAT, "32\r\n" FIFTY "\r\n", 0, 0})},
    {"/garbage",
     SCRIPT(SEND("\x01\x02 this is not HTTP\r\n\r\n"), ONLY(ORIGIN_CLOSE))},
    {"/endless", SCRIPT(SEND(OK_HEAD "\r\n"), {ORIGIN_REPEAT, FIFTY, 0, 0})},
    {"/huge-header",
     SCRIPT(SEND(OK_HEAD "Content-Length: 2\r\nX-Huge: "),
            {ORIGIN_REPEAT, FIFTY, 0, 8000}, SEND("\r\n\r\nok"), END)},
    {"/many-headers", SCRIPT(SEND(OK_HEAD "Content-Length: 2\r\n"),
                             {ORIGIN_REPEAT, "X-Many: " FIFTY "\r\n", 0, 20000},
                             SEND("\r\nok"), END)},
    {"/endless-head",
     SCRIPT(SEND(OK_HEAD), {ORIGIN_REPEAT, "X-More: " FIFTY "\r\n", 0, 0})},
    {"/bad-gzip",
     SCRIPT(SEND(GZIP_HEAD "Content-Length: 50\r\n\r\n" FIFTY), END)},
    {"/cut-gzip", SCRIPT(SEND(GZIP_HEAD "Content-Length: 26\r\n\r\n"),
                         SEND_BINARY(ZEROS_START ZEROS_MORE), END)},
    {"/bomb",
     SCRIPT(SEND(GZIP_HEAD "Content-Length: 106518\r\n\r\n"),
            SEND_BINARY(ZEROS_START), {ORIGIN_REPEAT, BINARY(ZEROS_MORE), 8192},
            SEND_BINARY(ZEROS_END), END)},
    {"/bomb-endless", SCRIPT(SEND(GZIP_HEAD "\r\n"), SEND_BINARY(ZEROS_START),
                             {ORIGIN_REPEAT, BINARY(ZEROS_MORE), 0})},
    {"/short-length",
     SCRIPT(SEND(OK_HEAD "Content-Length: 3\r\n\r\nabcdef"), END)},
    {"/two-lengths",
     SCRIPT(SEND(OK_HEAD "Content-Length: 3\r\nContent-Length: 6\r\n\r\n"),
            SEND("abcdef"), ONLY(ORIGIN_CLOSE))},
    {"/negative-length",
     SCRIPT(SEND(OK_HEAD "Content-Length: -3\r\n\r\nabc"), ONLY(ORIGIN_CLOSE))},
    {"/status-line",
     SCRIPT(SEND("HTTP/1.1 abc OK\r\nX: y\r\n\r\nbody"), ONLY(ORIGIN_CLOSE))},
    {"/two-answers", SCRIPT({ORIGIN_PAGE, "asked\n", 0, 0},
                            {ORIGIN_PAGE, "not asked\n", 0, 0}, END)},
    {"/no-location", SCRIPT({ORIGIN_PAGE, "where?\n", 0, 302}, END)},
    {"/to-ftp", SCRIPT(SEND("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                            "Location: ftp://127.0.0.1/file\r\n\r\n"),
                       END)},
    {"/to-nowhere", SCRIPT(SEND("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                                "Location: http://\r\n\r\n"),
                           END)},
    {"/to-self", SCRIPT(SEND("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                             "Location: /to-self\r\n\r\n"),
                        END)},
    {NULL, NULL},
};
