/* SPDX-License-Identifier: MIT
 * cookies.h: a client's cookie jar: which header a request gets of it, and what
 * it takes of an answer.  The client's thread. */
#ifndef LR_CLIENT_COOKIES_H
#define LR_CLIENT_COOKIES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "job/job.h"
#include <lariat/cookies.h>

typedef struct lr_client_cookies lr_client_cookies;

/* Makes what a client on `reactor` has for its jar, of which it takes a
 * reference.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a client of another reactor has the jar */
lariat_status lr_client_cookies_open(lariat_cookie_jar *jar,
                                     lariat_reactor *reactor,
                                     lr_client_cookies **out);

/* Gives the jar back; NULL is allowed. */
void lr_client_cookies_close(lr_client_cookies *cookies);

/* Adds the jar's cookies for the job's URL to its headers.
 * LARIAT_OK, LARIAT_ENOMEM: the headers are as they were */
lariat_status lr_client_cookies_add(lr_client_cookies *cookies, lr_job *job);

/* Takes what was added out again. */
void lr_client_cookies_remove(lr_job *job);

/* Stores the cookies that a response to the job's request sets; `response` may
 * be NULL, or without a head.  False when out of memory. */
bool lr_client_cookies_take(lr_client_cookies *cookies, const lr_job *job,
                            const lariat_response *response);

#endif
