/* SPDX-License-Identifier: MIT
 * log_record.c: a request line and a time, out of the parts of a line. */
#include "log_record.h"

#include <string.h>

#include "log_time.h"

#define NS_PER_S UINT64_C(1000000000)

/* ---- Requests ---- */

/* Copies a part without its escapes into the space that there is in `buffer`,
 * as a string.  NULL: there is a NUL in it. */
static char *copy_part(lr_load_bytes *buffer, lr_load_log_part part) {
  char *copy = buffer->bytes + buffer->length;
  memcpy(copy, part.bytes, part.length);
  size_t length = lr_load_log_unescape(copy, part.length);
  copy[length] = '\0';
  buffer->length += length + 1;
  return strlen(copy) == length ? copy : NULL;
}

/* Cuts "GET /x HTTP/1.1" into its method and its target. */
static bool cut_request(char *text, char **method, char **target) {
  char *blank = text ? strchr(text, ' ') : NULL;
  char *last = text ? strrchr(text, ' ') : NULL;
  if (!blank || last == blank || strncmp(last, " HTTP/", 6) != 0) return false;
  *blank = *last = '\0';
  *method = text;
  *target = blank + 1;
  return true;
}

/* Returns the path of "http://host/path", which proxies log; NULL: it has
 * none. */
static char *find_path(char *target) {
  char *behind = strstr(target, "://");
  if (*target == '/') return target;
  return behind ? strchr(behind + 3, '/') : NULL;
}

static bool read_request(const lr_load_log_part *parts, lr_load_bytes *buffer,
                         lr_load_log_record *out) {
  lr_load_log_part method_part = parts[LR_LOAD_LOG_METHOD];
  lr_load_log_part uri = parts[LR_LOAD_LOG_URI];
  char *method = NULL;
  char *target = NULL;
  if (method_part.bytes && uri.bytes) {
    method = copy_part(buffer, method_part);
    target = copy_part(buffer, uri);
  } else if (!cut_request(copy_part(buffer, parts[LR_LOAD_LOG_REQUEST]),
                          &method, &target)) {
    return false;
  }
  if (!method || !*method || !target) return false;
  out->method = method;
  out->target = find_path(target);
  return out->target != NULL;
}

/* ---- Times ---- */

static bool read_end(const lr_load_log_part *parts, lr_load_log_record *out) {
  lr_load_log_part msec = parts[LR_LOAD_LOG_MSEC];
  lr_load_log_part iso = parts[LR_LOAD_LOG_TIME_ISO];
  lr_load_log_part local = parts[LR_LOAD_LOG_TIME_LOCAL];
  out->grain_ns = 0;
  if (msec.bytes)
    return lr_load_log_time_seconds(msec.bytes, msec.length, &out->at_ns);
  if (!iso.bytes || !memchr(iso.bytes, '.', iso.length))
    out->grain_ns = NS_PER_S;
  if (iso.bytes)
    return lr_load_log_time_iso(iso.bytes, iso.length, &out->at_ns);
  return local.bytes &&
         lr_load_log_time_local(local.bytes, local.length, &out->at_ns);
}

/* nginx logs when a request has ended; with what it took, its beginning is
 * known. */
static bool read_time(const lr_load_log_part *parts, lr_load_log_record *out) {
  lr_load_log_part took = parts[LR_LOAD_LOG_REQUEST_TIME];
  uint64_t ns;
  if (!read_end(parts, out)) return false;
  if (!took.bytes) return true;
  if (!lr_load_log_time_seconds(took.bytes, took.length, &ns)) return false;
  out->at_ns = out->at_ns > ns ? out->at_ns - ns : 0;
  return true;
}

lariat_status lr_load_log_record_read(const lr_load_log_part *parts,
                                      lr_load_bytes *buffer,
                                      lr_load_log_record *out, bool *good) {
  size_t space = parts[LR_LOAD_LOG_REQUEST].length +
                 parts[LR_LOAD_LOG_METHOD].length +
                 parts[LR_LOAD_LOG_URI].length + 3;
  lr_load_bytes_clear(buffer);
  if (!lr_load_bytes_reserve(buffer, space)) return LARIAT_ENOMEM;
  *good = read_request(parts, buffer, out) && read_time(parts, out);
  return LARIAT_OK;
}
