/* SPDX-License-Identifier: MIT
 * quirks.h: all that lariat knows of single libcurl versions: which are
 * refused, and what must be done differently where. */
#ifndef LR_CURL_QUIRKS_H
#define LR_CURL_QUIRKS_H

#include <stdbool.h>

/* Returns why pools refuse libcurl `version_num` (0xXXYYZZ), or NULL when they
 * do not.  Static. */
const char *lr_quirks_refusal(unsigned version_num);

/* Returns why the libcurl that is loaded cannot be used at all (too old, no
 * HTTP, not thread-safe to initialise, TLS not by OpenSSL), or NULL.  Not to be
 * overridden. */
const char *lr_quirks_unusable(void);

/* The capabilities of the libcurl that is loaded. */
typedef struct lr_abilities {
  unsigned version_num;
  bool http2;
  bool decompress;             /* gzip, br or zstd */
  const char *accept_encoding; /* "gzip, br": what it can undo; NULL: none */
  bool h2c_reuse;              /* an HTTP/2 connection without TLS can be
                                  used again: not in 7.88 (curl issue
                                  10634) */
  bool lingering_header;       /* see fold.h */
  bool dns_cache_forever;      /* CURLOPT_DNS_CACHE_TIMEOUT takes -1 */
  const char *ca_file;         /* its built-in defaults; may be NULL */
  const char *ca_path;
} lr_abilities;
const lr_abilities *lr_quirks_abilities(void);

/* Calls curl_global_init, once for the process; that is never undone.  False
 * when it failed.  Any thread. */
bool lr_quirks_global_init(void);

/* Says whether that was done by another process, of which this one is a forked
 * child: libcurl and OpenSSL are as the parent's threads left them at that
 * moment.  After lr_quirks_global_init.  Any thread. */
bool lr_quirks_inherited(void);

#endif
