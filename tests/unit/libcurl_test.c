/* SPDX-License-Identifier: MIT
 * libcurl_test.c: which libcurl versions are refused, and what the one that is
 * loaded can do. */
#include "curl/libcurl.h"

#include <curl/curl.h>
#include <string.h>

#include <lariat/version.h>

#include "support/fixture.h"

static void test_refused(void) {
  static const unsigned versions[] = {
      0x075700, 0x080400, 0x080900, 0x080901, 0x080a00, 0x080a01, 0x080b00,
      0x080b01, 0x080c00, 0x080c01, 0x081000, 0x081400, 0x081500};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(versions); i++) {
    const char *why = lr_libcurl_refusal(versions[i]);
    if (!why || strncmp(why, "libcurl ", 8) != 0)
      fixture_fail("version %06x is not refused", versions[i]);
  }
  fixture_close(&f);
}

static void test_allowed(void) {
  static const unsigned versions[] = {0x075801, 0x080500, 0x080600, 0x080700,
                                      0x080701, 0x080800, 0x080d00, 0x080e00,
                                      0x080e01, 0x080f00, 0x081100, 0x081200,
                                      0x081300, 0x081600, 0x081700, 0x090000};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(versions); i++)
    if (lr_libcurl_refusal(versions[i]))
      fixture_fail("version %06x is refused", versions[i]);
  fixture_close(&f);
}

/* The reason names the defect's version, so that a user can look it up. */
static void test_reason(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NOT_NULL(strstr(lr_libcurl_refusal(0x080900), "8.9.0"));
  CU_ASSERT_PTR_NOT_NULL(strstr(lr_libcurl_refusal(0x080b01), "CVE-2025-0665"));
  fixture_close(&f);
}

static void test_loaded(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NULL(lr_libcurl_unusable());
  const lr_capabilities *capabilities = lr_libcurl_capabilities();
  CU_ASSERT_EQUAL(capabilities, lr_libcurl_capabilities());
  CU_ASSERT(capabilities->version_num >= 0x075801);
  fixture_close(&f);
}

/* What is said of the loaded libcurl is true of its handles. */
static void test_capabilities_hold(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_libcurl_global_init());
  CU_ASSERT_TRUE(lr_libcurl_global_init());
  const lr_capabilities *capabilities = lr_libcurl_capabilities();
  CURL *easy = curl_easy_init();
  CU_ASSERT_PTR_NOT_NULL_FATAL(easy);
  CURLcode code = curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  CU_ASSERT_EQUAL(code == CURLE_OK, capabilities->dns_cache_forever);
  curl_easy_cleanup(easy);
  fixture_close(&f);
}

static void test_versions(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_STRING_EQUAL(lariat_version(), LARIAT_VERSION);
  CU_ASSERT_STRING_EQUAL(lariat_libcurl_version(),
                         curl_version_info(CURLVERSION_NOW)->version);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"broken versions are refused", test_refused},
      {"others are not", test_allowed},
      {"the reason can be looked up", test_reason},
      {"the loaded libcurl is usable", test_loaded},
      {"its capabilities hold", test_capabilities_hold},
      {"versions", test_versions},
  };
  lr_libcurl_global_init();
  return fixture_main("libcurl", tests, FIXTURE_COUNT(tests), argc, argv);
}
