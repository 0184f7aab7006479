/* SPDX-License-Identifier: MIT
 * dns_server.h: a name server on loopback, by UDP and TCP, that answers as its
 * rules say, well or badly, and counts what it was asked. */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_server;

enum dns_reply {
  DNS_ADDRESSES, /* those of `data` that are of the type asked for; if none is,
                    none, with an SOA record */
  DNS_ALIAS,     /* CNAME to `data`, and what the rules say of that */
  DNS_NO_NAME,   /* NXDOMAIN with an SOA record */
  DNS_NO_SOA,    /* NXDOMAIN without */
  DNS_SERVFAIL,
  DNS_REFUSED,
  DNS_TRUNCATED, /* by UDP nothing but that it does not fit; DNS_ADDRESSES by
                    TCP */
  DNS_SILENT,    /* no answer */
  DNS_FOUR_ONLY, /* DNS_ADDRESSES, but no answer for AAAA */
  DNS_GARBAGE    /* the question's head, and bytes that are no records */
};

struct dns_rule {
  const char *name; /* lower case, without a dot at its end; "*": any */
  enum dns_reply reply;
  const char *data; /* "192.0.2.1,2001:db8::1", or a name */
  uint32_t ttl;     /* of the records, or of none at all */
};

/* Starts it; NULL when there is no port to be had. */
struct dns_server *dns_server_start(void);
void dns_server_stop(struct dns_server *server);

/* Returns "127.0.0.1:PORT", which lives as long as the server. */
const char *dns_server_address(const struct dns_server *server);

/* Sets the rules, borrowed; the first that fits counts.  A name without one is
 * DNS_NO_NAME.  Counts start anew. */
void dns_server_set(struct dns_server *server, const struct dns_rule *rules,
                    size_t count);

/* Holds all answers back, or sends what was held. */
void dns_server_hold(struct dns_server *server, bool hold);

/* Returns how many questions came by UDP, and by TCP; and how many for a name,
 * by either. */
unsigned dns_server_questions(struct dns_server *server);
unsigned dns_server_tcp_questions(struct dns_server *server);
unsigned dns_server_asked(struct dns_server *server, const char *name);

#endif
