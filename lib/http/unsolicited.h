/* SPDX-License-Identifier: MIT
 * unsolicited.h: bytes that came on a connection of HTTP/1 although no request
 * was waiting for an answer (RFC 9112, 9.2). */
#ifndef LR_HTTP_UNSOLICITED_H
#define LR_HTTP_UNSOLICITED_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether such bytes are only how a server says that it closes the
 * connection: CRLFs, or one 408 (RFC 9110, 15.5.9), whose body may be cut.
 * Anything else is a part of an answer that nobody has asked for. */
bool lr_unsolicited_is_goodbye(const char *bytes, size_t length);

#endif
