/* SPDX-License-Identifier: MIT
 * response_fields.c: headers of responses as what they mean. */
#include <lariat/http_date.h>
#include <lariat/media_type.h>
#include <lariat/response.h>

#include <string.h>

#include "http/field.h"

lariat_status lariat_response_media_type(const lariat_response *response,
                                         lariat_media_type *out) {
  const char *text = lariat_response_header(response, "Content-Type");
  *out = (lariat_media_type){.type = ""};
  return text ? lariat_media_type_parse(text, out) : LARIAT_ENOTFOUND;
}

lariat_status lariat_response_date(const lariat_response *response,
                                   const char *name, int64_t *seconds) {
  const char *text = lariat_response_header(response, name);
  *seconds = 0;
  return text ? lariat_http_date_parse(text, seconds) : LARIAT_ENOTFOUND;
}

lariat_status lariat_response_content_length(const lariat_response *response,
                                             uint64_t *length) {
  const char *text = lariat_response_header(response, "Content-Length");
  *length = 0;
  if (!text) return LARIAT_ENOTFOUND;
  uint64_t number = 0;
  const char *at = text;
  for (; lr_is_digit(*at); at++) {
    unsigned digit = (unsigned)(*at - '0');
    if (number > ((uint64_t)INT64_MAX - digit) / 10) return LARIAT_EINVAL;
    number = number * 10 + digit;
  }
  if (at == text || at[strspn(at, " \t")]) return LARIAT_EINVAL;
  *length = number;
  return LARIAT_OK;
}
