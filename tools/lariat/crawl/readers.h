/* SPDX-License-Identifier: MIT
 * readers.h: the values that the option table cannot describe.  Each reader
 * returns false when the value makes no sense, or there is no memory; none
 * writes into the value, for a command line is read twice. */
#ifndef TOOLS_LARIAT_CRAWL_READERS_H
#define TOOLS_LARIAT_CRAWL_READERS_H

#include <stdbool.h>

bool crawl_read_seed(void *settings, char *value);
bool crawl_read_input(void *settings, char *value);
bool crawl_read_sitemap(void *settings, char *value);
bool crawl_read_include(void *settings, char *value);
bool crawl_read_exclude(void *settings, char *value);
bool crawl_read_surt(void *settings, char *value);
bool crawl_read_exclude_surt(void *settings, char *value);
bool crawl_read_delay_factor(void *settings, char *value);
bool crawl_read_contact(void *settings, char *value);
bool crawl_read_allow_net(void *settings, char *value);
bool crawl_read_deny_net(void *settings, char *value);
bool crawl_read_resolve(void *settings, char *value);
bool crawl_read_connect_to(void *settings, char *value);

#endif
