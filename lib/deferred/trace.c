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

/* How many addresses are recorded, and how many of them are lariat's own: those
 * of record_stack and of its caller here. */
enum { ADDRESSES = 12, OWN_ADDRESSES = 2 };

typedef struct call_stack {
  int count;
  void *addresses[ADDRESSES];
} call_stack;

struct lr_trace {
  call_stack made;
  call_stack fired;
};

lr_switch lr_debugging_switch = {.variable = "LARIAT_DEBUGGING"};

void lariat_set_debugging(bool on) { lr_switch_set(&lr_debugging_switch, on); }

bool lariat_debugging(void) { return lr_debugging(); }

static LR_COLD void record_stack(call_stack *stack) {
#ifdef __GLIBC__
  stack->count = backtrace(stack->addresses, ADDRESSES);
#else
  stack->addresses[0] = stack->addresses[1] = NULL;
  stack->addresses[OWN_ADDRESSES] = __builtin_return_address(0);
  stack->count = OWN_ADDRESSES + 1;
#endif
}

void lr_trace_made(lariat_deferred *deferred) {
  lr_trace *trace = lr_alloc_zero(sizeof *trace);
  if (!trace) return;
  record_stack(&trace->made);
  deferred->trace = trace;
  deferred->flags |= LR_DEFERRED_TRACED;
}

void lr_trace_fired(lariat_deferred *deferred) {
  record_stack(&deferred->trace->fired);
}

void lr_trace_free(lariat_deferred *deferred) {
  deferred->flags &= ~(unsigned)LR_DEFERRED_TRACED;
  lr_free(deferred->trace);
}

/* A text that is cut at `capacity`, and how long it would be. */
typedef struct text_writer {
  char *text;
  size_t capacity;
  size_t length;
} text_writer;

static void write_text(text_writer *writer, const char *text) {
  for (; *text; text++, writer->length++) {
    if (writer->length + 1 < writer->capacity)
      writer->text[writer->length] = *text;
  }
}

/* Writes the NUL, if the capacity is not 0; returns the whole length. */
static int end_text(const text_writer *writer) {
  size_t last = writer->length;
  if (writer->capacity > 0)
    writer->text[last < writer->capacity ? last : writer->capacity - 1] = '\0';
  return (int)writer->length;
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Writes "function+0x12", or for one whose name is not known "program+0x1234",
 * the form that addr2line takes. */
static void write_address(text_writer *writer, void *address) {
  char text[128];
  Dl_info info = {0};
  dladdr(address, &info);
  const char *name = info.dli_sname ? info.dli_sname : info.dli_fname;
  const void *start = info.dli_sname ? info.dli_saddr : info.dli_fbase;
  snprintf(text, sizeof text, "%s+0x%zx", file_name(name ? name : "?"),
           (size_t)((uintptr_t)address - (uintptr_t)start));
  write_text(writer, text);
}

static void write_stack(text_writer *writer, const char *title,
                        const call_stack *stack) {
  if (stack->count <= OWN_ADDRESSES) return;
  write_text(writer, title);
  for (int i = OWN_ADDRESSES; i < stack->count; i++) {
    if (i > OWN_ADDRESSES) write_text(writer, " < ");
    write_address(writer, stack->addresses[i]);
  }
}

int lr_trace_describe(const lariat_deferred *deferred, char *text,
                      size_t capacity) {
  text_writer writer = {text, capacity, 0};
  write_stack(&writer, "made by ", &deferred->trace->made);
  write_stack(&writer, ", fired by ", &deferred->trace->fired);
  return end_text(&writer);
}

int lariat_deferred_places(const lariat_deferred *deferred, char *text,
                           size_t capacity) {
  if (capacity > 0) text[0] = '\0';
  if (!lr_deferred_is_given(deferred, __func__)) return 0;
  if (!(deferred->flags & LR_DEFERRED_TRACED)) return 0;
  return lr_trace_describe(deferred, text, capacity);
}
