/* SPDX-License-Identifier: MIT
 * dns_channel.h: questions to name servers, by c-ares on a reactor's poller and
 * timers: it makes the messages, knows the servers and their turns, times them
 * out, and asks again by TCP when an answer does not fit.  Nothing of it
 * waits. */
#ifndef LR_NET_DNS_CHANNEL_H
#define LR_NET_DNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/dns_message.h"
#include "net/file_stamp.h"
#include "net/resolv_conf.h"
#include "reactor/reactor.h"
#include <lariat/status.h>

struct ares_channeldata;

/* How long a server may take the first time it is asked, and how often all of
 * them are asked; the time doubles from round to round. */
enum { LR_DNS_TIMEOUT_MS = 2000, LR_DNS_ROUNDS = 3 };

typedef struct lr_dns_channel_config {
  const char *servers;     /* as lr_name_servers_read has them; NULL: those of
                              resolv.conf */
  const char *resolv_conf; /* its path; NULL: the default */
  const char *machine;     /* the name of this one */
  unsigned timeout_ms;     /* 0: LR_DNS_TIMEOUT_MS */
} lr_dns_channel_config;

typedef struct lr_dns_channel {
  lariat_reactor *reactor;
  lr_dns_channel_config config;
  struct ares_channeldata *ares; /* NULL until it is first asked */
  lr_file_stamp stamp;           /* of resolv.conf */
  lr_resolv_conf conf;           /* what it says of names */
  unsigned queries;
  bool inside; /* c-ares is on the stack */
  lr_list sockets;
  lr_timer timer;
} lr_dns_channel;

/* Gets the answer; `why`, static, says what failed, if anything did. */
typedef void lr_dns_told(void *context, const lr_dns_answer *answer,
                         const char *why);

void lr_dns_channel_init(lr_dns_channel *channel, lariat_reactor *reactor,
                         const lr_dns_channel_config *config);

/* Ends all questions, each as failed, and closes the sockets. */
void lr_dns_channel_close(lr_dns_channel *channel);

/* Reads resolv.conf if that was not done, or it has changed while nothing is
 * asked.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM */
lariat_status lr_dns_channel_open(lr_dns_channel *channel);

/* Asks for the records of `type` of a name, which is whole.  `told` is called
 * once, maybe inside this call.  The channel is open. */
void lr_dns_channel_ask(lr_dns_channel *channel, const char *name,
                        uint16_t type, lr_dns_told *told, void *context);

#endif
