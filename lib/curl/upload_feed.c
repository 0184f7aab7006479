/* SPDX-License-Identifier: MIT
 * upload_feed.c: libcurl asks for the next bytes of a body, stops asking when
 * there are none, and is told when there are some again. */
#include "curl/upload_feed.h"

#include <string.h>

#include "curl/lane.h"
#include "job/body_sink.h"

/* As much as libcurl asks for in one go: what is read, and sent, in one system
 * call.  It holds so much for each body that it sends. */
enum { BUFFER_LEAST = 16 * 1024, BUFFER_MOST = 256 * 1024 };

static bool is_final(const lariat_response *response) {
  return response->status >= 200 && !response->in_block;
}

static bool has_no_body(const lariat_response *response) {
  return response->status == 204 || response->status == 304;
}

/* Returns how long the body of the answer is; -1: its end tells. */
static curl_off_t response_length(const lariat_response *response) {
  return has_no_body(response) ? 0 : response->content_length;
}

static size_t read_body(char *bytes, size_t size, size_t count,
                        void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_body_source *body_source = transfer->job->body.source;
  size_t got = 0;
  if (transfer->upload.early_response && transfer->upload.response_length >= 0)
    return CURL_READFUNC_PAUSE; /* the end of the answer is its end */
  lariat_status status = body_source->ops->read(
      body_source, &transfer->upload.reader, bytes, size * count, &got);
  if (status == LARIAT_OK) return got;
  if (status == LARIAT_EBUSY) {
    transfer->upload.paused = true;
    return CURL_READFUNC_PAUSE;
  }
  transfer->fault = status;
  return CURL_READFUNC_ABORT;
}

/* Goes back in the body, where libcurl starts over: a connection was dead that
 * it had meant to use. */
static int rewind_body(void *transfer_pointer, curl_off_t offset, int origin) {
  lr_transfer *transfer = transfer_pointer;
  lr_body_source *body_source = transfer->job->body.source;
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  lariat_status status = body_source->ops->seek(body_source, (uint64_t)offset);
  if (status == LARIAT_OK) return CURL_SEEKFUNC_OK;
  transfer->fault = LARIAT_ERESET;
  transfer->job->attempt.connection_dead = true;
  return CURL_SEEKFUNC_FAIL;
}

static long buffer_size_for(uint64_t length) {
  if (length <= BUFFER_LEAST) return BUFFER_LEAST;
  return length < BUFFER_MOST ? (long)length : BUFFER_MOST;
}

/* Goes on with a body source that had nothing and has something again.  An
 * answer that is held back stays so. */
static void resume_feed(lr_reader *reader) {
  lr_transfer *transfer = lr_container(reader, lr_transfer, upload.reader);
  lr_lane *lane = transfer->lane;
  if (!transfer->upload.paused) return;
  transfer->upload.paused = false;
  (void)curl_easy_pause(transfer->easy, lr_transfer_is_paused(transfer)
                                            ? CURLPAUSE_RECV
                                            : CURLPAUSE_CONT);
  lane->needs_action = true;
  lr_lane_mark_dirty(lane);
}

lariat_status lr_upload_feed_begin(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  lr_body_source *body_source = transfer->job->body.source;
  bool known = body_source->length != LARIAT_LENGTH_UNKNOWN;
  lariat_status status = body_source->ops->seek(body_source, 0);
  if (status != LARIAT_OK) return status;
  transfer->upload.active = true;
  transfer->upload.reader.resume = resume_feed;
  (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         known ? (curl_off_t)body_source->length : -1);
  (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
                         buffer_size_for(body_source->length));
  (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
  (void)curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
  (void)curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
  return LARIAT_OK;
}

void lr_upload_feed_end(lr_transfer *transfer) {
  lr_body_source *body_source = transfer->job->body.source;
  transfer->upload.active = false;
  transfer->upload.paused = false;
  transfer->upload.early_response = false;
  if (body_source->ops->over) body_source->ops->over(body_source);
}

bool lr_upload_feed_done(const lr_transfer *transfer) {
  const lr_body_source *body_source = transfer->job->body.source;
  curl_off_t sent = 0;
  if (!body_source->ended) return false;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return sent >= 0 && (uint64_t)sent >= body_source->given;
}

void lr_upload_feed_head_came(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (job->body.source->ended || !is_final(job->response)) return;
  transfer->upload.early_response = true;
  transfer->upload.response_length = response_length(job->response);
  transfer->lane->early_responses = true;
  lr_lane_mark_dirty(transfer->lane);
}

bool lr_upload_feed_has_response(const lr_transfer *transfer) {
  const lr_transfer_upload *upload = &transfer->upload;
  curl_off_t received = 0;
  if (!upload->early_response || upload->response_length < 0) return false;
  if (upload->response_length == 0) return true;
  if (lr_transfer_is_paused(transfer)) return false; /* there is more of it */
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  return received >= upload->response_length;
}
