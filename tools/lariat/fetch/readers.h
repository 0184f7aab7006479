/* SPDX-License-Identifier: MIT
 * readers.h: the options of `lariat fetch` whose values are more than a number
 * or a text.  Each reads `value` into a struct settings and returns whether it
 * makes sense. */
#ifndef TOOLS_LARIAT_FETCH_READERS_H
#define TOOLS_LARIAT_FETCH_READERS_H

#include <stdbool.h>

/* Reads a file's name; "-" is standard output. */
bool read_output(void *settings, char *value);

/* Reads words with commas between them. */
bool read_details(void *settings, char *value);

/* Reads statuses from 400 to 599, as "429,503" or "5xx", or "none". */
bool read_retry_statuses(void *settings, char *value);

/* Reads a share of the requests, as "0.1", of which a thousandth is the least,
 * or "none". */
bool read_retry_budget(void *settings, char *value);

/* Reads a token of HTTP; the library would refuse each request with another. */
bool read_method(void *settings, char *value);

/* Cuts "Name: value" in two in place; the library looks at both parts. */
bool read_header(void *settings, char *value);

/* Reads "USER:PASSWORD", and overwrites it where it stands. */
bool read_user(void *settings, char *value);
bool read_cookie(void *settings, char *value);
bool read_cookie_jar(void *settings, char *value);

/* Reads a text, "@FILE" or "@-"; joins texts by "&". */
bool read_data(void *settings, char *value);

/* Reads a file's name, which cannot be "-". */
bool read_upload_file(void *settings, char *value);

/* Add to the networks that are allowed or denied: any text, which is looked at
 * when all are there. */
bool read_allow_net(void *settings, char *value);
bool read_deny_net(void *settings, char *value);
bool read_resolve(void *settings, char *value);
bool read_connect_to(void *settings, char *value);

#endif
