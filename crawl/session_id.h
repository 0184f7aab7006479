/* SPDX-License-Identifier: MIT
 * session_id.h: the parts of a URL that say who is asking and not for what:
 * those that Heritrix takes out of its keys by default, and a few more. */
#ifndef CRAWL_SESSION_ID_H
#define CRAWL_SESSION_ID_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether a parameter of a query, or of a segment of a path (behind a
 * ';'), is a session id: "jsessionid=", "phpsessid=", "phpsessionid=" and
 * "oscsid=" with 16 octets and more, "aspsessionid" with 8 letters and 24
 * behind its '=', "sid=" and "zenid=" with 26 to 32 and 32 letters and digits.
 * Case does not matter. */
bool lr_crawl_is_session_parameter(const char *bytes, size_t length);

/* Tell whether a parameter is one of ColdFusion's two; they are a session's
 * where both are in a query. */
bool lr_crawl_is_cfid(const char *bytes, size_t length);
bool lr_crawl_is_cftoken(const char *bytes, size_t length);

/* Tells whether a segment of a path is a session id of ASP.NET:
 * "(S(4hqa0555fwsecu455xqckv45))", "(X(1)S(...))", "(4hqa0555fwsecu...)". */
bool lr_crawl_is_session_segment(const char *bytes, size_t length);

#endif
