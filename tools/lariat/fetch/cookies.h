/* SPDX-License-Identifier: MIT
 * cookies.h: the cookie jar of a run: read from files before it, kept while it
 * lasts, written to a file behind it. */
#ifndef TOOLS_LARIAT_FETCH_COOKIES_H
#define TOOLS_LARIAT_FETCH_COOKIES_H

#include <lariat/cookies.h>
#include <stdbool.h>

#include "fetch/settings.h"

/* Makes a jar of the files' cookies and puts it into `*jar`; NULL: none is
 * asked for.  Says what is wrong with a file, or why the jar could not be
 * written in the end, and returns false. */
bool cookies_open(const struct cookie_settings *settings,
                  lariat_cookie_jar **jar);

/* Writes the jar to the file that it is to be kept in, if there is one.  Says
 * why it cannot, and returns false. */
bool cookies_save(const struct cookie_settings *settings,
                  const lariat_cookie_jar *jar);

#endif
