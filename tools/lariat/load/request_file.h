/* SPDX-License-Identifier: MIT
 * request_file.h: requests from a list, a HAR or an access log. */
#ifndef TOOLS_LARIAT_LOAD_REQUEST_FILE_H
#define TOOLS_LARIAT_LOAD_REQUEST_FILE_H

#include <lariat/load/requests.h>
#include <stdbool.h>

#include "load/settings.h"

/* Adds the requests of the file that was given, if there is one.  Says why it
 * cannot, and returns false; says, too, what was left out. */
bool request_file_read(const struct load_settings *settings,
                       lariat_load_requests *requests);

#endif
