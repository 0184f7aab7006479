/* SPDX-License-Identifier: MIT
 * crawl_config.h: what a directory remembers of the options of its crawl, so
 * that it can be gone on with, and asked, without them: seeds, contact, name,
 * scope; as an object of JSON. */
#ifndef CRAWL_CRAWL_CONFIG_H
#define CRAWL_CRAWL_CONFIG_H

#include <lariat/crawl/crawl.h>
#include <lariat/status.h>

typedef struct lr_crawl_config lr_crawl_config;

/* Writes what is to be remembered of options; NULL: no memory.  The caller
 * releases it. */
char *lr_crawl_config_write(const lariat_crawl_options *options);

/* Makes options of `given` and of a text that was remembered (NULL: nothing
 * was): the seeds of both, and of what is NULL in `given`, contact and name,
 * what was remembered.  With `all` the scope and what belongs to it are the
 * remembered ones, too.  They live as long as `*out`.
 * LARIAT_OK, LARIAT_ENOMEM; LARIAT_EFORMAT: the text is none of these */
lariat_status lr_crawl_config_join(const lariat_crawl_options *given,
                                   const char *text, bool all,
                                   lr_crawl_config **out);

/* Copies the caller's own text out of one that was remembered; NULL in `*out`:
 * it has none.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_config_kept_text(const char *text, char **out);

const lariat_crawl_options *
lr_crawl_config_options(const lr_crawl_config *config);
void lr_crawl_config_free(lr_crawl_config *config);

#endif
