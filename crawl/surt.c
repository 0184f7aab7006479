/* SPDX-License-Identifier: MIT
 * surt.c: writes the sort-friendly form of URLs, as Heritrix has it
 * (https://heritrix.readthedocs.io/en/latest/glossary.html): prefixes of a
 * scope are in it. */
#include <lariat/crawl/url_key.h>

#include <string.h>

#include "host_text.h"
#include "text_writer.h"

/* ---- Hosts ---- */

/* Writes the labels of a host from the last one on, with commas between them.
 */
static void write_labels(lr_crawl_text_writer *writer, lariat_url_part host) {
  const char *end = host.bytes + host.length;
  for (;;) {
    const char *at = end;
    while (at > host.bytes && at[-1] != '.') at--;
    lr_crawl_write(writer, at, (size_t)(end - at));
    if (at == host.bytes) return;
    lr_crawl_write_byte(writer, ',');
    end = at - 1;
  }
}

size_t lariat_crawl_surt(const lariat_url *url, char *out, size_t capacity) {
  lr_crawl_text_writer writer = {out, capacity, 0};
  lariat_url_part scheme = lariat_url_scheme(url);
  lariat_url_part host = lr_crawl_host_of(url);
  lariat_url_part path = lariat_url_path(url);
  lariat_url_part query = lariat_url_query(url);
  lr_crawl_write(&writer, scheme.bytes, scheme.length);
  lr_crawl_write(&writer, "://(", 4);
  if (lr_crawl_is_ipv4(host.bytes, host.length)) {
    lr_crawl_write(&writer, host.bytes, host.length);
  } else {
    write_labels(&writer, host);
    lr_crawl_write_byte(&writer, ',');
  }
  if (lr_crawl_has_other_port(url))
    lr_crawl_write_port(&writer, lariat_url_port(url));
  lr_crawl_write_byte(&writer, ')');
  lr_crawl_write_lower(&writer, path.bytes, path.length);
  if (query.bytes) {
    lr_crawl_write_byte(&writer, '?');
    lr_crawl_write_lower(&writer, query.bytes, query.length);
  }
  return lr_crawl_write_end(&writer);
}
