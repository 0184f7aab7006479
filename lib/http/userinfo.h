/* SPDX-License-Identifier: MIT
 * userinfo.h: user and password of a URL (RFC 3986, 3.2.1): what is sent
 * instead of them, and texts that do not show them. */
#ifndef LR_HTTP_USERINFO_H
#define LR_HTTP_USERINFO_H

/* Makes the value of an Authorization header, for Basic authentication
 * (RFC 7617), of the user and the password in `text`, which is a URL that has
 * them.  The caller frees it; NULL when out of memory. */
char *lr_userinfo_make_authorization(const char *text);

/* Copies a text, a URL or what was meant to be one, without what is before an
 * '@' in its authority.  The caller frees it; NULL when out of memory. */
char *lr_userinfo_redact(const char *text);

#endif
