/* SPDX-License-Identifier: MIT
 * json_request.h: requests and flows out of JSON objects: those of `lariat
 * fetch` with a few keys more, and vegeta's. */
#ifndef LOAD_JSON_REQUEST_H
#define LOAD_JSON_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include <lariat/load/requests.h>

#include "arena.h"

/* Reads an object of our own without the key `flow`.  The request's texts are
 * the object's and `arena`'s.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a key that there is not, or a value of the wrong kind; see the
 *                error */
lariat_status lr_load_json_read(json_t *object, lr_load_arena *arena,
                                lariat_load_request *out,
                                lariat_load_error *error);

/* Reads a target of vegeta: method, url, body in base64, header.  The body is
 * decoded into `arena`.  Statuses as above. */
lariat_status lr_load_json_read_vegeta(json_t *object, lr_load_arena *arena,
                                       lariat_load_request *out,
                                       lariat_load_error *error);

/* Adds what one line says to the requests.  `*vegeta` says whose objects are
 * read, and becomes true by one with the key `header`.  Statuses as those of
 * lariat_load_input_feed. */
lariat_status lr_load_json_add(lariat_load_requests *requests, const char *line,
                               size_t length, bool *vegeta,
                               lariat_load_error *error);

#endif
