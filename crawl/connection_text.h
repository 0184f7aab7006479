/* SPDX-License-Identifier: MIT
 * connection_text.h: how a database is named, "postgres://user@host/db" or
 * "host=... dbname=...", and what of it must never be shown.  Needs no libpq.
 */
#ifndef CRAWL_CONNECTION_TEXT_H
#define CRAWL_CONNECTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether a text is a URL of PostgreSQL's: postgres:// or postgresql://.
 */
bool lr_crawl_connection_is_url(const char *text);

/* Tells whether there is a password in a connection: PGPASSFILE or a service
 * would be better. */
bool lr_crawl_connection_has_secret(const char *connection);

/* Writes the connection with "***" in the place of each secret, as snprintf
 * does, and returns its whole length.  What might be a part of a secret, where
 * the text is not well formed, is one. */
size_t lr_crawl_connection_write(const char *connection, char *out,
                                 size_t capacity);

/* Writes a message about a connection, as snprintf does, with "***" for what is
 * between double quotes and may be a part of a secret. */
size_t lr_crawl_connection_mask(const char *connection, const char *message,
                                char *out, size_t capacity);

#endif
