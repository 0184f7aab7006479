/* SPDX-License-Identifier: MIT
 * lane.c: one multi handle: its timer, its events, its finished transfers. */
#include "curl/lane.h"

#include "base/memory.h"
#include "base/time.h"
#include "curl/engine.h"
#include "curl/libcurl.h"
#include "curl/socket.h"
#include "curl/transfer.h"
#include "curl/upload_feed.h"

/* A quiet lane with dead connections in it is made anew so long after the first
 * of them, even when most of its connections are alive. */
static const uint64_t dead_most_ns = LR_NS_PER_S;

/* A lane whose connections have all been closed, or handed over to h1, goes
 * soon: it has descriptors and tables of its own. */
static const uint64_t empty_most_ns = 200 * LR_NS_PER_MS;

/* A number that is never reached: libcurl's own limits stay out of it. */
static const long unlimited = 0;

static void expire_libcurl_timer(lr_timer *timer) {
  lr_lane *lane = lr_container(timer, lr_lane, timer);
  lane->needs_action = true;
  lr_lane_mark_dirty(lane);
}

/* Sets libcurl's timer.  libcurl may not be called from here: 0 means at the
 * end of this turn. */
static int set_libcurl_timer(CURLM *multi, long timeout_ms,
                             void *lane_pointer) {
  lr_lane *lane = lane_pointer;
  lariat_reactor *reactor = lane->engine->reactor;
  (void)multi;
  if (timeout_ms > 0) {
    uint64_t at_ns =
        lr_add_ms(lr_reactor_turn_ns(reactor), (uint64_t)timeout_ms);
    if (lr_reactor_set_timer(reactor, &lane->timer, at_ns)) return 0;
    timeout_ms = 0; /* without memory for a timer: busy, but not stuck */
  } else {
    lr_reactor_unset_timer(reactor, &lane->timer);
  }
  if (timeout_ms == 0) {
    lane->needs_action = true;
    lr_lane_mark_dirty(lane);
  }
  return 0;
}

static void expire_idle_timer(lr_timer *timer) {
  lr_lane *lane = lr_container(timer, lr_lane, idle_timer);
  lr_lane_mark_dirty(lane);
}

static void configure_multi(lr_lane *lane) {
  CURLM *multi = lane->multi;
  long keep = (long)lane->engine->lane_capacity;
  (void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, lr_socket_wants);
  (void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, lane);
  (void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_libcurl_timer);
  (void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, lane);
  (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, keep);
  (void)curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, unlimited);
  (void)curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, unlimited);
  (void)curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
}

lr_lane *lr_lane_new(lr_engine *engine) {
  lr_lane *lane = lr_alloc_zero(sizeof *lane);
  if (!lane) return NULL;
  lane->engine = engine;
  lane->multi = curl_multi_init();
  if (!lane->multi) {
    lr_free(lane);
    return NULL;
  }
  lane->timer.expire = expire_libcurl_timer;
  lane->idle_timer.expire = expire_idle_timer;
  lr_list_init(&lane->dirty);
  lr_list_init(&lane->transfers);
  lr_list_init(&lane->sockets);
  lr_list_prepend(&engine->lanes, &lane->node);
  engine->lane_count++;
  lr_u64_store_relaxed(&engine->stats->lanes, engine->lane_count);
  configure_multi(lane);
  return lane;
}

void lr_lane_free(lr_lane *lane) {
  lr_engine *engine = lane->engine;
  (void)curl_multi_cleanup(lane->multi);
  curl_slist_free_all(lane->forgotten_names);
  lr_socket_forget_wake_up(lane);
  lr_reactor_unset_timer(engine->reactor, &lane->timer);
  lr_reactor_unset_timer(engine->reactor, &lane->idle_timer);
  lr_list_remove(&lane->dirty);
  lr_list_remove(&lane->node);
  engine->lane_count--;
  lr_u64_store_relaxed(&engine->stats->lanes, engine->lane_count);
  lr_free(lane);
}

void lr_lane_mark_dirty(lr_lane *lane) {
  if (lr_list_empty(&lane->dirty))
    lr_list_append(&lane->engine->dirty, &lane->dirty);
}

void lr_lane_enter(lr_lane *lane, lr_transfer *transfer) {
  lane->running++;
  if (lr_lane_idle(lane) < lane->spare) lane->spare = lr_lane_idle(lane);
  lr_list_append(&lane->transfers, &transfer->node);
}

lariat_status lr_lane_start(lr_lane *lane, lr_transfer *transfer) {
  CURLMcode code = curl_multi_add_handle(lane->multi, transfer->easy);
  if (code == CURLM_OUT_OF_MEMORY) return LARIAT_ENOMEM;
  if (code != CURLM_OK) return LARIAT_ELIBCURL;
  lane->needs_action = true;
  lr_lane_mark_dirty(lane);
  return LARIAT_OK;
}

void lr_lane_remove(lr_lane *lane, lr_transfer *transfer) {
  lr_socket_keep_connected(transfer);
  (void)curl_multi_remove_handle(lane->multi, transfer->easy);
  lr_socket_detach(transfer);
  lr_socket_end_attempts(transfer);
  lr_list_remove(&transfer->node);
  lr_name_resolution_end(transfer);
  lane->running--;
  if (lane->running) return;
  lane->quiet_ns = lr_reactor_turn_ns(lane->engine->reactor);
  lr_lane_mark_dirty(lane);
}

void lr_lane_event(lr_lane *lane, curl_socket_t fd, int curl_events) {
  int running;
  (void)curl_multi_socket_action(lane->multi, fd, curl_events, &running);
  lane->has_messages = true;
  lr_lane_mark_dirty(lane);
}

void lr_lane_trim(lr_lane *lane) {
  lane->keep = lane->open > 1 ? lane->open - 1 : 1;
  (void)curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)lane->keep);
  lane->trimmed = true;
}

/* Ends the trimming when an idle connection was closed, or there are enough
 * again for all. */
static void end_trimming(lr_lane *lane) {
  const lr_engine *engine = lane->engine;
  bool scarce = lr_connection_limit_is_scarce(&engine->limit);
  if (!lane->trimmed || (scarce && lane->open > lane->keep)) return;
  (void)curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS,
                          (long)engine->lane_capacity);
  lane->trimmed = false;
}

static void collect_messages(lr_lane *lane) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(lane->multi, &left))) {
    lr_transfer *transfer = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    int code = (int)message->data.result;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                            (char **)&transfer);
    lr_engine_finished(lane->engine, transfer, code);
  }
}

/* Ends transfers whose answer is there while their body is still being sent. */
static void end_early_transfers(lr_lane *lane) {
  lr_list *node = lane->transfers.next;
  lane->early_responses = false;
  while (node != &lane->transfers) {
    lr_transfer *transfer = lr_container(node, lr_transfer, node);
    node = node->next;
    if (transfer->upload.early_response) lane->early_responses = true;
    if (lr_upload_feed_has_response(transfer))
      lr_engine_finished(lane->engine, transfer, CURLE_OK);
  }
}

/* Sets when a quiet lane is looked at again.  Moving a timer is not free of
 * charge, so one that is set is left to expire too early. */
static void set_quiet_timer(lr_lane *lane, uint64_t at_ns) {
  if (!lr_timer_is_set(&lane->idle_timer))
    (void)lr_reactor_set_timer(lane->engine->reactor, &lane->idle_timer, at_ns);
}

static uint64_t quiet_until_ns(const lr_lane *lane) {
  if (lane->open == 0) return lane->quiet_ns + empty_most_ns;
  if (!lane->dead) return lr_add_ns(lane->quiet_ns, lane->engine->idle_ns);
  bool quiet_first = lane->quiet_ns < lane->dead_ns;
  return (quiet_first ? lane->dead_ns : lane->quiet_ns) + dead_most_ns;
}

/* Makes a lane without transfers anew when half of its connections are dead,
 * when any is for a while, or when it is idle for long: libcurl closes what
 * servers have closed only when the lane has a new request. */
static void check_quiet_lane(lr_lane *lane) {
  lr_engine *engine = lane->engine;
  if (lane->running) return;
  uint64_t now = lr_reactor_turn_ns(engine->reactor);
  uint64_t until = quiet_until_ns(lane);
  bool half_dead = lane->open && lane->dead * 2 >= lane->open;
  if (half_dead || now >= until) {
    lr_engine_recycle(engine, lane);
    return;
  }
  if (lane->dead || lane->open == 0)
    lr_reactor_unset_timer(engine->reactor, &lane->idle_timer);
  set_quiet_timer(lane, until);
}

/* Has libcurl go on with transfers that did not get a socket.  Version 7.88
 * starts a name's next address, and when that fails at once as well it waits
 * for an event that nothing can bring, until the time for a connection is over;
 * 8.14 does not.  Pausing and going on has it called at once. */
static LR_COLD void resume_refused(lr_lane *lane) {
  lane->refused = 0;
  for (lr_list *node = lane->transfers.next; node != &lane->transfers;
       node = node->next) {
    lr_transfer *transfer = lr_container(node, lr_transfer, node);
    if (!transfer->tries.refused) continue;
    transfer->tries.refused = 0;
    (void)curl_easy_pause(transfer->easy, CURLPAUSE_ALL);
    (void)curl_easy_pause(transfer->easy, transfer->upload.paused
                                              ? CURLPAUSE_SEND
                                              : CURLPAUSE_CONT);
  }
}

void lr_lane_process(lr_lane *lane) {
  int running;
  lr_list_remove(&lane->dirty);
  if (lane->needs_action) {
    lane->needs_action = false;
    lane->has_messages = true;
    (void)curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0,
                                   &running);
  }
  if (lane->has_messages) {
    lane->has_messages = false;
    collect_messages(lane);
  }
  if (lane->early_responses) end_early_transfers(lane);
  if (lane->refused) resume_refused(lane);
  end_trimming(lane);
  if (!lane->running && !lane->needs_action) check_quiet_lane(lane);
}
