/* SPDX-License-Identifier: MIT
 * leader.c: from the first message to the last. */
#include "leader.h"

#include <lariat/load/report.h>
#include <lariat/version.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "load/judging.h"
#include "load/load.h"
#include "merging.h"
#include "peer.h"
#include "say.h"
#include "usage.h"

enum {
  EXCHANGES = 40,      /* with each other clock */
  PONG_MS = 10000,     /* the longest that one is waited for */
  AHEAD_MS = 500,      /* from the agreement to the warm-up, at the least */
  AHEAD_TRIPS = 20,    /* and so many times the longest round trip more */
  PATIENCE_MS = 10000, /* until it is said who is waited for */
  TERMINATED_MS = 600  /* for results, before whoever ends us does so */
};

#define MS_NS UINT64_C(1000000)

struct leader {
  struct process *process;
  struct load_outputs outputs;
  struct peers peers;
  int code;            /* of a run that did not begin */
  bool begun;          /* the others were told when */
  bool stopped;        /* they were told to stop */
  bool at_once;        /* and to give up what is under way */
  uint64_t give_up_ns; /* when results are not waited for any more; 0: never */
};

static const char *name_of(const struct leader *leader, int rank,
                           char out[MERGING_NAME]) {
  const char *host = leader->peers.list[rank].host;
  snprintf(out, MERGING_NAME, host[0] ? "rank %d on %s" : "rank %d", rank,
           host);
  return out;
}

static void take_messages(struct leader *leader) {
  struct message taken;
  int rank;
  int kind;
  while (message_take(MPI_ANY_SOURCE, MPI_ANY_TAG, &taken, &rank, &kind, NULL))
    peers_take(&leader->peers, rank, kind, &taken,
               process_now_ns(leader->process));
}

/* ---- One plan ---- */

/* Notes why there is no run: somebody who has ended has said it. */
static bool look_for_refusal(struct leader *leader) {
  const struct run_loop *loop = &leader->process->loop;
  int done = peers_find(&leader->peers, PEER_DONE);
  if (done) leader->code = leader->peers.list[done].code;
  if (loop->unanswered) leader->code = LOAD_EXIT_NO_ANSWER;
  if (loop->interrupted) leader->code = interrupt_code();
  return leader->code != EXIT_ALL;
}

static void say_who_is_missing(struct leader *leader) {
  int missing = peers_in(&leader->peers, PEER_NEW);
  say("waiting for %d of %d processes, the first of them rank %d", missing,
      leader->peers.count, peers_find(&leader->peers, PEER_NEW));
}

static bool take_hellos(struct leader *leader) {
  uint64_t begun_ns = process_now_ns(leader->process);
  bool said = false;
  for (;;) {
    take_messages(leader);
    if (look_for_refusal(leader)) return false;
    if (!peers_in(&leader->peers, PEER_NEW)) return true;
    uint64_t waited_ns = process_now_ns(leader->process) - begun_ns;
    if (!said && waited_ns > PATIENCE_MS * MS_NS) {
      say_who_is_missing(leader);
      said = true;
    }
    message_pause(PAUSE_MS);
  }
}

/* Refuses processes of which one would send something else. */
static bool check_plans(struct leader *leader) {
  const char *ours = leader->process->plan_hash;
  char name[MERGING_NAME];
  for (int i = 1; i < leader->peers.count; i++) {
    const struct peer *peer = &leader->peers.list[i];
    if (strcmp(peer->version, lariat_version()) != 0)
      say("%s is lariat %s, and rank 0 is %s", name_of(leader, i, name),
          peer->version, lariat_version());
    else if (strcmp(peer->plan_hash, ours) != 0)
      say("%s has another plan (%s) than rank 0 (%s): are the files that it "
          "reads the same?",
          name_of(leader, i, name), peer->plan_hash, ours);
    else
      continue;
    leader->code = EXIT_USAGE;
    return false;
  }
  return true;
}

/* ---- Clocks ---- */

static bool exchange(int rank, struct clock_offset *offset) {
  struct message ping = {.code = 0};
  struct message pong;
  struct clock_exchange exchange = {.sent_ns = message_wall_ns()};
  if (!message_send(rank, MESSAGE_PING, &ping) ||
      !message_await(rank, MESSAGE_PONG, PONG_MS, &pong, &exchange.back_ns))
    return false;
  exchange.received_ns = pong.numbers[0];
  exchange.returned_ns = pong.numbers[1];
  clock_offset_add(offset, &exchange);
  return true;
}

static void say_clock(const struct leader *leader, int rank) {
  const struct clock_offset *clock = &leader->peers.list[rank].clock;
  char name[MERGING_NAME];
  if (leader->process->settings.output.quiet) return;
  say("the clock of %s is %.3f ms %s that of rank 0, known to %.3f ms",
      name_of(leader, rank, name),
      (double)(clock->ahead_ns < 0 ? -clock->ahead_ns : clock->ahead_ns) / 1e6,
      clock->ahead_ns < 0 ? "behind" : "ahead of",
      (double)clock_offset_error(clock) / 1e6);
}

/* Tells whether what was measured may be no difference at all. */
static bool is_same_clock(const struct leader *leader,
                          const struct peer *peer) {
  int64_t error_ns = clock_offset_error(&peer->clock);
  return peer->first == leader->process->first &&
         peer->clock.ahead_ns <= error_ns && peer->clock.ahead_ns >= -error_ns;
}

static bool compare_clock(struct leader *leader, int rank) {
  struct peer *peer = &leader->peers.list[rank];
  char name[MERGING_NAME];
  for (int i = 0; i < EXCHANGES; i++) {
    if (exchange(rank, &peer->clock)) continue;
    say("%s does not answer", name_of(leader, rank, name));
    peer->state = PEER_LOST;
    leader->code = LOAD_EXIT_INVALID;
    return false;
  }
  if (is_same_clock(leader, peer))
    peer->clock.ahead_ns = 0;
  else
    say_clock(leader, rank);
  return true;
}

/* Compares the clocks.  Those of one machine are one. */
static bool compare_clocks(struct leader *leader) {
  for (int i = 1; i < leader->peers.count; i++)
    if (!compare_clock(leader, i)) return false;
  return true;
}

/* ---- The start ---- */

/* Returns when the measured part begins: when all know of it, and have warmed
 * up; or at the instant that was asked for. */
static int64_t choose_start(const struct leader *leader) {
  const struct load_amount_settings *amount = &leader->process->settings.amount;
  int64_t longest_ns = 0;
  for (int i = 1; i < leader->peers.count; i++)
    if (leader->peers.list[i].clock.round_trip_ns > longest_ns)
      longest_ns = leader->peers.list[i].clock.round_trip_ns;
  int64_t soonest_ns = message_wall_ns() + AHEAD_TRIPS * longest_ns +
                       (int64_t)((AHEAD_MS + amount->warm_up_ms) * MS_NS);
  int64_t asked_ns = amount->start_at_ns;
  if (asked_ns && asked_ns < soonest_ns)
    say("--start-at has gone by before all were ready: they begin as soon as "
        "may be");
  return asked_ns > soonest_ns ? asked_ns : soonest_ns;
}

/* Tells each, by its own clock, when to begin. */
static void tell_start(struct leader *leader, int64_t start_at_ns) {
  for (int i = 1; i < leader->peers.count; i++) {
    struct peer *peer = &leader->peers.list[i];
    struct message start = {.numbers = {start_at_ns + peer->clock.ahead_ns}};
    if (peer->state != PEER_READY) continue;
    peer->state =
        message_send(i, MESSAGE_START, &start) ? PEER_RUNNING : PEER_LOST;
    peer->heard_ns = process_now_ns(leader->process);
  }
}

/* ---- While it runs ---- */

static void stop_all(struct leader *leader, bool at_once) {
  struct message stop = {.flag = at_once};
  if (leader->stopped && (leader->at_once || !at_once)) return;
  leader->stopped = true;
  leader->at_once = at_once;
  process_stop(leader->process, at_once);
  peers_tell(&leader->peers, MESSAGE_STOP, &stop);
}

/* Whoever sends SIGTERM may not wait long. */
static void look_at_interrupt(struct leader *leader) {
  struct process *process = leader->process;
  if (!process->loop.interrupted) return;
  bool terminated = interrupt_code() == EXIT_TERMINATED;
  if (!leader->stopped)
    say("interrupted: %s", terminated ? "all processes end at once"
                                      : "up to 2 seconds for what is under "
                                        "way; a second interrupt ends it at "
                                        "once");
  if (terminated && !leader->give_up_ns)
    leader->give_up_ns = process_now_ns(process) + TERMINATED_MS * MS_NS;
  stop_all(leader, terminated);
}

/* A run of which a part has ended is no measurement any more. */
static void look_for_early_ends(struct leader *leader) {
  char name[MERGING_NAME];
  if (leader->stopped) return;
  for (int i = 1; i < leader->peers.count; i++) {
    const struct peer *peer = &leader->peers.list[i];
    if (peer->state < PEER_SENDING || !peer->early) continue;
    say("%s has ended before its time: so do the others",
        name_of(leader, i, name));
    stop_all(leader, false);
    return;
  }
  const struct process *process = leader->process;
  if (!process_is_running(process) && process_ended_early(process))
    stop_all(leader, false);
}

static void look_at_failures(struct leader *leader) {
  uint64_t most = leader->process->settings.amount.stop_at_failures;
  if (!most || leader->stopped) return;
  uint64_t failures =
      process_failures(leader->process) + peers_failures(&leader->peers);
  if (failures < most) return;
  say("%llu requests have failed: the run ends", (unsigned long long)failures);
  stop_all(leader, false);
}

/* Gives up those of which nothing was heard for long. */
static void look_for_lost(struct leader *leader) {
  uint64_t now_ns = process_now_ns(leader->process);
  char name[MERGING_NAME];
  for (int i = 1; i < leader->peers.count; i++) {
    struct peer *peer = &leader->peers.list[i];
    bool waited_for =
        peer->state == PEER_RUNNING || peer->state == PEER_SENDING;
    if (peer->state == PEER_LOST) stop_all(leader, false);
    if (!waited_for || now_ns - peer->heard_ns < SILENCE_MS * MS_NS) continue;
    say("nothing was heard of %s for %d s: it is given up, and the others end",
        name_of(leader, i, name), SILENCE_MS / 1000);
    peer->state = PEER_LOST;
    stop_all(leader, false);
  }
}

static bool is_over(const struct leader *leader) {
  const struct process *process = leader->process;
  if (leader->give_up_ns && process_now_ns(process) >= leader->give_up_ns)
    return true;
  return !process_is_running(process) &&
         !peers_in(&leader->peers, PEER_RUNNING) &&
         !peers_in(&leader->peers, PEER_SENDING);
}

static void watch(struct leader *leader) {
  struct process *process = leader->process;
  while (!is_over(leader)) {
    take_messages(leader);
    peers_look_at_results(&leader->peers);
    look_at_interrupt(leader);
    look_at_failures(leader);
    look_for_early_ends(leader);
    look_for_lost(leader);
    process_end_grace(process);
    if (process_is_news_due(process)) peers_tell_news(&leader->peers);
    message_pause(process_is_running(process) ? PAUSE_RUNNING_MS : PAUSE_MS);
  }
}

static lariat_value lead(void *context) {
  struct leader *leader = context;
  if (!take_hellos(leader) || !check_plans(leader) || !compare_clocks(leader))
    return lariat_none();
  take_messages(leader);
  if (look_for_refusal(leader)) return lariat_none();
  int64_t start_at_ns = choose_start(leader);
  leader->begun = true;
  tell_start(leader, start_at_ns);
  if (process_start(leader->process, start_at_ns) != EXIT_ALL)
    stop_all(leader, true);
  watch(leader);
  leader->code = process_finish(leader->process);
  return lariat_none();
}

/* ---- The report ---- */

static void say_lost(const struct leader *leader) {
  char name[MERGING_NAME];
  for (int i = 1; i < leader->peers.count; i++)
    if (leader->peers.list[i].state != PEER_DONE ||
        !leader->peers.list[i].result)
      say("there is no result of %s", name_of(leader, i, name));
}

static void add_peers(const struct leader *leader, struct merging *merging) {
  char name[MERGING_NAME];
  for (int i = 1; i < leader->peers.count; i++) {
    const struct peer *peer = &leader->peers.list[i];
    if (peer->state == PEER_DONE && peer->result)
      merging_add(merging, name_of(leader, i, name), peer->clock.ahead_ns,
                  peer->result, peer->length);
  }
}

/* Makes one result of all.  NULL, having said why: there is none. */
static lariat_load_result *merge_results(const struct leader *leader) {
  struct merging merging;
  size_t length = 0;
  char *own = process_write_result(leader->process, &length);
  merging_open(&merging);
  if (own) merging_add(&merging, "rank 0", 0, own, length);
  lariat_load_text_free(own);
  add_peers(leader, &merging);
  return merging_close(&merging);
}

/* Returns the exit code of whoever was interrupted; 0: nobody was. */
static int interruption(const struct leader *leader) {
  if (leader->process->loop.interrupted) return interrupt_code();
  for (int i = 1; i < leader->peers.count; i++)
    if (leader->peers.list[i].code >= EXIT_INTERRUPTED)
      return leader->peers.list[i].code;
  return 0;
}

static int judge(struct leader *leader, lariat_load_result *result) {
  const struct load_settings *settings = &leader->process->settings;
  const lariat_load_thresholds *thresholds = settings->judging.thresholds;
  load_outputs_write(&leader->outputs, result, thresholds);
  if (!settings->output.quiet)
    load_outputs_print_text(&leader->outputs, result, thresholds);
  int interrupted = interruption(leader);
  if (interrupted) return interrupted;
  return judging_exit_code(settings, result,
                           leader->process->loop.targets.first_url);
}

/* Returns whether each process has written what it was to write. */
static int check_logs(const struct leader *leader) {
  int code = leader->code;
  for (int i = 1; i < leader->peers.count; i++)
    if (leader->peers.list[i].code) code = leader->peers.list[i].code;
  return code;
}

static int report(struct leader *leader) {
  const struct run_loop *loop = &leader->process->loop;
  if (!leader->begun) return leader->code;
  if (loop->interrupted && run_loop_is_before_start(loop))
    return interrupt_code();
  say_lost(leader);
  lariat_load_result *result = merge_results(leader);
  if (!result) return LOAD_EXIT_INVALID;
  int code = judge(leader, result);
  lariat_load_result_free(result);
  return code == EXIT_ALL ? check_logs(leader) : code;
}

/* ---- All of it ---- */

/* Does what is done instead of a run. */
static int show(const struct load_settings *settings) {
  if (settings->action == LOAD_HELP)
    usage_print(stdout);
  else if (settings->action == LOAD_VERSION)
    help_print_version(stdout);
  else
    return load_show_requests(settings);
  return EXIT_ALL;
}

/* Opens the files of the reports, but the log, which is each process's own. */
static bool open_outputs(struct leader *leader) {
  struct load_output_settings files = leader->process->settings.output;
  files.paths[LOAD_HDR] = NULL;
  return load_outputs_open(&leader->outputs, &files);
}

static int run(struct leader *leader) {
  struct message go = {.code = EXIT_ALL};
  if (!open_outputs(leader)) return EXIT_USAGE;
  int code = process_open(leader->process);
  if (code != EXIT_ALL) return code;
  peers_tell(&leader->peers, MESSAGE_GO, &go);
  process_run(leader->process, lead, leader);
  return report(leader);
}

static int read_and_run(struct leader *leader, int argc, char **argv) {
  const struct load_settings *settings = &leader->process->settings;
  if (!process_read(leader->process, argc, argv)) return EXIT_USAGE;
  return settings->action == LOAD_RUN ? run(leader) : show(settings);
}

/* Tells whether some process may still be waiting for MPI, or is gone. */
static bool has_left(const struct leader *leader) {
  return peers_in(&leader->peers, PEER_LOST) ||
         (leader->begun && (peers_in(&leader->peers, PEER_RUNNING) ||
                            peers_in(&leader->peers, PEER_SENDING)));
}

int leader_run(struct process *process, int argc, char **argv, bool *left) {
  struct leader leader = {.process = process};
  load_outputs_init(&leader.outputs);
  if (!peers_open(&leader.peers, process->size)) {
    say("out of memory");
    *left = true;
    return EXIT_SOME;
  }
  int code = read_and_run(&leader, argc, argv);
  if (!load_outputs_close(&leader.outputs) && code == EXIT_ALL)
    code = LOAD_EXIT_BROKEN;
  peers_tell(&leader.peers, MESSAGE_EXIT, &(struct message){.code = code});
  *left = has_left(&leader) || process_is_running(process);
  process_close(process);
  if (!*left) peers_close(&leader.peers); /* else results may still come */
  return code;
}
