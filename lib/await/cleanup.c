/* SPDX-License-Identifier: MIT
 * cleanup.c: what is to run when a coroutine ends, however it ends. */
#include "await/coroutine.h"
#include "base/memory.h"

struct lr_cleanup {
  struct lr_cleanup *older;
  lariat_destroy run;
  void *context;
};

lariat_status lariat_coroutine_add_cleanup(lariat_destroy run, void *context) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  if (!coroutine) return LARIAT_EOUTSIDE;
  if (!run) return LARIAT_EINVAL;
  lr_cleanup *cleanup = lr_alloc(sizeof *cleanup);
  if (!cleanup) return LARIAT_ENOMEM;
  *cleanup = (lr_cleanup){coroutine->cleanups, run, context};
  coroutine->cleanups = cleanup;
  return LARIAT_OK;
}

lariat_status lariat_coroutine_remove_cleanup(lariat_destroy run,
                                              void *context) {
  lariat_coroutine *coroutine = lr_coroutine_here;
  if (!coroutine) return LARIAT_EOUTSIDE;
  lr_cleanup **link = &coroutine->cleanups;
  while (*link && ((*link)->run != run || (*link)->context != context))
    link = &(*link)->older;
  lr_cleanup *found = *link;
  if (!found) return LARIAT_ENOTFOUND;
  *link = found->older;
  lr_free(found);
  return LARIAT_OK;
}

/* Runs one after the other, since one may add another. */
void lr_cleanups_run(lariat_coroutine *coroutine) {
  lr_cleanup *cleanup;
  while ((cleanup = coroutine->cleanups)) {
    coroutine->cleanups = cleanup->older;
    cleanup->run(cleanup->context);
    lr_free(cleanup);
  }
}
