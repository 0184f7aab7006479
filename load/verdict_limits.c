/* SPDX-License-Identifier: MIT
 * verdict_limits.c: the limits of the verdict's rules. */
#include <math.h>

#include "verdict.h"

#define NEVER ((double)INFINITY)

const lr_load_limit lr_load_limits[LR_LOAD_RULES] = {
    /* Answers there are none of. */
    [LR_LOAD_NO_ANSWER] = {"no-answer", 0, 0},
    /* Answers of which none is good. */
    [LR_LOAD_NO_SUCCESS] = {"no-success", 0, 0},
    /* Milliseconds that the process stood still. */
    [LR_LOAD_STOPPED] = {"stopped", 50, 150},
    /* Milliseconds by which the wall clock was set. */
    [LR_LOAD_CLOCK] = {"clock", 2, 2},
    /* Parts of the plan of which there is no report. */
    [LR_LOAD_PART_MISSING] = {"part-missing", 0, 0},
    /* Time between the first start of a part and the last one, as a share of
     * the run. */
    [LR_LOAD_STARTS_APART] = {"starts-apart", 0.01, 0.01},
    /* Time between the agreed start and that of the run, as such a share. */
    [LR_LOAD_START_LATE] = {"start-late", 0.01, 0.01},
    /* Share of the due requests that a pipe did not bring in time. */
    [LR_LOAD_STARVED] = {"input-starved", 0, 0.001},
    /* Share of the requests that waited for a connection; INVALID is what of
     * the plan was not sent for that. */
    [LR_LOAD_TOO_FEW] = {"connections-too-few", 0.01, 0.05},
    /* Share of the plan that was not sent. */
    [LR_LOAD_RATE] = {"rate-missed", 0.01, 0.05},
    /* Share of its time that a thread waited for a CPU. */
    [LR_LOAD_CPU_WAIT] = {"cpu-wait", 0.05, 0.25},
    /* Share of a second that a thread was on its CPU. */
    [LR_LOAD_CPU_BUSY] = {"cpu-busy", 0.80, 0.95},
    /* p99 of the lateness of sends, as a part of what is allowed: the larger
     * one of 1 ms and a tenth of the response's p50. */
    [LR_LOAD_SEND_LATE] = {"send-late", 1, 10},
    /* How much more the generator itself saw than it reports as response, as
     * a share of that, at p50, p90 or p99, where it is over 1 ms. */
    [LR_LOAD_OWN_SHARE] = {"own-share", 0.05, 0.25},
    /* Share of the requests that failed for want of descriptors, ports or
     * memory. */
    [LR_LOAD_LOCAL_FAILURES] = {"local-failures", 0, 0.01},
    /* Samples without memory for them. */
    [LR_LOAD_LOST] = {"samples-lost", 0, 0},
    /* Share of the answers over plain http without the kernel's stamp. */
    [LR_LOAD_UNSTAMPED] = {"unstamped", 0.001, NEVER},
    /* Time-outs of TCP, and connections dropped at full listen queues, for each
     * request. */
    [LR_LOAD_RETRANSMITS] = {"retransmits", 0.001, NEVER},
    /* 3 s, or 5 times the p99.9, as a multiple of what was run. */
    [LR_LOAD_TOO_SHORT] = {"too-short", 1, NEVER},
    [LR_LOAD_INTERRUPTED] = {"interrupted", 0, NEVER},
    [LR_LOAD_AT_FAILURES] = {"stop-at-failures", 0, NEVER},
    /* Notes. */
    [LR_LOAD_STALL] = {"stall", NEVER, NEVER},
    [LR_LOAD_GENERATOR_LIMIT] = {"generator-limit", NEVER, NEVER},
    [LR_LOAD_NO_SHARE] = {"no-share", NEVER, NEVER},
};
