/* SPDX-License-Identifier: MIT
 * libcurl.c: all that depends on the version of libcurl. */
#include "curl/libcurl.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"

#define VERSION(major, minor, patch)                                           \
  (((unsigned)(major) << 16) | ((unsigned)(minor) << 8) | (unsigned)(patch))

enum { ANY_PATCH = 0xff };

static const struct refusal {
  unsigned first;
  unsigned last;
  const char *why;
} refusals[] = {
    {VERSION(7, 87, 0), VERSION(7, 87, 0),
     "libcurl 7.87.0 stalls transfers in event mode, for minutes (curl issue "
     "10146)"},
    {VERSION(8, 4, 0), VERSION(8, 4, 0),
     "libcurl 8.4.0 asks for zero timeouts without end in event mode (curl "
     "issue 12113)"},
    {VERSION(8, 9, 0), VERSION(8, 9, 0),
     "libcurl 8.9.0 never removes shut-down sockets in event mode (curl issue "
     "14280)"},
    {VERSION(8, 9, 1), VERSION(8, 9, 1),
     "libcurl 8.9.1 lets SIGPIPE through to the program (curl issue 14296)"},
    {VERSION(8, 10, 0), VERSION(8, 11, 0),
     "libcurl 8.10.0 to 8.11.0 lose the timer callback, and transfers stall "
     "(curl issue 15627)"},
    {VERSION(8, 11, 1), VERSION(8, 11, 1),
     "libcurl 8.11.1 closes a descriptor twice after each look-up "
     "(CVE-2025-0665)"},
    {VERSION(8, 12, 0), VERSION(8, 12, ANY_PATCH),
     "libcurl 8.12 loses track of sockets in event mode (curl issue 16174)"},
    {VERSION(8, 16, 0), VERSION(8, 16, ANY_PATCH),
     "libcurl 8.16 cancels the threads of look-ups that are given up, which "
     "leaks and may leave locks held (curl issue 18532)"},
    {VERSION(8, 20, 0), VERSION(8, 20, ANY_PATCH),
     "libcurl 8.20 leaves its wake-up descriptor readable in event mode and "
     "the loop spins (curl issue 21547)"},
    {VERSION(8, 21, 0), VERSION(8, 21, ANY_PATCH),
     "libcurl 8.21 never finishes TLS shutdowns in event mode and leaks "
     "descriptors (curl issue 22282)"},
};

const char *lr_libcurl_refusal(unsigned version_num) {
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
    if (version_num >= refusals[i].first && version_num <= refusals[i].last)
      return refusals[i].why;
  return NULL;
}

static bool has_protocol(const curl_version_info_data *info, const char *name) {
  for (const char *const *at = info->protocols; *at; at++)
    if (strcmp(*at, name) == 0) return true;
  return false;
}

/* Returns the OpenSSL that libcurl runs on, as "OpenSSL/3.0.11 ..."; or NULL.
 * A libcurl with several TLS libraries names those that it does not use in
 * parentheses. */
static const char *active_openssl(const curl_version_info_data *info) {
  const char *text = info->ssl_version ? info->ssl_version : "";
  const char *found = strstr(text, "OpenSSL/");
  while (found && found > text && found[-1] == '(')
    found = strstr(found + 1, "OpenSSL/");
  return found;
}

/* Compares with lariat's OpenSSL: libcurl's SSL_CTX is given an X509_STORE of
 * that. */
static bool same_openssl(const char *name) {
  unsigned long major = strtoul(name + strlen("OpenSSL/"), NULL, 10);
  return major == OPENSSL_version_major();
}

const char *lr_libcurl_unusable(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->version_num < VERSION(7, 88, 1))
    return "lariat needs libcurl 7.88.1 or later";
  if (!has_protocol(info, "http") || !has_protocol(info, "https"))
    return "this libcurl was built without http or https";
  const char *openssl = active_openssl(info);
  if (!openssl) return "lariat needs a libcurl whose TLS library is OpenSSL";
  if (!same_openssl(openssl))
    return "this libcurl uses another major version of OpenSSL than lariat";
  if (!(info->features & CURL_VERSION_THREADSAFE))
    return "this libcurl cannot be initialised in a thread-safe way";
  return NULL;
}

static lr_capabilities capabilities;
static pthread_once_t capabilities_once = PTHREAD_ONCE_INIT;

static void read_capabilities(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  unsigned version = info->version_num;
  capabilities.version_num = version;
  capabilities.http2 = (info->features & CURL_VERSION_HTTP2) != 0;
  capabilities.h2c_reuse = version > VERSION(7, 88, ANY_PATCH);
  capabilities.lingering_header = version < VERSION(8, 1, 0);
  capabilities.dns_cache_forever =
      version < VERSION(8, 16, 0) || version > VERSION(8, 16, ANY_PATCH);
  if (info->age >= CURLVERSION_SEVENTH) {
    capabilities.ca_file = info->cainfo;
    capabilities.ca_path = info->capath;
  }
}

const lr_capabilities *lr_libcurl_capabilities(void) {
  pthread_once(&capabilities_once, read_capabilities);
  return &capabilities;
}

bool lr_libcurl_forgets_errors(void) {
  return lr_libcurl_capabilities()->version_num >= VERSION(8, 19, 0);
}

bool lr_libcurl_unfolds(void) {
  return lr_libcurl_capabilities()->version_num >= VERSION(8, 18, 0);
}

bool lr_libcurl_insists_on_cas(void) {
  return lr_libcurl_capabilities()->version_num >= VERSION(8, 17, 0);
}

static CURLcode global_result = CURLE_FAILED_INIT;
static uint32_t global_generation; /* the process that did it */
static pthread_once_t global_once = PTHREAD_ONCE_INIT;

static void init_global(void) {
  global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
  global_generation = lr_process_generation();
}

bool lr_libcurl_global_init(void) {
  pthread_once(&global_once, init_global);
  return global_result == CURLE_OK;
}

bool lr_libcurl_inherited(void) {
  return global_generation != lr_process_generation();
}
