/* SPDX-License-Identifier: MIT
 * answer.h: the headers and the body of an answer as JSON values, for result
 * lines that have them. */
#ifndef TOOLS_LARIAT_FETCH_ANSWER_H
#define TOOLS_LARIAT_FETCH_ANSWER_H

#include <lariat/response.h>
#include <stdbool.h>

#include "text.h"

/* Appends an object: for each name, in lower case and in alphabetical order, a
 * list of its values in the order that they came; null without a response.
 * Credentials are masked, unless they are to be kept.  False when out of
 * memory. */
bool answer_add_headers(struct text *text, const lariat_response *response,
                        bool keep_secrets);

/* Appends the trailers in the same way. */
bool answer_add_trailers(struct text *text, const lariat_response *response,
                         bool keep_secrets);

/* Appends the fields "body" and "body_encoding" with their values: the body as
 * a string, if it is valid UTF-8, else in base64; null without a response.
 * False when out of memory. */
bool answer_add_body(struct text *text, const lariat_response *response);

#endif
