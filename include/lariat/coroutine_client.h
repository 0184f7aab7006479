/* SPDX-License-Identifier: MIT
 * The client of the coroutine that runs, so that a function which fetches does
 * not have to be handed one. */
#ifndef LARIAT_COROUTINE_CLIENT_H
#define LARIAT_COROUTINE_CLIENT_H

#include <lariat/client.h>
#include <lariat/coroutine.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Puts the client of the running coroutine's reactor into `*out`.  All of the
 * reactor's coroutines share it, and it is there until the reactor closes:
 *   - the one that lariat_coroutine_set_client was given; so, in a program of
 *     lariat_react or lariat_react_coroutine, that program's;
 *   - else, on a reactor of a pool, a client of that pool, made now;
 *   - else a client of a pool of the reactor's own, both made now with the
 *     defaults.  (lariat_reactor_close waits for that pool's threads.)
 *
 * LARIAT_OK
 * LARIAT_EOUTSIDE  not in a coroutine
 * LARIAT_ECLOSED   the reactor or its pool is being closed
 * and what lariat_pool_new can return.  On an error `*out` is NULL. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_coroutine_client(lariat_client **out);

/* Gives `client` to the coroutines of its reactor, until it is closed.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_coroutine_set_client(lariat_client *client);

LARIAT_END_C

#endif
