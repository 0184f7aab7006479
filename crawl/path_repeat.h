/* SPDX-License-Identifier: MIT
 * path_repeat.h: paths that repeat themselves, as those do that a wrong
 * relative link makes longer with each page. */
#ifndef CRAWL_PATH_REPEAT_H
#define CRAWL_PATH_REPEAT_H

#include <stdbool.h>
#include <stddef.h>

/* Counts the segments of a path that are not empty. */
size_t lr_crawl_count_segments(const char *path, size_t length);

/* Tells whether a segment, or a group of them, stands `times` times in a row:
 * "/a/a/a", "/x/a/b/a/b/a/b".  Numbers alone must do so twice as often, as
 * "/3/3/3" can be a place on a map.  Of longer paths the first 64 segments
 * count. */
bool lr_crawl_path_repeats(const char *path, size_t length, unsigned times);

#endif
