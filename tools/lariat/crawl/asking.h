/* SPDX-License-Identifier: MIT
 * asking.h: asks the process that runs a crawl, over its socket. */
#ifndef TOOLS_LARIAT_CRAWL_ASKING_H
#define TOOLS_LARIAT_CRAWL_ASKING_H

#include <jansson.h>

enum asked {
  ASKED_ANSWERED,    /* the reply is there: {"ok":true,...} */
  ASKED_NOT_RUNNING, /* no process runs the crawl */
  ASKED_FAILED       /* it was said why */
};

/* Sends the request, and waits for the reply, which the caller releases.  An
 * error that is the reply is said.  Takes over the request; NULL: there was no
 * memory for it. */
enum asked crawl_ask(const char *directory, json_t *request, json_t **reply);

#endif
