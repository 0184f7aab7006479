/* SPDX-License-Identifier: MIT
 * cookie_scope.h: which requests a cookie is for: hosts and domains, paths,
 * origins that are secure (RFC 6265bis, 5.1.3, 5.1.4, 5.7). */
#ifndef LR_HTTP_COOKIE_SCOPE_H
#define LR_HTTP_COOKIE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/set_cookie.h"
#include "http/url.h"

/* The parts of a URL that decide about cookies. */
typedef struct lr_cookie_request {
  lr_cookie_text host; /* lower case; brackets around an IPv6 address */
  lr_cookie_text path; /* from its '/' on, without the query */
  bool address;        /* the host is an address, not a name */
  bool secure;         /* the origin is one that Secure cookies are for */
} lr_cookie_request;

/* Return the parts of a URL, which must outlive them. */
lr_cookie_request lr_cookie_request_of(const lr_url *url);
lr_cookie_request lr_cookie_request_of_public(const lariat_url *url);

/* Tells whether a host is an address: no domain is above it. */
bool lr_cookie_host_is_address(lr_cookie_text host);

/* Tells whether `host` domain-matches `domain`, both in lower case (5.1.3). */
bool lr_cookie_domain_matches(lr_cookie_text host, lr_cookie_text domain);

/* Tells whether `domain`, the name of a host in lower case and no address, is a
 * public suffix: one below which anybody may have names. */
bool lr_cookie_is_public_suffix(lr_cookie_text domain);

/* Tells whether `path` path-matches the path of a cookie (5.1.4). */
bool lr_cookie_path_matches(lr_cookie_text path, lr_cookie_text of_cookie);

/* Returns the path of a cookie that came without one (5.1.4). */
lr_cookie_text lr_cookie_default_path(lr_cookie_text path);

#endif
