/* SPDX-License-Identifier: MIT
 * libcurl.h: the libcurl that is loaded: whether it can be used, what it can
 * do, and what must be done differently because of its version. */
#ifndef LR_CURL_LIBCURL_H
#define LR_CURL_LIBCURL_H

#include <stdbool.h>

#include <curl/curl.h>

/* Returns why pools refuse libcurl `version_num` (0xXXYYZZ), or NULL when they
 * do not.  Static. */
const char *lr_libcurl_refusal(unsigned version_num);

/* Returns why the libcurl that is loaded cannot be used at all (too old, no
 * HTTP, not thread-safe to initialise, TLS not by OpenSSL), or NULL.  Not to be
 * overridden. */
const char *lr_libcurl_unusable(void);

/* The capabilities of the libcurl that is loaded. */
typedef struct lr_capabilities {
  unsigned version_num;
  bool http2;
  bool h2c_reuse;         /* an HTTP/2 connection without TLS can be
                             used again: not in 7.88 (curl issue
                             10634) */
  bool lingering_header;  /* see obs_fold_guard.h */
  bool dns_cache_forever; /* CURLOPT_DNS_CACHE_TIMEOUT takes -1 */
  const char *ca_file;    /* its built-in defaults; may be NULL */
  const char *ca_path;
} lr_capabilities;
const lr_capabilities *lr_libcurl_capabilities(void);

/* Says whether libcurl forgets the text of a failure when it connects anew:
 * from 8.19.0 on. */
bool lr_libcurl_forgets_errors(void);

/* Says whether libcurl joins folded header lines before it shows them: from
 * 8.18.0 on. */
bool lr_libcurl_unfolds(void);

/* Says whether libcurl takes CURLOPT_CAINFO and CURLOPT_CAPATH of NULL for its
 * own defaults, and reads those for each connection: from 8.17.0 on.  (8.23.0
 * does not any more, and is none the worse for being treated so.) */
bool lr_libcurl_insists_on_cas(void);

/* Calls curl_global_init, once for the process; that is never undone.  False
 * when it failed.  Any thread. */
bool lr_libcurl_global_init(void);

/* Says whether that was done by another process, of which this one is a forked
 * child: libcurl and OpenSSL are as the parent's threads left them at that
 * moment.  After lr_libcurl_global_init.  Any thread. */
bool lr_libcurl_inherited(void);

#endif
