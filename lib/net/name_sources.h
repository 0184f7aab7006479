/* SPDX-License-Identifier: MIT
 * name_sources.h: where the system looks names up, by the line "hosts" of
 * nsswitch.conf(5): which names lariat may look up by itself, in the hosts file
 * and by DNS, and which only the C library can. */
#ifndef LR_NET_NAME_SOURCES_H
#define LR_NET_NAME_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_name_sources {
  bool files;      /* the hosts file */
  bool dns;        /* name servers, after that */
  bool mdns;       /* names of "local" are the C library's */
  bool myhostname; /* so are names without a dot, and the machine's own */
} lr_name_sources;

/* Sources of which nothing is said but that all names are the C library's. */
static inline bool lr_name_sources_are_systems(const lr_name_sources *sources) {
  return !sources->files && !sources->dns;
}

/* Reads the text of an nsswitch.conf.  Without a line "hosts", or without a
 * text (NULL), it is "files dns", as in the C library. */
lr_name_sources lr_name_sources_read(const char *text, size_t length);

/* Says whether a name is for the C library to look up; `machine` is the name
 * of this one. */
bool lr_name_sources_need_system(const lr_name_sources *sources,
                                 const char *name, size_t length,
                                 const char *machine);

#endif
