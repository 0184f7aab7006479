/* SPDX-License-Identifier: MIT
 * version.c: which lariat and which libcurl are running. */
#include <lariat/version.h>

#include <curl/curl.h>

const char *lariat_version(void) { return LARIAT_VERSION; }

const char *lariat_libcurl_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}
