/* SPDX-License-Identifier: MIT
 * hdr_log_writer.c: the text of HdrHistogram's logs, version 1.3, so that each
 * of its readers takes it.
 *
 * HdrHistogram_c ends at a line of '#' behind the first interval, keeps 127
 * bytes of a line before it, and reads three decimals of a second. */
#include <lariat/load/hdr.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "text.h"
#include <lariat/load/report.h>
#include <lariat/load/version.h>

#define NS_PER_MS UINT64_C(1000000)

enum { LONGEST_HASH = 64, MOMENT = 80 };

/* Rounds to whole units of so many nanoseconds. */
static uint64_t round_to(uint64_t ns, uint64_t unit) {
  return ns / unit + (ns % unit >= unit / 2);
}

/* Tells whether each character is printed, is no blank, and none of `none`. */
static bool is_word(const char *text, const char *none) {
  for (; *text; text++)
    if (*text <= ' ' || *text == 0x7f || strchr(none, *text)) return false;
  return true;
}

/* ---- The first lines ---- */

/* Writes a moment as Java's Date does, whatever the locale is. */
static bool write_moment(int64_t seconds, char *text) {
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  struct tm t;
  time_t at = (time_t)seconds;
  if (!gmtime_r(&at, &t)) return false;
  (void)snprintf(text, MOMENT, "%.3s %.3s %02d %02d:%02d:%02d UTC %d",
                 days + 3 * t.tm_wday, months + 3 * t.tm_mon, t.tm_mday,
                 t.tm_hour, t.tm_min, t.tm_sec, t.tm_year + 1900);
  return true;
}

lariat_status lariat_load_hdr_log_header(int64_t started_at_ns,
                                         const char *plan_hash, char **text,
                                         size_t *length) {
  char moment[MOMENT];
  const char *hash = plan_hash ? plan_hash : "";
  if (!text || !length || started_at_ns < 0) return LARIAT_EINVAL;
  if (strlen(hash) > LONGEST_HASH || !is_word(hash, "]")) return LARIAT_EINVAL;
  uint64_t ms = round_to((uint64_t)started_at_ns, NS_PER_MS);
  uint64_t seconds = ms / 1000;
  if (!write_moment((int64_t)seconds, moment)) return LARIAT_EINVAL;
  lr_load_text made = {0};
  lr_load_text_format(
      &made,
      "#[Logged with lariat load %s]\n"
      "#[Histogram log format version 1.3]\n"
      "%s%s%s"
      "#[StartTime: %" PRIu64 ".%03" PRIu64 " (seconds since epoch), %s]\n"
      "#[BaseTime: %" PRIu64 ".%03" PRIu64 " (seconds since epoch)]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n",
      lariat_load_version(), *hash ? "#[Plan: " : "", hash, *hash ? "]\n" : "",
      seconds, ms % 1000, moment, seconds, ms % 1000);
  return lr_load_text_finish(&made, text, length);
}

/* ---- A line ---- */

lariat_status lariat_load_hdr_log_line(const char *tag, uint64_t start_ns,
                                       uint64_t length_ns,
                                       const lariat_histogram *histogram,
                                       char **text, size_t *length) {
  char *encoded;
  size_t encoded_length;
  const char *name = tag ? tag : "";
  if (!text || !length) return LARIAT_EINVAL;
  if (strlen(name) > LARIAT_LOAD_HDR_LONGEST_TAG || !is_word(name, ","))
    return LARIAT_EINVAL;
  lariat_status status =
      lariat_load_hdr_encode(histogram, &encoded, &encoded_length);
  if (status != LARIAT_OK) return status;
  uint64_t start = round_to(start_ns, NS_PER_MS);
  uint64_t lasted = round_to(length_ns, NS_PER_MS);
  uint64_t most = round_to(lariat_histogram_max(histogram), 1000);
  lr_load_text made = {0};
  lr_load_text_format(&made,
                      "%s%s%s%" PRIu64 ".%03" PRIu64 ",%" PRIu64 ".%03" PRIu64
                      ",%" PRIu64 ".%03" PRIu64 ",%s\n",
                      *name ? "Tag=" : "", name, *name ? "," : "", start / 1000,
                      start % 1000, lasted / 1000, lasted % 1000, most / 1000,
                      most % 1000, encoded);
  lariat_load_text_free(encoded);
  return lr_load_text_finish(&made, text, length);
}
