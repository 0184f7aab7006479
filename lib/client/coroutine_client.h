/* SPDX-License-Identifier: MIT
 * coroutine_client.h: what clients tell lariat_coroutine_client. */
#ifndef LR_CLIENT_COROUTINE_CLIENT_H
#define LR_CLIENT_COROUTINE_CLIENT_H

#include <lariat/client.h>

/* Keeps a client that closes from being given to coroutines any more. */
void lr_coroutine_client_forget(const lariat_client *client);

#endif
