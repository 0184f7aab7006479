/* SPDX-License-Identifier: MIT
 * body.h: the body of the requests, as --data or --upload-file say: a text, a
 * file that is read while it is sent, or what came from a pipe, kept. */
#ifndef TOOLS_LARIAT_FETCH_BODY_H
#define TOOLS_LARIAT_FETCH_BODY_H

#include <lariat/client.h>
#include <stdbool.h>
#include <stddef.h>

#include "fetch/job.h"
#include "fetch/settings.h"

struct body {
  const char *text; /* NULL: none, or a file */
  size_t length;
  char *kept; /* of `text`: what is ours */
  int fd;     /* -1: no file */
  bool form;  /* of --data, without a --header that says what it is */
};

/* Opens or reads what the settings say.  Says why it cannot, and returns
 * false. */
bool body_open(struct body *body, const struct request_settings *settings);

/* Makes `body` that of a request, which it must outlive. */
void body_apply(const struct body *body, lariat_request_options *options);

/* Adds the Content-Type of a form to the headers of a request, whose own
 * `extras` may be NULL, if the body is one and no header says otherwise. */
void body_add_type(const struct body *body, const struct extras *extras,
                   lariat_request_options *options);

void body_close(struct body *body);

#endif
