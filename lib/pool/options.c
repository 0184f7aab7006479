/* SPDX-License-Identifier: MIT
 * options.c: what the options of a pool come to. */
#include "pool/options.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "curl/libcurl.h"
#include "limits/placement.h"
#include "limits/rate.h"
#include "net/name_service.h"
#include <lariat/address.h>
#include <lariat/resolver.h>

enum { REACTORS_MAX = 1024, DESCRIPTORS_KEPT = 64 };

lariat_pool_options lariat_pool_defaults(void) {
  return (lariat_pool_options){.size = sizeof(lariat_pool_options),
                               .max_jobs = 1024,
                               .max_jobs_per_host = 16,
                               .idle_ms = 118000};
}

/* Returns how many descriptors the process may open, less what its other parts
 * need. */
static unsigned connections_allowed(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 1000000)
    return 1000000;
  unsigned all = (unsigned)limit.rlim_cur;
  unsigned kept = DESCRIPTORS_KEPT + all / 8;
  return all > 2 * kept ? all - kept : (all + 1) / 2;
}

/* Returns what is wrong with the numbers of complete options. */
static const char *find_fault(const lariat_pool_options *options) {
#define NO_RATE ": it is below 0, above 1,000,000,000, or no number"
  if (!lr_rate_valid(options->rate, 0)) return "rate" NO_RATE;
  if (!lr_rate_valid(0, options->rate_burst)) return "rate_burst" NO_RATE;
  if (!lr_rate_valid(options->rate_per_host, 0)) return "rate_per_host" NO_RATE;
  if (!lr_rate_valid(0, options->rate_per_host_burst))
    return "rate_per_host_burst" NO_RATE;
#undef NO_RATE
  if ((unsigned)options->family > LARIAT_FAMILY_IPV6)
    return "family: there is no such family";
  if ((unsigned)options->look_up_way > LARIAT_LOOK_UP_BY_SYSTEM)
    return "look_up_way: there is no such way";
  return options->reactors > REACTORS_MAX
             ? "reactors: there are 1,024 at the most"
             : NULL;
}

/* Copies options as far as their size goes: a program built against an older
 * header has a smaller struct, and the defaults for what is beyond. */
static lariat_status copy_options(const lariat_pool_options *given,
                                  lariat_pool_options *options) {
  *options = lariat_pool_defaults();
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return find_fault(options) ? LARIAT_EINVAL : LARIAT_OK;
}

/* Returns what is wrong with the numbers of options; NULL: nothing. */
static const char *numbers_fault(const lariat_pool_options *given) {
  lariat_pool_options all;
  if (copy_options(given, &all) == LARIAT_OK) return NULL;
  return given->size < sizeof given->size
             ? "size: it is not the size of the struct, as "
               "lariat_pool_defaults sets it"
             : find_fault(&all);
}

static lariat_status check_names(const lariat_pool_options *options) {
  lr_name_service_config config = lr_name_service_config_of(options);
  return lr_name_service_check(&config, NULL, 0);
}

static unsigned min_of(unsigned a, unsigned b) { return a < b ? a : b; }

/* Replaces each 0 by what it stands for.  A reactor without a share in the jobs
 * or the connections would be of no use, and is left out. */
static void complete_options(lariat_pool_options *options) {
  lariat_pool_options defaults = lariat_pool_defaults();
  if (!options->reactors) options->reactors = lr_placement_default_reactors();
  if (!options->max_jobs) options->max_jobs = defaults.max_jobs;
  if (!options->max_jobs_per_host)
    options->max_jobs_per_host = defaults.max_jobs_per_host;
  if (!options->max_connections)
    options->max_connections = connections_allowed();
  if (!options->max_connections_per_host)
    options->max_connections_per_host = options->max_jobs_per_host;
  if (!options->idle_ms) options->idle_ms = defaults.idle_ms;
  options->reactors = min_of(
      options->reactors, min_of(options->max_jobs, options->max_connections));
}

lariat_status lr_pool_options_read(const lariat_pool_options *given,
                                   unsigned reactors,
                                   lariat_pool_options *options) {
  lariat_status status = copy_options(given, options);
  if (status != LARIAT_OK) return status;
  if (reactors) options->reactors = reactors;
  complete_options(options);
  return check_names(options);
}

void lr_pool_options_forget_texts(lariat_pool_options *options) {
  options->addresses.allow_nets = NULL;
  options->addresses.deny_nets = NULL;
  options->name_servers = NULL;
  options->resolve = NULL;
  options->connect_to = NULL;
}

/* ---- Certificates ---- */

void lr_pool_options_init_trust(lr_trust *trust, const char *ca_file) {
  const lr_capabilities *capabilities = lr_libcurl_capabilities();
  lr_trust_init(trust, ca_file, capabilities->ca_file, capabilities->ca_path);
}

lariat_status lr_pool_options_check_ca_file(const char *ca_file) {
  X509_STORE *store = NULL;
  lr_trust trust;
  if (!ca_file) return LARIAT_OK;
  lr_pool_options_init_trust(&trust, ca_file);
  lariat_status status = lr_trust_load(&trust, &store);
  lr_trust_release(store);
  lr_trust_destroy(&trust);
  return status;
}

/* ---- Texts ---- */

/* Writes what is wrong with a list of networks, behind its field's name. */
static lariat_status check_networks(const char *field, const char *networks,
                                    char *message, size_t capacity) {
  char fault[256];
  lariat_status status =
      networks ? lariat_networks_check(networks, fault, sizeof fault)
               : LARIAT_OK;
  if (status == LARIAT_EINVAL)
    snprintf(message, capacity, "addresses.%s: %s", field, fault);
  return status;
}

/* Writes what is wrong with a text for names, behind its field's name. */
static lariat_status check_name_text(const char *field,
                                     lr_name_service_config config,
                                     char *message, size_t capacity) {
  char fault[256];
  lariat_status status = lr_name_service_check(&config, fault, sizeof fault);
  if (status == LARIAT_EINVAL)
    snprintf(message, capacity, "%s: %s", field, fault);
  return status;
}

static lariat_status check_name_texts(const lariat_pool_options *options,
                                      char *message, size_t capacity) {
  lr_name_service_config servers = {.name_servers = options->name_servers};
  lr_name_service_config resolve = {.resolve = options->resolve};
  lr_name_service_config connect_to = {.connect_to = options->connect_to};
  lariat_status status =
      check_name_text("name_servers", servers, message, capacity);
  if (status == LARIAT_OK)
    status = check_name_text("resolve", resolve, message, capacity);
  if (status == LARIAT_OK)
    status = check_name_text("connect_to", connect_to, message, capacity);
  return status;
}

/* Does what is to be done beside the look at the numbers. */
static lariat_status check_texts(const lariat_pool_options *options,
                                 char *message, size_t capacity) {
  lariat_status status = check_networks(
      "allow_nets", options->addresses.allow_nets, message, capacity);
  if (status == LARIAT_OK)
    status = check_networks("deny_nets", options->addresses.deny_nets, message,
                            capacity);
  if (status != LARIAT_OK) return status;
  status = lr_pool_options_check_ca_file(options->ca_file);
  if (status == LARIAT_EINVAL)
    snprintf(message, capacity, "ca_file: no certificate can be read from %s",
             options->ca_file);
  return status == LARIAT_OK ? check_name_texts(options, message, capacity)
                             : status;
}

lariat_status lariat_pool_options_check(const lariat_pool_options *options,
                                        char *message, size_t capacity) {
  lariat_pool_options all;
  const char *fault = numbers_fault(options);
  snprintf(message, capacity, "%s", fault ? fault : "");
  lariat_status status = copy_options(options, &all);
  return status == LARIAT_OK ? check_texts(&all, message, capacity) : status;
}
