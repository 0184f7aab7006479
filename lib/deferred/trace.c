/* SPDX-License-Identifier: MIT
 * trace.c: where a deferred was made and where it was first fired: the return
 * addresses on the stack, which get their names only when somebody asks. */
#include "deferred/trace.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include <lariat/debugging.h>

#ifdef __GLIBC__
#include <execinfo.h>
#endif

/* How many addresses are looked at, and how many of them are lariat's own: the
 * function that looks and the one here that called it. */
enum { PLACES = 12, OWN_PLACES = 2 };

typedef struct stack_place {
  int count;
  void *addresses[PLACES];
} stack_place;

struct lr_trace {
  stack_place made;
  stack_place fired;
};

lr_switch lr_debugging_switch = {.variable = "LARIAT_DEBUGGING"};

void lariat_set_debugging(bool on) { lr_switch_set(&lr_debugging_switch, on); }

bool lariat_debugging(void) { return lr_debugging(); }

static __attribute__((noinline)) void look(stack_place *place) {
#ifdef __GLIBC__
  place->count = backtrace(place->addresses, PLACES);
#else
  place->addresses[0] = place->addresses[1] = NULL;
  place->addresses[OWN_PLACES] = __builtin_return_address(0);
  place->count = OWN_PLACES + 1;
#endif
}

void lr_trace_made(lariat_deferred *deferred) {
  lr_trace *trace = lr_alloc_zero(sizeof *trace);
  if (!trace) return;
  look(&trace->made);
  deferred->trace = trace;
  deferred->flags |= LR_DEFERRED_TRACED;
}

void lr_trace_fired(lariat_deferred *deferred) {
  if (deferred->trace->fired.count == 0) look(&deferred->trace->fired);
}

void lr_trace_free(lariat_deferred *deferred) {
  deferred->flags &= ~(unsigned)LR_DEFERRED_TRACED;
  lr_free(deferred->trace);
}

/* A text that is cut at `room`, and how long it would be. */
typedef struct text_writer {
  char *text;
  size_t room;
  size_t length;
} text_writer;

static char *rest_of(const text_writer *writer, size_t *room) {
  *room = writer->length < writer->room ? writer->room - writer->length : 0;
  return *room ? writer->text + writer->length : NULL;
}

static void write_text(text_writer *writer, const char *text) {
  size_t room;
  char *rest = rest_of(writer, &room);
  int length = snprintf(rest, room, "%s", text);
  if (length > 0) writer->length += (size_t)length;
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* "function+0x12", or for one whose name is not known "program+0x1234", the
 * form that addr2line takes. */
static void write_address(text_writer *writer, void *address) {
  char text[128];
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname)
    snprintf(text, sizeof text, "%p", address);
  else if (info.dli_sname)
    snprintf(text, sizeof text, "%s+0x%zx", info.dli_sname,
             (size_t)((char *)address - (char *)info.dli_saddr));
  else
    snprintf(text, sizeof text, "%s+0x%zx", file_name(info.dli_fname),
             (size_t)((char *)address - (char *)info.dli_fbase));
  write_text(writer, text);
}

static void write_place(text_writer *writer, const char *title,
                        const stack_place *place) {
  if (place->count <= OWN_PLACES) return;
  write_text(writer, title);
  for (int i = OWN_PLACES; i < place->count; i++) {
    if (i > OWN_PLACES) write_text(writer, " < ");
    write_address(writer, place->addresses[i]);
  }
}

int lr_trace_describe(const lariat_deferred *deferred, char *text,
                      size_t room) {
  text_writer writer = {text, room, 0};
  write_place(&writer, "made by ", &deferred->trace->made);
  write_place(&writer, ", fired by ", &deferred->trace->fired);
  return (int)writer.length;
}

int lariat_deferred_places(const lariat_deferred *deferred, char *text,
                           size_t room) {
  if (room > 0) text[0] = '\0';
  if (!lr_deferred_is_given(deferred, __func__)) return 0;
  if (!(deferred->flags & LR_DEFERRED_TRACED)) return 0;
  return lr_trace_describe(deferred, text, room);
}
