/* SPDX-License-Identifier: MIT
 * reload.c: two lists of entries, and what is different. */
#include "crawl/reload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "crawl/setting_value.h"
#include "say.h"

/* ---- What has changed ---- */

/* Tells whether the option is on the command line. */
static bool is_given(int argc, char **argv, const char *name) {
  size_t length = strlen(name);
  for (int i = 1; i < argc; i++) {
    const char *text = argv[i];
    if (strncmp(text, "--", 2) == 0 && strncmp(text + 2, name, length) == 0 &&
        (text[2 + length] == '\0' || text[2 + length] == '='))
      return true;
  }
  return false;
}

/* Tells whether both files give the option the same values, all of them. */
static bool is_same(const struct crawl_config *old,
                    const struct crawl_config *new,
                    const struct crawl_config_entry *entry) {
  const char *before = crawl_config_find(old, entry->host, entry->name);
  const char *now = crawl_config_find(new, entry->host, entry->name);
  return before && now && strcmp(before, now) == 0;
}

/* Writes the name that lariat_crawl_set has for the option. */
static bool name_setting(const struct crawl_config_entry *entry, char *name,
                         size_t capacity) {
  int length = entry->host ? snprintf(name, capacity, "host.%s.%s", entry->host,
                                      entry->name)
                           : snprintf(name, capacity, "%s", entry->name);
  return length > 0 && (size_t)length < capacity;
}

static void set_entry(const struct reload *reload,
                      const struct crawl_config_entry *entry, reload_setter set,
                      void *context) {
  char name[400];
  if (!entry->host && is_given(reload->argc, reload->argv, entry->name)) return;
  if (name_setting(entry, name, sizeof name)) set(context, name, entry->value);
}

/* Says what was taken out of the file. */
static void say_removed(const struct crawl_config *old,
                        const struct crawl_config *new) {
  for (size_t i = 0; i < old->entry_count; i++) {
    const struct crawl_config_entry *entry = &old->entries[i];
    if (!crawl_config_find(new, entry->host, entry->name))
      say("%s is not in the file any more: it stays as it is until the next "
          "start",
          entry->name);
  }
}

static void set_changes(const struct reload *reload,
                        const struct crawl_config *old,
                        const struct crawl_config *new, reload_setter set,
                        void *context) {
  for (size_t i = 0; i < new->entry_count; i++) {
    const struct crawl_config_entry *entry = &new->entries[i];
    bool last =
        crawl_config_find(new, entry->host, entry->name) == entry->value;
    if (last && !is_same(old, new, entry))
      set_entry(reload, entry, set, context);
  }
  say_removed(old, new);
}

/* Options of the start point into the text that was read then, which stays. */
bool reload_apply(struct reload *reload, reload_setter set, void *context) {
  struct crawl_settings fresh;
  bool read = crawl_settings_read_config(&fresh, reload->path);
  if (read) {
    const struct crawl_config *old =
        reload->latest.text ? &reload->latest : reload->first;
    set_changes(reload, old, &fresh.config, set, context);
    crawl_config_free(&reload->latest);
    reload->latest = fresh.config;
    fresh.config = (struct crawl_config){.text = NULL};
    say("%s was read again", reload->path);
  }
  crawl_settings_free(&fresh);
  return read;
}

/* ---- The signal ---- */

static void set_in_crawl(void *context, const char *name, const char *value) {
  lariat_crawl_error error = {.message = ""};
  char written[SETTING_VALUE_CAPACITY];
  lariat_status status = lariat_crawl_set(
      context, name, setting_value(name, value, written), &error);
  if (status != LARIAT_OK)
    say("%s = %s holds from the next start on: %s", name, value,
        error.message[0] ? error.message : lariat_status_text(status));
}

static void on_hangup(int fd, void *context) {
  struct reload *reload = context;
  struct signalfd_siginfo info;
  if (read(fd, &info, sizeof info) != (ssize_t)sizeof info) return;
  if (!reload->path) {
    say("SIGHUP: there is no file to be read again without --config: the crawl "
        "goes on");
    return;
  }
  (void)reload_apply(reload, set_in_crawl, reload->crawl);
}

bool reload_open(struct reload *reload, const struct crawl_settings *settings,
                 int argc, char **argv) {
  sigset_t hangup;
  *reload = (struct reload){.path = settings->config_path,
                            .first = &settings->config,
                            .argc = argc,
                            .argv = argv,
                            .fd = -1};
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &hangup, NULL) != 0) return false;
  reload->fd = signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
  return reload->fd >= 0;
}

bool reload_begin(struct reload *reload, lariat_reactor *reactor,
                  lariat_crawl *crawl) {
  reload->reactor = reactor;
  reload->crawl = crawl;
  return reload->fd < 0 ||
         lariat_reactor_add_reader(reactor, reload->fd, on_hangup, reload,
                                   NULL) == LARIAT_OK;
}

void reload_close(struct reload *reload) {
  crawl_config_free(&reload->latest);
  if (reload->fd < 0) return;
  if (reload->reactor)
    (void)lariat_reactor_remove_reader(reload->reactor, reload->fd);
  close(reload->fd);
  reload->fd = -1;
}
