/* SPDX-License-Identifier: MIT
 * name_service.h: what the resolvers of a pool share: the cache, the hosts
 * file, the overrides, and where the system looks names up. */
#ifndef LR_NET_NAME_SERVICE_H
#define LR_NET_NAME_SERVICE_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/hosts_file.h"
#include "net/name_overrides.h"
#include "net/name_sources.h"
#include "net/resolver_cache.h"
#include <lariat/pool.h>

/* The things that a name service is made of; texts are copied. */
typedef struct lr_name_service_config {
  const char *name_servers; /* NULL: the system's */
  const char *resolve;      /* see name_overrides.h */
  const char *connect_to;
  lariat_address_family family;
  lariat_look_up_way way;
  const char *hosts_path;  /* NULL: /etc/hosts */
  const char *nsswitch;    /* the text of one; NULL: /etc/nsswitch.conf */
  const char *resolv_conf; /* a path; NULL: /etc/resolv.conf */
  unsigned timeout_ms;     /* see dns_channel.h */
} lr_name_service_config;

typedef struct lr_name_service {
  lr_resolver_cache cache;
  pthread_mutex_t hosts_lock; /* of `hosts`; held while the file is read */
  lr_hosts_file hosts;
  char *hosts_path;
  lr_name_sources sources;
  lr_name_overrides *overrides; /* NULL: none */
  char *name_servers;           /* NULL: the system's */
  char *resolv_conf;            /* NULL: the default */
  unsigned timeout_ms;
  lariat_address_family family;
  char machine[HOST_NAME_MAX + 1];
} lr_name_service;

/* Takes from a pool's options what is for names. */
lr_name_service_config
lr_name_service_config_of(const lariat_pool_options *options);

/* Looks for what is wrong, and writes a sentence about it into `message` of
 * `capacity` bytes.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_name_service_check(const lr_name_service_config *config,
                                    char *message, size_t capacity);

/* Makes one, of a config that was found right; reads nsswitch.conf.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_name_service_init(lr_name_service *service,
                                   const lr_name_service_config *config);

/* Frees it, made or not, if its memory was zeroed. */
void lr_name_service_clear(lr_name_service *service);

/* Copies what the hosts file has of a name (lower case, no dot at its end);
 * returns how many addresses.  Any thread. */
size_t lr_name_service_find_host(lr_name_service *service, const char *name,
                                 size_t length, uint64_t now_ns,
                                 lr_host_address *out);

#endif
