/* SPDX-License-Identifier: MIT
 * status_test.c: names, sentences and the worth of another try. */
#include <lariat/status.h>

#include <string.h>

#include "support/fixture.h"

static const lariat_status all[] = {
    LARIAT_OK,           LARIAT_ENOMEM,       LARIAT_EINVAL,
    LARIAT_ESYSTEM,      LARIAT_ETHREAD,      LARIAT_EFORKED,
    LARIAT_EALREADY,     LARIAT_ENOTFOUND,    LARIAT_EBUSY,
    LARIAT_ECLOSED,      LARIAT_ECANCELLED,   LARIAT_ETIMEDOUT,
    LARIAT_EOVERLOAD,    LARIAT_ELIBCURL,     LARIAT_EUSER,
    LARIAT_EFIRST,       LARIAT_ESELF,        LARIAT_EURL,
    LARIAT_ESCHEME,      LARIAT_ERESOLVE,     LARIAT_ECONNECT,
    LARIAT_ETLS,         LARIAT_ECERTIFICATE, LARIAT_ERESET,
    LARIAT_EEMPTY,       LARIAT_ETRUNCATED,   LARIAT_EPROTOCOL,
    LARIAT_EBODYLIMIT,   LARIAT_EHEADERLIMIT, LARIAT_EENCODING,
    LARIAT_EREDIRECTS,   LARIAT_EREDIRECT,    LARIAT_EUPLOAD,
    LARIAT_EANSWERED,    LARIAT_ENOTRUNNING,  LARIAT_ETASKDONE,
    LARIAT_ETASKSTOPPED, LARIAT_ETASKFAILED,  LARIAT_ESCHEDULERSTOPPED,
    LARIAT_ENOTPAUSED,   LARIAT_EEXIT,        LARIAT_EOUTSIDE,
    LARIAT_EMAPS,        LARIAT_EADDRESS,     LARIAT_EDOWNGRADE,
    LARIAT_EPORT,        LARIAT_EAGAIN,       LARIAT_EFORMAT};

static bool is_kebab_case(const char *name) {
  return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name);
}

static void test_names(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++) {
    const char *name = lariat_status_name(all[i]);
    CU_ASSERT_TRUE(is_kebab_case(name));
    CU_ASSERT_STRING_NOT_EQUAL(name, "unknown");
    for (size_t k = 0; k < i; k++)
      CU_ASSERT_STRING_NOT_EQUAL(name, lariat_status_name(all[k]));
  }
  CU_ASSERT_STRING_EQUAL(lariat_status_name(LARIAT_OK), "ok");
  CU_ASSERT_STRING_EQUAL(lariat_status_name(LARIAT_ETIMEDOUT), "timed-out");
  CU_ASSERT_STRING_EQUAL(lariat_status_name(LARIAT_EREDIRECT), "bad-redirect");
}

static void test_texts(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(all); i++) {
    const char *text = lariat_status_text(all[i]);
    size_t length = strlen(text);
    CU_ASSERT_TRUE(length > 5);
    CU_ASSERT_NOT_EQUAL(text[length - 1], '.');
  }
}

static void test_unknown(void) {
  volatile int number = -12345;
  lariat_status status = (lariat_status)number;
  CU_ASSERT_STRING_EQUAL(lariat_status_name(status), "unknown");
  CU_ASSERT_TRUE(strlen(lariat_status_text(status)) > 5);
  CU_ASSERT_FALSE(lariat_status_retryable(status));
}

static void test_retryable(void) {
  CU_ASSERT_FALSE(lariat_status_retryable(LARIAT_OK));
  CU_ASSERT_FALSE(lariat_status_retryable(LARIAT_EINVAL));
  CU_ASSERT_FALSE(lariat_status_retryable(LARIAT_ECERTIFICATE));
  CU_ASSERT_FALSE(lariat_status_retryable(LARIAT_EBODYLIMIT));
  CU_ASSERT_FALSE(lariat_status_retryable(LARIAT_ECANCELLED));
  CU_ASSERT_TRUE(lariat_status_retryable(LARIAT_ETIMEDOUT));
  CU_ASSERT_TRUE(lariat_status_retryable(LARIAT_EOVERLOAD));
  CU_ASSERT_TRUE(lariat_status_retryable(LARIAT_ERESOLVE));
  CU_ASSERT_TRUE(lariat_status_retryable(LARIAT_ECONNECT));
  CU_ASSERT_TRUE(lariat_status_retryable(LARIAT_ERESET));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each status has a name of its own", test_names},
      {"each status has a sentence", test_texts},
      {"other numbers are unknown", test_unknown},
      {"the network is worth another try, bad input is not", test_retryable},
  };
  return fixture_main("status", tests, FIXTURE_COUNT(tests), argc, argv);
}
