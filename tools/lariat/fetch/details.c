/* SPDX-License-Identifier: MIT
 * details.c: trailers, connections and redirects as JSON. */
#include "fetch/details.h"

#include <string.h>

#include "fetch/answer.h"
#include "output/json.h"
#include "secrets.h"

unsigned details_to_keep(unsigned details) {
  unsigned keep = 0;
  if (details & DETAILS_CONNECTION) keep |= LARIAT_KEEP_CONNECTION;
  if (details & DETAILS_CERTIFICATES) keep |= LARIAT_KEEP_CERTIFICATES;
  if (details & DETAILS_HISTORY) keep |= LARIAT_KEEP_REDIRECTS;
  return keep;
}

static bool add_trailers(struct text *text, const lariat_response *response,
                         bool keep_secrets) {
  return text_add(text, ",\"trailers\":") &&
         answer_add_trailers(text, response, keep_secrets);
}

/* ---- Connections ---- */

static char *put_tls(char *at, const lariat_response *response) {
  const char *alpn = lariat_response_tls_alpn(response);
  if (!response || !*lariat_response_tls_version(response))
    return JSON_PUT(at, "null");
  at = JSON_PUT(at, "{\"version\":");
  at = json_put_text(at, lariat_response_tls_version(response));
  at = JSON_PUT(at, ",\"cipher\":");
  at = json_put_text(at, lariat_response_tls_cipher(response));
  at = JSON_PUT(at, ",\"alpn\":");
  at = json_put_text(at, *alpn ? alpn : NULL);
  at = JSON_PUT(at, ",\"resumed\":");
  at = json_put_bool(at, lariat_response_tls_resumed(response));
  return JSON_PUT(at, "}");
}

static bool add_connection(struct text *text, const lariat_response *response) {
  enum { MOST = 4096 }; /* addresses and names are short */
  if (!text_reserve(text, MOST)) return false;
  char *at = text->bytes + text->length;
  at = JSON_PUT(at, ",\"remote_port\":");
  at = json_put_number(at, response, lariat_response_remote_port(response));
  at = JSON_PUT(at, ",\"local_ip\":");
  at = json_put_text(at, response ? lariat_response_local_ip(response) : NULL);
  at = JSON_PUT(at, ",\"local_port\":");
  at = json_put_number(at, response, lariat_response_local_port(response));
  at = JSON_PUT(at, ",\"tls\":");
  at = put_tls(at, response);
  text->length = (size_t)(at - text->bytes);
  return true;
}

static bool add_base64(struct text *text, const uint8_t *bytes, size_t length) {
  if (!text_reserve(text, (length + 2) / 3 * 4 + 2)) return false;
  char *at = text->bytes + text->length;
  *at++ = '"';
  at = text_put_base64(at, bytes, length);
  *at++ = '"';
  text->length = (size_t)(at - text->bytes);
  return true;
}

static bool add_certificates(struct text *text,
                             const lariat_response *response) {
  const uint8_t *der;
  size_t length;
  if (!response) return text_add(text, ",\"certificates\":null");
  if (!text_add(text, ",\"certificates\":[")) return false;
  for (size_t i = 0;
       (der = lariat_response_certificate_at(response, i, &length)); i++)
    if ((i > 0 && !text_add(text, ",")) || !add_base64(text, der, length))
      return false;
  return text_add(text, "]");
}

/* ---- Redirects ---- */

static bool add_url(struct text *text, const char *url, bool keep_secrets) {
  size_t length = strlen(url);
  if (!text_reserve(text, length * TEXT_WORST_ESCAPE + 2)) return false;
  char *at = text->bytes + text->length;
  *at++ = '"';
  at = keep_secrets ? text_put_escaped(at, url, length)
                    : secrets_put(at, SECRETS_URL, url, length, length,
                                  text_put_escaped);
  *at++ = '"';
  text->length = (size_t)(at - text->bytes);
  return true;
}

static bool add_status(struct text *text, int status) {
  if (!text_add(text, "{\"status\":") || !text_reserve(text, 16)) return false;
  char *at = text->bytes + text->length;
  at = text_put_number(at, (uint64_t)status);
  text->length = (size_t)(at - text->bytes);
  return true;
}

static bool add_redirect(struct text *text, const lariat_response *redirect,
                         bool keep_secrets) {
  return add_status(text, lariat_response_status(redirect)) &&
         text_add(text, ",\"url\":") &&
         add_url(text, lariat_response_url(redirect), keep_secrets) &&
         text_add(text, ",\"headers\":") &&
         answer_add_headers(text, redirect, keep_secrets) &&
         text_add(text, "}");
}

static const lariat_response *redirect_at(const struct details_of *of,
                                          size_t index) {
  return of->response ? lariat_response_redirect_at(of->response, index)
                      : lariat_failure_redirect_at(of->failure, index);
}

static bool add_history(struct text *text, const struct details_of *of,
                        bool keep_secrets) {
  const lariat_response *redirect;
  if (!of->response && !lariat_is_failure(of->failure))
    return text_add(text, ",\"history\":null");
  if (!text_add(text, ",\"history\":[")) return false;
  for (size_t i = 0; (redirect = redirect_at(of, i)); i++)
    if ((i > 0 && !text_add(text, ",")) ||
        !add_redirect(text, redirect, keep_secrets))
      return false;
  return text_add(text, "]");
}

bool details_add(struct text *text, const struct details_of *of,
                 unsigned details, bool keep_secrets) {
  const lariat_response *response = of->response;
  if (details & DETAILS_TRAILERS && !add_trailers(text, response, keep_secrets))
    return false;
  if (details & DETAILS_CONNECTION && !add_connection(text, response))
    return false;
  if (details & DETAILS_CERTIFICATES && !add_certificates(text, response))
    return false;
  return !(details & DETAILS_HISTORY) || add_history(text, of, keep_secrets);
}
