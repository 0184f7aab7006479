/* SPDX-License-Identifier: MIT
 * outcome.h: what became of a transfer, as libcurl tells it. */
#ifndef LR_CURL_OUTCOME_H
#define LR_CURL_OUTCOME_H

#include "curl/transfer.h"

/* Fills in the outcome of the job from what libcurl says. */
void lr_outcome_conclude(lr_transfer *transfer, int curl_code);

/* Fills in what is known of connection and timings once the head is there. */
void lr_outcome_describe(const lr_transfer *transfer,
                         lariat_response *response);

/* Fills in what is known of the connection. */
void lr_outcome_read_remote(const lr_transfer *transfer,
                            lariat_response *response);

/* Fills in where a job that is stopped was, and what each phase took. */
void lr_outcome_stop(lr_transfer *transfer);

/* Returns the phase that the job is in. */
lariat_phase lr_outcome_phase(const lr_transfer *transfer);

/* Returns when bytes last went or came. */
uint64_t lr_outcome_heard_ns(const lr_transfer *transfer);

/* Says whether anything of an answer has come. */
bool lr_outcome_has_response(const lr_transfer *transfer);

/* Says whether all of the request has certainly gone, so that another may go
 * behind it. */
bool lr_outcome_sent_all(const lr_transfer *transfer);

/* The text of a failure for want of a descriptor. */
extern const char lr_outcome_no_descriptor[];

#endif
