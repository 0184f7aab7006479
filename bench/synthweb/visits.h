/* SPDX-License-Identifier: MIT
 * visits.h: what was asked for: how often each URL, and of each host when, how
 * many at once, and what it had forbidden. */
#ifndef BENCH_SYNTHWEB_VISITS_H
#define BENCH_SYNTHWEB_VISITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "node.h"
#include "oracle.h"
#include "site.h"

/* Counts and times of a host. */
struct visits_host {
  uint64_t last_ns; /* when the last request arrived, by the kernel's stamp */
  uint32_t client;  /* whose address that had */
  uint64_t min_gap_ns; /* UINT64_MAX: there was none yet */
  uint64_t sent_ns;    /* when the last answer began to go out */
  uint32_t requests;
  uint32_t short_gaps;
  uint32_t in_flight, in_flight_max;
  uint32_t forbidden;
  uint32_t before_robots; /* that came before its robots.txt was answered */
  uint64_t robots_ns;     /* when that was; 0: not yet */
};

enum { VISITS_CANARIES = 16 };

struct visits {
  const struct site *site;
  uint64_t gap_ns; /* what is shorter is counted, too */
  FILE *gaps;      /* gets a line for each of those; NULL: none */
  uint8_t *counts; /* NODE_PLACES for each page; up to 255 */
  struct visits_host *hosts;
  uint64_t requests, connections;
  uint64_t kinds[NODE_NONE + 1];
  uint64_t traps[WEB_TRAPS_END];
  uint64_t misplaced; /* URLs of another host, or with a wrong query */
  uint64_t not_modified;
  uint64_t dead;     /* connections to hosts that close them */
  uint64_t canaries; /* connections to addresses that no host has */
  char canary[VISITS_CANARIES][48]; /* the first of them */
  uint64_t body_bytes;
};

/* False: out of memory. */
bool visits_make(struct visits *visits, const struct site *site);
void visits_free(struct visits *visits);

/* Notes a request that arrived at a host at an instant; its end is to be noted
 * as well: when the last piece of its answer began to go out, or, with 0, that
 * the client has left.  One that arrived before the answer to another did so is
 * in flight with that, in whichever order the server came to them. */
void visits_begin(struct visits *visits, uint32_t host, uint32_t client,
                  const struct node *node, uint64_t arrived_ns);
void visits_end(struct visits *visits, uint32_t host, const struct node *node,
                uint64_t sent_ns);

/* Returns how often a node of a page was asked for. */
unsigned visits_count(const struct visits *visits, const struct node *node);

void visits_note_canary(struct visits *visits, const char *address);

/* Writes all as one line of JSON, with a row for each host that was asked. */
void visits_write(const struct visits *visits, const struct oracle *oracle,
                  bool with_hosts, FILE *out);

#endif
