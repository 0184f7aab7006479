/* SPDX-License-Identifier: MIT
 * dns_message.h: what a DNS message says of a name's addresses (RFC 1035, 4),
 * for how long, and for how long there are none (RFC 2308). */
#ifndef LR_NET_DNS_MESSAGE_H
#define LR_NET_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "net/addresses.h"

enum { LR_DNS_A = 1, LR_DNS_CNAME = 5, LR_DNS_SOA = 6, LR_DNS_AAAA = 28 };

typedef enum lr_dns_outcome {
  LR_DNS_FOUND,
  LR_DNS_NO_DATA, /* the name has none of the kind that was asked for */
  LR_DNS_NO_NAME, /* there is no such name */
  LR_DNS_FAILED,  /* a server has answered that it cannot, or nonsense */
  LR_DNS_SILENT   /* none has answered */
} lr_dns_outcome;

typedef struct lr_dns_answer {
  lr_dns_outcome outcome;
  uint32_t ttl_s; /* the least of the answer's records; of none: as the SOA
                     record says, 0 without one */
  uint32_t count;
  lr_host_address list[LR_ADDRESSES_MAX];
} lr_dns_answer;

/* Reads a response to a question of `type` (LR_DNS_A, LR_DNS_AAAA).  What makes
 * no sense is LR_DNS_FAILED. */
void lr_dns_message_read(const uint8_t *bytes, size_t length, uint16_t type,
                         lr_dns_answer *answer);

#endif
