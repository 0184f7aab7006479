/* SPDX-License-Identifier: MIT
 * stamped_stream.h: a stream of a bare descriptor for which the kernel says
 * when what was received had arrived: when its packet came in, however long it
 * then waited to be read.  The stamp of what was received last is in the
 * stream. */
#ifndef LR_NET_STAMPED_STREAM_H
#define LR_NET_STAMPED_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "net/stream.h"
#include <lariat/clock.h>

/* Has the kernel stamp what `stream` receives from now on, until it is closed.
 * Harmless where it does that already.  False: the stream is none of a bare
 * descriptor, or the kernel does not do that; the stream is as it was. */
bool lr_stamped_stream_begin(lr_stream *stream);

/* Returns when what was received last had arrived, on `clock`: of bytes of
 * several packets, the last one.  0: not known, since there was no stamp on it,
 * or since it would be before `earliest_ns` or in the future: then the system's
 * CLOCK_REALTIME has been set meanwhile. */
uint64_t lr_stamped_stream_arrival_ns(const lr_stream *stream,
                                      const lariat_clock *clock,
                                      uint64_t earliest_ns);

#endif
