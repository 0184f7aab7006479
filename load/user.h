/* SPDX-License-Identifier: MIT
 * user.h: somebody who takes the steps of a flow, with cookies of his own. */
#ifndef LOAD_USER_H
#define LOAD_USER_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/cookies.h>

#include "bytes.h"
#include "flow.h"

struct lr_load_user {
  lr_load_user *next; /* of the source's */
  lr_load_user *before;
  const lr_load_flow *flow;
  lariat_cookie_jar *jar; /* NULL until there is a cookie */
  uint64_t index;         /* in the plan */
  size_t step;            /* that is to be sent, or whose answer is awaited */
};

/* Makes a user at the first step; NULL: out of memory. */
lr_load_user *lr_load_user_new(const lr_load_flow *flow, uint64_t index);
void lr_load_user_free(lr_load_user *user);

/* Takes the cookies of an answer (may be NULL), and goes on to the next step.
 * False: it was the last one. */
bool lr_load_user_answer(lr_load_user *user, const lariat_response *response);

/* Puts the bytes of `message`, with the cookies that belong there, into
 * `buffer`, if there are any, and into the message.  LARIAT_OK, LARIAT_ENOMEM
 */
lariat_status lr_load_user_add_cookies(lr_load_user *user,
                                       lr_load_bytes *buffer,
                                       lr_load_message *message);

#endif
