/* SPDX-License-Identifier: MIT
 * request_file.h: requests from a list, a HAR or an access log. */
#ifndef TOOLS_LARIAT_LOAD_REQUEST_FILE_H
#define TOOLS_LARIAT_LOAD_REQUEST_FILE_H

#include <lariat/load/request_pipe.h>
#include <lariat/load/requests.h>
#include <stdbool.h>

#include "load/settings.h"

/* A list that is read while the run lasts. */
struct request_pipe {
  int fd;
  lariat_load_pipe *pipe; /* NULL: there is none */
};

/* Begins to read the list, and waits until some of it is there.  Says why it
 * cannot, and returns false. */
bool request_pipe_open(struct request_pipe *pipe, const char *path,
                       lariat_load_part part, lariat_load_requests *requests);

/* Returns false, and says why, if the list could not be read to its end. */
bool request_pipe_is_good(const struct request_pipe *pipe);

/* Ends the reading; when no run has the requests any more. */
void request_pipe_close(struct request_pipe *pipe);

/* Adds the requests of the file that was given, if there is one.  Says why it
 * cannot, and returns false; says, too, what was left out. */
bool request_file_read(const struct load_settings *settings,
                       lariat_load_requests *requests);

#endif
