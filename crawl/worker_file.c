/* SPDX-License-Identifier: MIT
 * worker_file.c: an object of JSON, written whole beside the old one and then
 * renamed. */
#include "worker_file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection_text.h"
#include "directory.h"
#include "disk_file.h"
#include "memory.h"

static bool copy_member(const json_t *root, const char *name, char **out) {
  const char *text = json_string_value(json_object_get(root, name));
  if (!text) return true;
  *out = lr_crawl_copy_text(text);
  return *out != NULL;
}

/* Reads a number that is written in hexadecimal digits; 0: there is none. */
static uint64_t read_id(const json_t *root, const char *name) {
  const char *text = json_string_value(json_object_get(root, name));
  return text ? strtoull(text, NULL, 16) : 0;
}

static lariat_status take_members(const json_t *root,
                                  lr_crawl_worker_file *out) {
  json_int_t number = json_integer_value(json_object_get(root, "worker"));
  if (number < 1 || number > UINT32_MAX) return LARIAT_EFORMAT;
  out->worker = (uint32_t)number;
  out->crawl = read_id(root, "crawl");
  out->id = read_id(root, "directory");
  if (!copy_member(root, "name", &out->name) ||
      !copy_member(root, "connection", &out->connection) ||
      !copy_member(root, "kept", &out->kept))
    return LARIAT_ENOMEM;
  return out->name ? LARIAT_OK : LARIAT_EFORMAT;
}

lariat_status lr_crawl_worker_file_read(const char *directory,
                                        lr_crawl_worker_file *out,
                                        lr_crawl_fault *fault) {
  *out = (lr_crawl_worker_file){0};
  char *path = lr_crawl_directory_path(directory, "worker");
  if (!path) return lr_crawl_fault_memory(fault);
  lariat_status status = LARIAT_OK;
  if (access(path, F_OK) == 0) {
    json_t *root = json_load_file(path, 0, NULL);
    status = take_members(root, out);
    json_decref(root);
    if (status == LARIAT_EFORMAT)
      (void)lr_crawl_fault_set(fault, status, 0,
                               "%s is not what a worker of a shared crawl has "
                               "written",
                               path);
    if (status == LARIAT_ENOMEM) (void)lr_crawl_fault_memory(fault);
  }
  lariat_memory_release(path);
  if (status) lr_crawl_worker_file_clear(out);
  return status;
}

/* ---- Writing ---- */

enum { ID_BYTES = 17 };

static const char *write_id(uint64_t id, char text[ID_BYTES]) {
  (void)snprintf(text, ID_BYTES, "%016" PRIx64, id);
  return text;
}

static lariat_status write_text(const char *path, const char *partial,
                                char *text, lr_crawl_fault *fault) {
  struct iovec piece = {.iov_base = text, .iov_len = strlen(text)};
  int descriptor = -1;
  int error = lr_crawl_file_make_private(partial, &descriptor);
  if (!error) error = lr_crawl_file_write(descriptor, &piece, 1, 0);
  if (!error) error = lr_crawl_file_sync(descriptor);
  if (descriptor >= 0) (void)close(descriptor);
  if (!error) error = lr_crawl_file_rename(partial, path);
  return error ? lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                                    "cannot write %s", path)
               : LARIAT_OK;
}

lariat_status lr_crawl_worker_file_write(const char *directory,
                                         const lr_crawl_worker_file *of,
                                         lr_crawl_fault *fault) {
  bool keeps =
      of->connection && !lr_crawl_connection_has_secret(of->connection);
  char crawl[ID_BYTES], directory_id[ID_BYTES];
  json_t *root =
      json_pack("{s:I,s:s,s:s,s:s,s:s*,s:s*}", "worker", (json_int_t)of->worker,
                "crawl", write_id(of->crawl, crawl), "directory",
                write_id(of->id, directory_id), "name", of->name, "connection",
                keeps ? of->connection : NULL, "kept", of->kept);
  char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
  char *path = lr_crawl_directory_path(directory, "worker");
  char *partial = lr_crawl_directory_path(directory, ".worker.part");
  lariat_status status = text && path && partial
                             ? write_text(path, partial, text, fault)
                             : lr_crawl_fault_memory(fault);
  json_decref(root);
  free(text);
  lariat_memory_release(path);
  lariat_memory_release(partial);
  return status;
}

void lr_crawl_worker_file_clear(lr_crawl_worker_file *file) {
  lariat_memory_release(file->name);
  lariat_memory_release(file->connection);
  lariat_memory_release(file->kept);
  *file = (lr_crawl_worker_file){0};
}
