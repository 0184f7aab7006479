/* SPDX-License-Identifier: MIT
 * cookie_scope.c: hosts, domains and paths of cookies. */
#include "http/cookie_scope.h"

#include <libpsl.h>
#include <string.h>

#include "http/ip_address.h"

static bool is_text(lr_cookie_text text, const char *other) {
  return text.length == strlen(other) &&
         memcmp(text.bytes, other, text.length) == 0;
}

/* ---- Requests ---- */

/* Tells whether a host is this machine itself, which nobody listens to on the
 * way: 127.0.0.0/8, ::1 and localhost, as in Secure Contexts (W3C, 3.1), but
 * for names below localhost, which a resolver may find anywhere. */
static bool is_loopback(lr_cookie_text host, bool address) {
  if (is_text(host, "localhost") || is_text(host, "[::1]")) return true;
  return address && host.length > 4 && memcmp(host.bytes, "127.", 4) == 0;
}

bool lr_cookie_host_is_address(lr_cookie_text host) {
  return host.length > 0 &&
         (host.bytes[0] == '[' || lr_ipv4_is_meant(host.bytes, host.length));
}

static lr_cookie_request make_request(lr_cookie_text host, lr_cookie_text path,
                                      bool tls) {
  bool address = lr_cookie_host_is_address(host);
  bool secure = tls || is_loopback(host, address);
  return (lr_cookie_request){host, path, address, secure};
}

lr_cookie_request lr_cookie_request_of_public(const lariat_url *url) {
  lariat_url_part host = lariat_url_host(url);
  lariat_url_part path = lariat_url_path(url);
  bool tls = lariat_url_scheme(url).length == sizeof "https" - 1;
  return make_request((lr_cookie_text){host.bytes, host.length},
                      (lr_cookie_text){path.bytes, path.length}, tls);
}

lr_cookie_request lr_cookie_request_of(const lr_url *url) {
  size_t scheme = url->tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
  const char *host = url->text + scheme;
  const char *host_end = url->text + url->origin_length;
  const char *path_end = url->text + url->length;
  const char *in_port = host_end;
  while (in_port > host && in_port[-1] >= '0' && in_port[-1] <= '9') in_port--;
  bool has_port = in_port > host && in_port[-1] == ':' && host[0] != '[';
  if (host[0] == '[')
    has_port = in_port > host + 1 && in_port[-1] == ':' && in_port[-2] == ']';
  const char *query = memchr(host_end, '?', (size_t)(path_end - host_end));
  lr_cookie_text path = {host_end,
                         (size_t)((query ? query : path_end) - host_end)};
  if (has_port) host_end = in_port - 1;
  lr_cookie_text name = {host, (size_t)(host_end - host)};
  return make_request(name, path, url->tls);
}

/* ---- Domains ---- */

static bool is_same(lr_cookie_text a, lr_cookie_text b) {
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

bool lr_cookie_domain_matches(lr_cookie_text host, lr_cookie_text domain) {
  if (is_same(host, domain)) return true;
  if (domain.length == 0 || host.length <= domain.length) return false;
  const char *suffix = host.bytes + (host.length - domain.length);
  return suffix[-1] == '.' &&
         memcmp(suffix, domain.bytes, domain.length) == 0 &&
         !lr_cookie_host_is_address(host);
}

/* The list's own rule for names that it does not have makes suffixes of all
 * names of one label.  A dot at the end is not of the name. */
bool lr_cookie_is_public_suffix(lr_cookie_text domain) {
  char name[256];
  size_t length = domain.length;
  if (length > 0 && domain.bytes[length - 1] == '.') length--;
  if (length == 0 || length >= sizeof name) return length == 0;
  memcpy(name, domain.bytes, length);
  name[length] = '\0';
  return psl_is_public_suffix2(psl_builtin(), name, PSL_TYPE_ANY);
}

/* ---- Paths ---- */

bool lr_cookie_path_matches(lr_cookie_text path, lr_cookie_text of_cookie) {
  size_t length = of_cookie.length;
  if (path.length < length || memcmp(path.bytes, of_cookie.bytes, length) != 0)
    return false;
  return path.length == length || of_cookie.bytes[length - 1] == '/' ||
         path.bytes[length] == '/';
}

lr_cookie_text lr_cookie_default_path(lr_cookie_text path) {
  size_t length = path.length;
  while (length > 0 && path.bytes[length - 1] != '/') length--;
  return length > 1 ? (lr_cookie_text){path.bytes, length - 1}
                    : (lr_cookie_text){"/", 1};
}
