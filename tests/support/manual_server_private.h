/* SPDX-License-Identifier: MIT
 * manual_server_private.h: what manual_server.c and manual_answers.c share. */
#ifndef TESTS_SUPPORT_MANUAL_SERVER_PRIVATE_H
#define TESTS_SUPPORT_MANUAL_SERVER_PRIVATE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "support/manual_server.h"

/* Starts the thread that gives prepared answers to who connects to `listener`,
 * which stays the server's.  NULL when it cannot, with errno set. */
struct manual_answers *manual_answers_start(int listener);
void manual_answers_stop(struct manual_answers *answers);

/* Whether `fd`, a descriptor of this process, is the end of a connection that
 * has the name `own` there; and `other` at the far end, if that is told.  These
 * are bare system calls: the descriptor is another's, who may close it
 * meanwhile, and then the answer is of no use, but does no harm. */
bool manual_is_peer(int fd, const struct sockaddr_in *own,
                    const struct sockaddr_in *other);

#endif
