/* SPDX-License-Identifier: MIT
 * commands.h: what `lariat warc` does with files; each function returns the
 * exit code. */
#ifndef TOOLS_LARIAT_WARC_COMMANDS_H
#define TOOLS_LARIAT_WARC_COMMANDS_H

#include "warc/settings.h"

int warc_list(const struct warc_settings *settings, int count, char **files);
int warc_check(const struct warc_settings *settings, int count, char **files);
int warc_cdx(const struct warc_settings *settings, int count, char **files);

/* Takes files, and behind them a URL, or of one file an offset. */
int warc_show(const struct warc_settings *settings, int count,
              char **arguments);

#endif
