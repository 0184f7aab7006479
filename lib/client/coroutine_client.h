/* SPDX-License-Identifier: MIT
 * coroutine_client.h: what clients tell those who hand them to coroutines. */
#ifndef LR_CLIENT_COROUTINE_CLIENT_H
#define LR_CLIENT_COROUTINE_CLIENT_H

#include <lariat/client.h>

/* The client is going: coroutines do not get it any more. */
void lr_coroutine_client_forget(const lariat_client *client);

#endif
