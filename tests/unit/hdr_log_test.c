/* SPDX-License-Identifier: MIT
 * hdr_log_test.c: HdrHistogram's logs, written as its readers want them, and
 * read as others write them. */
#include <lariat/load/hdr.h>
#include <lariat/load/report.h>
#include <lariat/load/version.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

#define TEN "HISTFAAAACd4nJNpmSzMwMAgxwABzFCaEch0M9ixgMH+A0TgOCPTUdwIAFdmDDs="

/* ---- Writing ---- */

static void test_header(void) {
  char *text = NULL;
  size_t length = 0;
  char wanted[512];
  (void)snprintf(
      wanted, sizeof wanted,
      "#[Logged with lariat load %s]\n"
      "#[Histogram log format version 1.3]\n"
      "#[Plan: 0123abcd]\n"
      "#[StartTime: 1796045463.008 (seconds since epoch), Mon Nov 30 13:31:03 "
      "UTC 2026]\n"
      "#[BaseTime: 1796045463.008 (seconds since epoch)]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n",
      lariat_load_version());
  CU_ASSERT_EQUAL_FATAL(lariat_load_hdr_log_header(1796045463007500000,
                                                   "0123abcd", &text, &length),
                        LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(text, wanted);
  CU_ASSERT_EQUAL(strlen(text), length);
  /* HdrHistogram_c keeps 127 bytes of a line. */
  for (const char *line = text; *line; line = strchr(line, '\n') + 1)
    CU_ASSERT(strchr(line, '\n') - line < 127);
  lariat_load_text_free(text);
}

static void test_header_refused(void) {
  char *text = NULL;
  size_t length = 0;
  char hash[66] = "";
  memset(hash, 'a', 65);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_header(-1, NULL, &text, &length),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_header(0, hash, &text, &length),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_header(0, "a\nb", &text, &length),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_header(0, "a]", &text, &length),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_header(0, NULL, NULL, &length),
                  LARIAT_EINVAL);
  hash[64] = '\0';
  CU_ASSERT_EQUAL_FATAL(lariat_load_hdr_log_header(0, hash, &text, &length),
                        LARIAT_OK);
  lariat_load_text_free(text);
}

static lariat_histogram *make_ten(void) {
  lariat_histogram *made;
  CU_ASSERT_EQUAL_FATAL(lariat_histogram_new(&made), LARIAT_OK);
  for (unsigned i = 1; i <= 10; i++)
    lariat_histogram_record(made, i * UINT64_C(1000000));
  return made;
}

static void check_line(const char *tag, uint64_t start_ns, uint64_t length_ns,
                       const char *wanted) {
  char *text = NULL;
  size_t length = 0;
  lariat_histogram *histogram = make_ten();
  CU_ASSERT_EQUAL_FATAL(lariat_load_hdr_log_line(tag, start_ns, length_ns,
                                                 histogram, &text, &length),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(strncmp(text, wanted, strlen(wanted)), 0);
  CU_ASSERT_EQUAL(strncmp(text + strlen(wanted), ",HISTF", 6), 0);
  CU_ASSERT(length == strlen(text) && text[length - 1] == '\n');
  CU_ASSERT_PTR_EQUAL(strchr(text, '\n'), text + length - 1);
  lariat_load_text_free(text);
  lariat_histogram_free(histogram);
}

static void test_lines(void) {
  check_line("response", 0, 1000000000, "Tag=response,0.000,1.000,10.000");
  check_line(NULL, 59999499999, 999500000, "59.999,1.000,10.000");
  check_line("", UINT64_MAX, 1, "18446744073.710,0.000,10.000");
}

static void test_tags(void) {
  static const char *const bad[] = {"a b", "a,b", "a\nb", "a\rb", "a\tb"};
  char *text = NULL;
  size_t length = 0;
  char tag[LARIAT_LOAD_HDR_LONGEST_TAG + 2] = "";
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_EQUAL(
        lariat_load_hdr_log_line(bad[i], 0, 0, NULL, &text, &length),
        LARIAT_EINVAL);
  memset(tag, 'a', sizeof tag - 1);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_line(tag, 0, 0, NULL, &text, &length),
                  LARIAT_EINVAL);
  tag[LARIAT_LOAD_HDR_LONGEST_TAG] = '\0';
  CU_ASSERT_EQUAL_FATAL(
      lariat_load_hdr_log_line(tag, 0, 0, NULL, &text, &length), LARIAT_OK);
  lariat_load_text_free(text);
}

/* ---- Reading ---- */

enum { MOST = 8 };

/* The intervals of a log. */
struct taken {
  unsigned count;
  unsigned most; /* then the reading is ended; 0: never */
  char tags[MOST][32];
  double starts[MOST];
  double lengths[MOST];
  uint64_t counts[MOST];
};

static lariat_status take(void *context,
                          const lariat_load_hdr_interval *interval) {
  struct taken *taken = context;
  unsigned i = taken->count++;
  if (i >= MOST) return LARIAT_EUSER;
  (void)snprintf(taken->tags[i], sizeof taken->tags[i], "%s", interval->tag);
  taken->starts[i] = interval->start_s;
  taken->lengths[i] = interval->length_s;
  taken->counts[i] = lariat_histogram_count(interval->histogram);
  return taken->count == taken->most ? LARIAT_EUSER : LARIAT_OK;
}

static struct taken read_log(const char *text) {
  struct taken taken = {0};
  lariat_load_error error = {0};
  if (lariat_load_hdr_log_parse(text, strlen(text), take, &taken, &error) !=
      LARIAT_OK)
    fixture_fail("%s", error.message);
  return taken;
}

static void check_interval(const struct taken *taken, unsigned i,
                           const char *tag, double start, double length) {
  CU_ASSERT_STRING_EQUAL(taken->tags[i], tag);
  CU_ASSERT(fabs(taken->starts[i] - start) < 1e-6);
  CU_ASSERT(fabs(taken->lengths[i] - length) < 1e-6);
  CU_ASSERT_EQUAL(taken->counts[i], 10);
}

static void test_own(void) {
  char log[4096] = "";
  char *text = NULL;
  size_t length = 0;
  lariat_histogram *histogram = make_ten();
  CU_ASSERT_EQUAL_FATAL(
      lariat_load_hdr_log_header(1796045463007000000, "ab", &text, &length),
      LARIAT_OK);
  (void)snprintf(log, sizeof log, "%s", text);
  lariat_load_text_free(text);
  for (unsigned i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL_FATAL(
        lariat_load_hdr_log_line(i ? "late" : NULL, i * UINT64_C(1000000000),
                                 1000000000, histogram, &text, &length),
        LARIAT_OK);
    (void)snprintf(log + strlen(log), sizeof log - strlen(log), "%s", text);
    lariat_load_text_free(text);
  }
  lariat_histogram_free(histogram);
  struct taken taken = read_log(log);
  CU_ASSERT_EQUAL_FATAL(taken.count, 3);
  check_interval(&taken, 0, "", 0, 1);
  check_interval(&taken, 1, "late", 1, 1);
  check_interval(&taken, 2, "late", 2, 1);
}

/* Times of day, as Java's writer has them; blanks between fields, lines that
 * end in CRLF, comments and legends anywhere, an end without a line break. */
static void test_others(void) {
  struct taken taken = read_log(
      "#[Histogram log format version 1.2]\r\n"
      "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 2015]\r\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\"\r\n\r\n"
      "1441812279.574,1.007,2.769," TEN "\r\n"
      "# a comment\r\n"
      "Tag=A 1441812280.574 1.5 nothing " TEN);
  CU_ASSERT_EQUAL_FATAL(taken.count, 2);
  check_interval(&taken, 0, "", 0.1, 1.007);
  check_interval(&taken, 1, "A", 1.1, 1.5);
}

/* More than a year before the start: counted from it. */
static void test_relative(void) {
  struct taken taken = read_log("#[StartTime: 1441812279.474 x]\n"
                                "0.127,1.007,2.769," TEN "\n");
  CU_ASSERT_EQUAL_FATAL(taken.count, 1);
  check_interval(&taken, 0, "", 0.127, 1.007);
  /* With another base than the start. */
  taken = read_log("#[StartTime: 100.5]\n#[BaseTime: 90]\n11,1,2," TEN "\n");
  check_interval(&taken, 0, "", 0.5, 1);
  /* Neither: from the first one. */
  taken = read_log("50,1,2," TEN "\n51,1,2," TEN "\n");
  check_interval(&taken, 0, "", 0, 1);
  check_interval(&taken, 1, "", 1, 1);
}

static void refuse(const char *text, unsigned before, size_t byte,
                   const char *message) {
  struct taken taken = {0};
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(
      lariat_load_hdr_log_parse(text, strlen(text), take, &taken, &error),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(taken.count, before);
  if (error.byte != byte || strcmp(error.message, message) != 0)
    fixture_fail("byte %zu: %s", error.byte, error.message);
}

static void test_refused(void) {
  char tag[160] = "Tag=";
  refuse("#[Histogram log format version 2.0]\n", 0, 31,
         "no version from 1.0 to 1.3 of a log at byte 31");
  refuse("#[StartTime: now]\n", 0, 13, "no time in seconds at byte 13");
  refuse("hello\n", 0, 0, "no start, length and maximum at byte 0");
  refuse("1,2\n", 0, 0, "no start, length and maximum at byte 0");
  refuse("-1,2,3," TEN, 0, 0, "no start, length and maximum at byte 0");
  refuse("1.,2,3," TEN, 0, 0, "no start, length and maximum at byte 0");
  refuse("1234567890123456,2,3," TEN, 0, 0,
         "no start, length and maximum at byte 0");
  refuse("nan,2,3," TEN, 0, 0, "no start, length and maximum at byte 0");
  refuse("Tag=a\n", 0, 5, "nothing behind the tag at byte 5");
  refuse("1,2,3," TEN "\n2,2,3,HISTF\n", 1, 6 + strlen(TEN) + 1 + 6 + 5,
         "no base64");
  memset(tag + 4, 'a', LARIAT_LOAD_HDR_LONGEST_TAG + 1);
  refuse(tag, 0, 4, "no tag up to 127 bytes at byte 4");
}

/* Who takes the intervals may end it. */
static void test_ended(void) {
  struct taken taken = {.most = 1};
  const char *text = "1,2,3," TEN "\n2,2,3," TEN "\n";
  CU_ASSERT_EQUAL(
      lariat_load_hdr_log_parse(text, strlen(text), take, &taken, NULL),
      LARIAT_EUSER);
  CU_ASSERT_EQUAL(taken.count, 1);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_parse(NULL, 0, take, &taken, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_hdr_log_parse("", 0, NULL, &taken, NULL),
                  LARIAT_EINVAL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the first lines", test_header},
      {"first lines that are refused", test_header_refused},
      {"lines", test_lines},
      {"tags", test_tags},
      {"what was written is read", test_own},
      {"what others write is read", test_others},
      {"what times are counted from", test_relative},
      {"what is no log", test_refused},
      {"an end by who takes it", test_ended},
  };
  return fixture_main("hdr_log", tests, FIXTURE_COUNT(tests), argc, argv);
}
