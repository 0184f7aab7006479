/* SPDX-License-Identifier: MIT
 * link_output.c: from the text of a link to the callback. */
#include "link_output.h"

#include <string.h>
#include <strings.h>

#include "html_reference.h"

enum { LONGEST_URL = 64 * 1024 }; /* that lariat_url_parse takes */

/* ---- Texts ---- */

const char *lr_crawl_link_output_text(lr_crawl_link_output *output,
                                      const char *bytes, size_t *length,
                                      bool with_references) {
  if (!output->converted && !lr_crawl_is_ascii(bytes, *length)) {
    lr_crawl_scratch_clear(&output->decoded);
    lr_crawl_charset_decode(&output->text, bytes, *length, &output->decoded);
    bytes = output->decoded.bytes;
    *length = output->decoded.length;
  }
  if (with_references && lr_crawl_html_needs_decoding(bytes, *length)) {
    lr_crawl_scratch_clear(&output->spare);
    lr_crawl_html_decode(bytes, *length, true, &output->spare);
    bytes = output->spare.bytes;
    *length = output->spare.length;
  }
  output->failed |= output->decoded.failed || output->spare.failed;
  return *length ? bytes : "";
}

/* ---- URLs ---- */

/* Tells whether the text begins with a scheme that is not fetched.  What has
 * blanks or controls in it is left to the parser. */
static bool has_other_scheme(const char *url, size_t length) {
  size_t at = 0;
  while (at < length && (url[at] == ' ' || url[at] == '\n')) at++;
  url += at;
  length -= at;
  for (at = 0; at < length; at++) {
    char byte = url[at];
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    bool other = (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
                 byte == '.';
    if (!letter && !(at && other)) break;
  }
  if (!at || at == length || url[at] != ':') return false;
  return !(at == 4 && strncasecmp(url, "http", 4) == 0) &&
         !(at == 5 && strncasecmp(url, "https", 5) == 0);
}

lariat_url *lr_crawl_link_output_resolve(lr_crawl_link_output *output,
                                         const char *url, size_t length,
                                         bool encodes, lariat_status *status) {
  lariat_url *parsed = NULL;
  if (encodes && output->text.charset->kind != LR_CRAWL_CHARSET_UTF_8 &&
      !lr_crawl_is_ascii(url, length)) {
    lr_crawl_scratch_clear(&output->query);
    lr_crawl_charset_encode_url(&output->text, url, length, &output->query);
    url = output->query.bytes;
    length = output->query.length;
  }
  *status = output->query.failed
                ? LARIAT_ENOMEM
                : lariat_url_parse(url, length, output->base, &parsed, NULL);
  if (*status == LARIAT_ENOMEM) output->failed = true;
  return parsed;
}

/* Makes the URL one without userinfo; NULL: out of memory. */
static lariat_url *drop_userinfo(lr_crawl_link_output *output,
                                 lariat_url *url) {
  lariat_url *copy;
  if (!lariat_url_has_userinfo(url)) return url;
  output->document->with_userinfo++;
  if (lariat_url_copy_without(url, LARIAT_URL_USERINFO, &copy) != LARIAT_OK)
    output->failed = true;
  lariat_url_free(url);
  return copy;
}

/* Returns the length of what is fetched: without the fragment. */
static size_t length_of(const lariat_url *url) {
  size_t length;
  lariat_url_part fragment = lariat_url_fragment(url);
  (void)lariat_url_text(url, &length);
  return fragment.bytes ? length - fragment.length - 1 : length;
}

static void tell(lr_crawl_link_output *output, lariat_crawl_link *link,
                 const lariat_url *url) {
  if (length_of(url) > output->options->max_url_bytes) {
    output->document->long_urls++;
    return;
  }
  link->url = url;
  output->document->links++;
  output->callback(link, output->context);
}

static void count_fault(lariat_crawl_document *document, lariat_status status) {
  if (status == LARIAT_ESCHEME)
    document->other_schemes++;
  else if (status != LARIAT_ENOMEM)
    document->bad_urls++;
}

void lr_crawl_link_output_put(lr_crawl_link_output *output,
                              lariat_crawl_link link, const char *url,
                              size_t length, bool encodes) {
  lariat_status status;
  lariat_crawl_document *document = output->document;
  if (document->links >= output->options->max_links || output->failed) return;
  if (has_other_scheme(url, length)) {
    document->other_schemes++;
    return;
  }
  if (length > LONGEST_URL) {
    document->long_urls++;
    return;
  }
  lariat_url *parsed =
      lr_crawl_link_output_resolve(output, url, length, encodes, &status);
  if (!parsed) {
    count_fault(document, status);
    return;
  }
  parsed = drop_userinfo(output, parsed);
  if (parsed) tell(output, &link, parsed);
  lariat_url_free(parsed);
}

void lr_crawl_link_output_close(lr_crawl_link_output *output) {
  lr_crawl_charset_text_close(&output->text);
  lr_crawl_scratch_free(&output->decoded);
  lr_crawl_scratch_free(&output->spare);
  lr_crawl_scratch_free(&output->query);
}
