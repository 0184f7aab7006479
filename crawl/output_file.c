/* SPDX-License-Identifier: MIT
 * output_file.c: pieces that are written at known places. */
#include "output_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "disk_file.h"
#include "memory.h"

static lariat_status tell(const lr_crawl_output *output, int error,
                          lr_crawl_fault *fault) {
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot write %s", output->path)
               : LARIAT_OK;
}

lariat_status lr_crawl_output_lost(const char *path, uint64_t there,
                                   uint64_t committed, lr_crawl_fault *fault) {
  return lr_crawl_fault_set(
      fault, LARIAT_EFORMAT, 0,
      "%s has %llu bytes, but %llu were committed: its end is lost; --repair "
      "goes on without it",
      path, (unsigned long long)there, (unsigned long long)committed);
}

/* Cuts a file to its committed length. */
static lariat_status cut(lr_crawl_output *output, uint64_t there,
                         lr_crawl_fault *fault) {
  output->planned = there;
  if (there < output->length)
    return lr_crawl_output_lost(output->path, there, output->length, fault);
  output->planned = output->length;
  if (there == output->length) return LARIAT_OK;
  return tell(output, lr_crawl_file_cut(output->descriptor, output->length),
              fault);
}

static int open_descriptor(lr_crawl_output *output) {
  if (strcmp(output->path, "-") != 0)
    return lr_crawl_file_open(output->path, &output->descriptor);
  output->descriptor = STDOUT_FILENO;
  output->stream = true;
  return 0;
}

lariat_status lr_crawl_output_open(lr_crawl_output *output, const char *path,
                                   uint64_t length, lr_crawl_fault *fault) {
  *output = (lr_crawl_output){.descriptor = -1, .length = length};
  output->path = lr_crawl_copy_text(path);
  if (!output->path) return lr_crawl_fault_memory(fault);
  lr_crawl_file_state state = {0};
  int error = open_descriptor(output);
  if (!error && !output->stream) error = lr_crawl_file_look(path, &state);
  if (error) return tell(output, error, fault);
  output->stream |= !state.is_regular;
  output->planned = output->length;
  return output->stream ? LARIAT_OK : cut(output, state.length, fault);
}

void lr_crawl_output_close(lr_crawl_output *output) {
  if (!output->path) return;
  if (output->descriptor > STDERR_FILENO) close(output->descriptor);
  lariat_memory_release(output->path);
  lariat_memory_release(output->pieces);
  *output = (lr_crawl_output){0};
}

lariat_status lr_crawl_output_add(lr_crawl_output *output, const char *bytes,
                                  size_t length) {
  if (!length) return LARIAT_OK;
  struct iovec *pieces = lr_crawl_grow(output->pieces, &output->capacity,
                                       output->count + 1, sizeof *pieces);
  if (!pieces) return LARIAT_ENOMEM;
  output->pieces = pieces;
  pieces[output->count++] =
      (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
  output->planned += length;
  return LARIAT_OK;
}

lariat_status lr_crawl_output_add_text(lr_crawl_output *output,
                                       const char *text, const char *end) {
  if (!output->path || !text) return LARIAT_OK;
  lariat_status status = lr_crawl_output_add(output, text, strlen(text));
  if (!status && *end) status = lr_crawl_output_add(output, end, strlen(end));
  return status;
}

lariat_status lr_crawl_output_write(lr_crawl_output *output, bool durable,
                                    lr_crawl_fault *fault) {
  if (!output->count) return LARIAT_OK;
  int error =
      lr_crawl_file_write(output->descriptor, output->pieces, output->count,
                          output->stream ? -1 : (int64_t)output->length);
  if (!error && durable && !output->stream)
    error = lr_crawl_file_sync(output->descriptor);
  return tell(output, error, fault);
}

void lr_crawl_output_keep(lr_crawl_output *output) {
  output->length = output->planned;
  output->count = 0;
}

void lr_crawl_output_drop(lr_crawl_output *output) {
  output->planned = output->length;
  output->count = 0;
}
