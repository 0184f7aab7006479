/* SPDX-License-Identifier: MIT
 * kept_options.h: what a directory keeps of the options of its crawl, so that
 * it goes on as it began: those that say what belongs to it, its manners, what
 * it writes and its limits.  They are kept as two configuration files, one of
 * the command line and one of --config, in the text that the library keeps with
 * the crawl.  No secret is in it. */
#ifndef TOOLS_LARIAT_CRAWL_KEPT_OPTIONS_H
#define TOOLS_LARIAT_CRAWL_KEPT_OPTIONS_H

#include <stdbool.h>

#include "crawl/config.h"
#include "options.h"
#include "text.h"

/* The options of the last run. */
struct kept_options {
  struct crawl_config line; /* of its command line */
  struct crawl_config file; /* of its --config */
};

/* Adds the option to `line`, the text of those of a command line; false: out of
 * memory. */
bool kept_options_note(struct text *line, const struct option_row *row,
                       const char *value);

/* Reads what the directory has kept; nothing where there is no crawl, or where
 * it cannot be read, which whoever opens it tells.  False: out of memory. */
bool kept_options_read(struct kept_options *kept, const char *directory);
void kept_options_free(struct kept_options *kept);

/* Tells whether an option of the last command line does not count, since this
 * one has another, or the file has changed. */
bool kept_options_is_replaced(const struct kept_options *kept,
                              const struct crawl_config_entry *entry,
                              const struct crawl_config *line,
                              const struct crawl_config *file);

/* Tells whether one of two options excludes the other. */
bool kept_options_exclude(const char *one, const char *other);

/* Tells whether a value was a secret, or a command, of which only the name was
 * kept. */
bool kept_options_is_masked(const struct crawl_config_entry *entry);

/* Writes the text to be kept of what is in force: a command line's options and
 * a file's.  False: out of memory. */
bool kept_options_write(struct text *text, const struct crawl_config *line,
                        const struct crawl_config *file);

/* Says which options are as in the last run though they were not given, and
 * which are otherwise: a line each, if there are any.  `line` and `file` are
 * what is in force, `given` is this command line. */
void kept_options_say(const struct kept_options *kept,
                      const struct crawl_config *line,
                      const struct crawl_config *file,
                      const struct crawl_config *given, bool has_file);

/* Makes a relative path, that of a file, absolute: a new text, or NULL: out of
 * memory. */
char *kept_options_absolute(const char *path);

#endif
