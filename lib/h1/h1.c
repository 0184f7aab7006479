/* SPDX-License-Identifier: MIT
 * h1.c: the beginning and the end of a transport's HTTP/1.1 exchanges. */
#include "h1/h1.h"

#include "base/time.h"
#include "h1/connection.h"

void lr_h1_host_init(lr_host *host) {
  lr_list_init(&lr_h1_host_of(host)->idle);
}

void lr_h1_host_clear(lr_host *host) {
  lr_h1_host *own = lr_h1_host_of(host);
  lr_buffer_clear(&own->lines);
  lr_header_list_release(own->lines_headers);
}

void lr_h1_init(lr_h1 *h1, const lr_transport_config *config,
                lr_connection_limit *limit) {
  h1->reactor = config->reactor;
  h1->dispatcher = config->dispatcher;
  h1->limit = limit;
  h1->stats = config->stats;
  h1->index = config->index;
  h1->disabled = config->options->libcurl_only;
  h1->idle_ns = lr_ns_of_ms(config->options->idle_ms);
  lr_list_init(&h1->idle);
  lr_decode_queue_init(&h1->decode_queue, config->reactor);
  h1->idle_timer.expire = lr_connection_close_expired;
}

void lr_h1_clear(lr_h1 *h1) {
  lr_list *node;
  lr_reactor_unset_timer(h1->reactor, &h1->idle_timer);
  while ((node = lr_list_first(&h1->idle)))
    lr_connection_close(lr_container(node, lr_connection, age_node));
  lr_buffer_clear(&h1->request);
  lr_content_decoders_clear(&h1->decoders);
  lr_decode_queue_clear(&h1->decode_queue);
}
