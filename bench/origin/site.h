/* SPDX-License-Identifier: MIT
 * The pages of lariat-origin, served through libmicrohttpd. */
#ifndef BENCH_ORIGIN_SITE_H
#define BENCH_ORIGIN_SITE_H

#include <microhttpd.h>
#include <stddef.h>

struct site;

/* Makes the site and the thread behind its delayed answers.  `page_bytes` is
 * the least length of a small page; shorter ones are filled up.  NULL when out
 * of memory or threads. */
struct site *site_new(size_t page_bytes);

/* Frees the site.  The daemon must have been stopped. */
void site_free(struct site *site);

/* Answers the requests that are being delayed, now; those that come later are
 * not delayed any more.  To be called before MHD_stop_daemon, which may not
 * find a suspended connection. */
void site_end_delays(struct site *site);

/* The access handler of a daemon; its context is the site. */
enum MHD_Result site_answer(void *site, struct MHD_Connection *connection,
                            const char *path, const char *method,
                            const char *version, const char *upload,
                            size_t *upload_length, void **request);

#endif
