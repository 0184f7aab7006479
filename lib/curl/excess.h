/* SPDX-License-Identifier: MIT
 * excess.h: bytes on connections of HTTP/1 that libcurl reads for which nobody
 * had asked.  libcurl does not tell of what it has read too much; the kernel's
 * count of what came on a connection does, where the length of the response is
 * known.  Over TLS that count says nothing: there, and behind chunked bodies,
 * only what is left of it to be read is noticed. */
#ifndef LR_CURL_EXCESS_H
#define LR_CURL_EXCESS_H

#include <stdbool.h>
#include <stdint.h>

struct lr_socket;
struct lr_transfer;

/* Returns how many bytes have come on a connection since it was made; 0: not
 * known. */
uint64_t lr_excess_count_received(int fd);

/* Notes how many that were, for the transfer whose connection libcurl closes.
 */
void lr_excess_note_closing(struct lr_socket *socket);

/* Says whether more came than the transfer's response, which is complete, has:
 * its connection may not be used again.  Notes a server that sends what nobody
 * asked for. */
bool lr_excess_is_behind(struct lr_transfer *transfer);

/* Notes a server that has sent more than line ends where an answer should
 * begin, on a connection that was open already. */
void lr_excess_note_rubbish(struct lr_transfer *transfer);

/* Looks at a connection that is open already, before a request is sent.  True:
 * it has ended, or bytes wait there that cannot be the answer. */
bool lr_excess_is_ahead(struct lr_transfer *transfer);

/* Says whether the answer that begins to come on a connection that was open
 * already was sent before the request was received. */
bool lr_excess_is_too_early(struct lr_transfer *transfer);

/* Handles bytes on an idle connection, which may have ended. */
void lr_excess_look_at_idle(struct lr_socket *socket);

#endif
