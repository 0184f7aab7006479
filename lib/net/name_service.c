/* SPDX-License-Identifier: MIT
 * name_service.c: the shared part of a pool's resolvers. */
#include "net/name_service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/name_servers.h"

static const char default_hosts[] = "/etc/hosts";
static const char default_nsswitch[] = "/etc/nsswitch.conf";

lr_name_service_config
lr_name_service_config_of(const lariat_pool_options *options) {
  return (lr_name_service_config){.name_servers = options->name_servers,
                                  .resolve = options->resolve,
                                  .connect_to = options->connect_to,
                                  .family = options->family,
                                  .way = options->look_up_way};
}

static lariat_status check_servers(const char *list, char *message,
                                   size_t capacity) {
  lr_name_server *servers;
  size_t count;
  lariat_status status =
      lr_name_servers_read(list, &servers, &count, message, capacity);
  lr_free(servers);
  return status;
}

lariat_status lr_name_service_check(const lr_name_service_config *config,
                                    char *message, size_t capacity) {
  lr_name_overrides *overrides = NULL;
  if (capacity) message[0] = '\0';
  lariat_status status = lr_name_overrides_new(
      config->resolve, config->connect_to, message, capacity, &overrides);
  lr_name_overrides_free(overrides);
  if (status != LARIAT_OK) return status;
  if (config->name_servers)
    status = check_servers(config->name_servers, message, capacity);
  if (status != LARIAT_OK) return status;
  if (config->family > LARIAT_FAMILY_IPV6 ||
      config->way > LARIAT_LOOK_UP_BY_SYSTEM)
    return LARIAT_EINVAL;
  return LARIAT_OK;
}

/* ---- Sources ---- */

static lr_name_sources read_nsswitch(void) {
  lr_buffer text;
  lr_buffer_init(&text);
  bool read = lr_file_read(default_nsswitch, &text);
  lr_name_sources sources =
      lr_name_sources_read(read ? text.bytes : NULL, text.length);
  lr_buffer_clear(&text);
  return sources;
}

/* Decides where names are looked up.  Who names servers wants those asked,
 * whatever else the system has. */
static lr_name_sources choose_sources(const lr_name_service_config *config) {
  static const lr_name_sources dns = {.files = true, .dns = true};
  static const lr_name_sources systems = {.files = false};
  if (config->way == LARIAT_LOOK_UP_BY_SYSTEM) return systems;
  if (config->name_servers || config->way == LARIAT_LOOK_UP_BY_DNS) return dns;
  if (!config->nsswitch) return read_nsswitch();
  return lr_name_sources_read(config->nsswitch, strlen(config->nsswitch));
}

/* ---- Life ---- */

static bool copy_text(const char *text, char **copy) {
  *copy = text ? lr_copy_string(text) : NULL;
  return !text || *copy;
}

static bool copy_texts(lr_name_service *service,
                       const lr_name_service_config *config) {
  return copy_text(config->name_servers, &service->name_servers) &&
         copy_text(config->resolv_conf, &service->resolv_conf) &&
         copy_text(config->hosts_path ? config->hosts_path : default_hosts,
                   &service->hosts_path) &&
         lr_hosts_file_init(&service->hosts, service->hosts_path);
}

lariat_status lr_name_service_init(lr_name_service *service,
                                   const lr_name_service_config *config) {
  *service = (lr_name_service){.family = config->family,
                               .timeout_ms = config->timeout_ms};
  pthread_mutex_init(&service->hosts_lock, NULL);
  if (!lr_resolver_cache_init(&service->cache) || !copy_texts(service, config))
    return LARIAT_ENOMEM;
  service->sources = choose_sources(config);
  (void)gethostname(service->machine, sizeof service->machine - 1);
  return lr_name_overrides_new(config->resolve, config->connect_to, NULL, 0,
                               &service->overrides);
}

void lr_name_service_clear(lr_name_service *service) {
  if (!service->cache.entries.capacity) return;
  lr_resolver_cache_clear(&service->cache);
  lr_hosts_file_clear(&service->hosts);
  lr_name_overrides_free(service->overrides);
  lr_free(service->hosts_path);
  lr_free(service->name_servers);
  lr_free(service->resolv_conf);
  pthread_mutex_destroy(&service->hosts_lock);
}

size_t lr_name_service_find_host(lr_name_service *service, const char *name,
                                 size_t length, uint64_t now_ns,
                                 lr_host_address *out) {
  pthread_mutex_lock(&service->hosts_lock);
  lr_hosts_file_refresh(&service->hosts, now_ns);
  size_t count = lr_hosts_file_find(&service->hosts, name, length, out);
  pthread_mutex_unlock(&service->hosts_lock);
  return count;
}
