/* SPDX-License-Identifier: MIT
 * judging.c: no answer, then the verdict, then thresholds. */
#include "load/judging.h"

#include <lariat/load/verdict.h>
#include <stdio.h>

#include "say.h"

bool judging_has_answer(const lariat_load_result *result) {
  return lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED) ||
         lariat_load_result_outcomes(result, LARIAT_LOAD_STATUS) ||
         lariat_load_result_outcomes(result, LARIAT_LOAD_CHECK);
}

/* ---- No answer ---- */

/* Advice by what most requests came to. */
static const char *const advice[LARIAT_LOAD_OUTCOMES] = {
    [LARIAT_LOAD_RESOLVE] = "the name was not found: is it spelled right?",
    [LARIAT_LOAD_CONNECT_FAILED] =
        "no connection: does the server run, and is the port right?",
    [LARIAT_LOAD_TLS_FAILED] =
        "no TLS: is it an https server, and is its certificate trusted (see "
        "--cacert and --insecure)?",
    [LARIAT_LOAD_RESET] = "the connections broke: does the server want https?",
    [LARIAT_LOAD_CLOSED] =
        "the server closed the connections: does it want https?",
    [LARIAT_LOAD_PROTOCOL] =
        "what came was no HTTP/1.1: is it an HTTP server, and not https?",
    [LARIAT_LOAD_TIMEOUT] = "nothing came within --timeout: does the server "
                            "answer a single request (--once)?",
    [LARIAT_LOAD_LOCAL] = "this machine lacks descriptors, ports or memory: "
                          "fewer --connections?"};

static void say_no_answer(const lariat_load_result *result, const char *url) {
  unsigned most = LARIAT_LOAD_ANSWERED;
  uint64_t count = 0;
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    if (lariat_load_result_outcomes(result, i) > count) {
      most = i;
      count = lariat_load_result_outcomes(result, i);
    }
  char shown[SAY_CAPACITY];
  say("%s did not answer: %s", say_shown(shown, url),
      advice[most] ? advice[most] : "no request was finished");
}

/* ---- Verdict and thresholds ---- */

static void say_reasons(const lariat_load_verdict *verdict) {
  for (size_t i = 0; i < verdict->reason_count; i++)
    if (verdict->reasons[i].validity != LARIAT_LOAD_VALID)
      say("%s: %s", lariat_load_validity_name(verdict->reasons[i].validity),
          verdict->reasons[i].message);
}

/* Tells whether a threshold is broken, and says which where `saying`. */
static bool is_broken(const struct load_judging_settings *judging,
                      const lariat_load_result *result, bool saying) {
  size_t count = lariat_load_thresholds_count(judging->thresholds);
  bool broken = false;
  for (size_t i = 0; i < count; i++) {
    char message[200];
    if (!lariat_load_threshold_broken(judging->thresholds, i, result, message,
                                      sizeof message))
      continue;
    broken = true;
    if (saying) say("%s", message);
  }
  return broken;
}

int judging_exit_code(const struct load_settings *settings,
                      lariat_load_result *result, const char *url) {
  bool saying = settings->output.quiet;
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  if (!judging_has_answer(result)) {
    /* One of several parts may have nothing to send, and nothing to judge. */
    if (verdict->validity == LARIAT_LOAD_VALID) return EXIT_ALL;
    say_no_answer(result, url);
    return LOAD_EXIT_NO_ANSWER;
  }
  if (saying) say_reasons(verdict);
  bool broken = is_broken(&settings->judging, result, saying);
  if (verdict->validity == LARIAT_LOAD_INVALID) return LOAD_EXIT_INVALID;
  if (broken) return LOAD_EXIT_BROKEN;
  bool suspect = verdict->validity == LARIAT_LOAD_SUSPECT;
  return suspect && settings->judging.strict ? LOAD_EXIT_SUSPECT : EXIT_ALL;
}
