/* SPDX-License-Identifier: MIT
 * tcp_counters.c: counters from /proc/net. */
#include "tcp_counters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* netstat has about 2.5 KB of names and as much of numbers. */
enum { TEXT_BYTES = 16384 };

/* ---- Texts ---- */

/* Returns the line that begins with the group and ':', from `text` on; NULL:
 * there is none. */
static const char *find_line(const char *text, const char *group) {
  size_t length = strlen(group);
  while (text && *text) {
    if (strncmp(text, group, length) == 0 && text[length] == ':')
      return text + length + 1;
    text = strchr(text, '\n');
    if (text) text++;
  }
  return NULL;
}

/* Returns the length of the word at the beginning of a line, behind blanks that
 * are skipped; 0 at its end. */
static size_t next_word(const char **line) {
  *line += strspn(*line, " ");
  return strcspn(*line, " \n");
}

bool lr_load_tcp_counters_find(const char *text, const char *group,
                               const char *name, uint64_t *out) {
  const char *names = find_line(text, group);
  const char *numbers = names ? find_line(names, group) : NULL;
  if (!numbers) return false;
  for (;;) {
    size_t length = next_word(&names);
    size_t digits = next_word(&numbers);
    if (!length || !digits) return false;
    if (strlen(name) == length && memcmp(name, names, length) == 0) {
      *out = strtoull(numbers, NULL, 10);
      return true;
    }
    names += length;
    numbers += digits;
  }
}

/* Reads a file as a string.  False: it cannot be read. */
static bool read_file(const char *path, char *text) {
  size_t length = 0;
  ssize_t got;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while ((got = read(fd, text + length, TEXT_BYTES - 1 - length)) > 0)
    length += (size_t)got;
  close(fd);
  text[length] = '\0';
  return got == 0 || length == TEXT_BYTES - 1;
}

/* ---- Counters ---- */

void lr_load_tcp_counters_read(lr_load_network *out) {
  char text[TEXT_BYTES];
  *out = (lr_load_network){0};
  out->known = read_file("/proc/net/snmp", text) &&
               lr_load_tcp_counters_find(text, "Tcp", "RetransSegs",
                                         &out->retransmits) &&
               read_file("/proc/net/netstat", text) &&
               lr_load_tcp_counters_find(text, "TcpExt", "TCPTimeouts",
                                         &out->timeouts) &&
               lr_load_tcp_counters_find(text, "TcpExt", "ListenDrops",
                                         &out->listen_drops);
}

lr_load_network lr_load_tcp_counters_since(const lr_load_network *now,
                                           const lr_load_network *before) {
  if (!now->known || !before->known) return (lr_load_network){0};
  return (lr_load_network){
      .known = true,
      .retransmits = now->retransmits - before->retransmits,
      .timeouts = now->timeouts - before->timeouts,
      .listen_drops = now->listen_drops - before->listen_drops,
  };
}
