/* SPDX-License-Identifier: MIT
 * job.h: one line of the input on its way to a line of the output. */
#ifndef TOOLS_LARIAT_FETCH_JOB_H
#define TOOLS_LARIAT_FETCH_JOB_H

#include <lariat/response.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/input.h"
#include "fetch/store.h"

struct host;

/* The parts of a JSON line beyond its URL. */
struct extras {
  char *method; /* NULL: none; so the others */
  char *body;
  size_t body_length;
  lariat_header *headers; /* their texts are owned too */
  size_t header_count;
  char *tag; /* JSON */
};

struct job_url {
  char *text; /* ended by a NUL; may have others inside */
  size_t length;
  size_t whole; /* more than `length`: the text was cut */
  size_t capacity;
  size_t added; /* bytes in front that the input does not have: a scheme */
};

struct job {
  struct job *next;  /* in whichever queue it is */
  void *owner;       /* the run that it belongs to */
  struct host *host; /* against whose limit it counts; NULL: none */
  uint64_t line;
  uint64_t read_ns;  /* its line */
  uint64_t begun_ns; /* the last attempt */
  unsigned attempts;
  size_t weight;           /* bytes of input that it stands for */
  struct store_file saved; /* where its body goes, if it is stored */
  bool fast;               /* it was answered in next to no time */
  bool alone;              /* runs again, with all of the memory for itself */
  const char *error;     /* what is wrong with the line itself; NULL: nothing */
  const char *message;   /* a sentence about that */
  char detail[160];      /* where `message` may be */
  struct extras *extras; /* NULL: the line is a URL */
  struct job_url url;
};

/* Makes a blank job; NULL when out of memory. */
struct job *job_new(void *owner);

void job_free(struct job *job);

/* Makes `job` blank again; keeps its memory for the URL. */
void job_wipe(struct job *job);

/* Fills a blank job from an input line; `error` says what is wrong with the
 * line.  Returns false when out of memory. */
bool job_read(struct job *job, const struct line *line);

#endif
