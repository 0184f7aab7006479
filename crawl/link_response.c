/* SPDX-License-Identifier: MIT
 * link_response.c: headers as links. */
#include "link_response.h"

#include <string.h>

#include "link_header.h"
#include "link_relation.h"
#include "refresh.h"
#include "robots_directives.h"

static void tell_link(lr_crawl_link_output *output,
                      const lr_crawl_link_value *value) {
  lr_crawl_link_relation relation =
      lr_crawl_link_relation_of(value->rel, value->rel_length);
  lariat_crawl_link link = {.kind = relation.kind,
                            .element = "",
                            .attribute = "Link",
                            .nofollow = relation.nofollow ||
                                        output->document->nofollow};
  bool hint = relation.kind == LARIAT_CRAWL_LINK_HINT;
  if (!relation.told || (hint && !output->options->hints)) return;
  lr_crawl_link_output_put(output, link, value->target, value->target_length,
                           false);
}

static void take_links(const lariat_response *response,
                       lr_crawl_link_output *output) {
  size_t position = 0;
  const char *header;
  lr_crawl_link_value value;
  while ((header = lariat_response_next_header(response, "Link", &position)))
    while (lr_crawl_link_header_next(&header, &value))
      tell_link(output, &value);
}

static void take_refresh(const lariat_response *response,
                         lr_crawl_link_output *output) {
  const char *header = lariat_response_header(response, "Refresh");
  lariat_crawl_link link = {.kind = LARIAT_CRAWL_LINK_NAVIGATION,
                            .element = "",
                            .attribute = "Refresh",
                            .nofollow = output->document->nofollow};
  const char *url;
  size_t length;
  if (header && lr_crawl_refresh_url(header, strlen(header), &url, &length))
    lr_crawl_link_output_put(output, link, url, length, false);
}

static void take_directives(const lariat_response *response,
                            lariat_crawl_document *document) {
  unsigned directives = 0;
  size_t position = 0;
  const char *header;
  while ((header =
              lariat_response_next_header(response, "X-Robots-Tag", &position)))
    directives |= lr_crawl_robots_directives_of_header(header);
  document->nofollow = (directives & LR_CRAWL_NOFOLLOW) != 0;
  document->noindex = (directives & LR_CRAWL_NOINDEX) != 0;
  document->noarchive = (directives & LR_CRAWL_NOARCHIVE) != 0;
}

void lr_crawl_link_response(const lariat_response *response,
                            lr_crawl_link_output *output) {
  take_directives(response, output->document);
  take_links(response, output);
  take_refresh(response, output);
}
