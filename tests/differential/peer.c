/* SPDX-License-Identifier: MIT
 * peer.c: a child process behind two pipes. */
#include "differential/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "differential/over_lariat.h"

enum { PATIENCE_MS = 60000 };

static void run_child(const struct peer *peer, int commands, int answers) {
  signal(SIGPIPE, SIG_DFL);
  /* No look for leaks at the exit: the traces tell, program by program. */
  if (!peer->command) _exit(over_lariat(commands, answers, peer->rows));
  if (dup2(commands, STDIN_FILENO) < 0 || dup2(answers, STDOUT_FILENO) < 0)
    _exit(127);
  execv(peer->command[0], peer->command);
  _exit(127);
}

void peer_start(struct peer *peer) {
  int commands[2];
  int answers[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
    die("no pipes");
  fflush(stdout);
  peer->pid = fork();
  if (peer->pid < 0) die("no process");
  if (peer->pid == 0) {
    close(commands[1]);
    close(answers[0]);
    run_child(peer, commands[0], answers[1]);
  }
  close(commands[0]);
  close(answers[1]);
  peer->to = commands[1];
  peer->from = answers[0];
}

/* Its exit status. */
static int end(struct peer *peer) {
  int status = 0;
  close(peer->to);
  close(peer->from);
  while (waitpid(peer->pid, &status, 0) < 0 && errno == EINTR) continue;
  peer->pid = 0;
  return status;
}

void peer_stop(struct peer *peer) {
  if (peer->pid > 0) (void)end(peer);
}

static void send_bytes(const struct peer *peer, const char *bytes,
                       size_t count) {
  while (count > 0) {
    ssize_t sent = write(peer->to, bytes, count);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return; /* it died: receiving will say so */
    bytes += sent;
    count -= (size_t)sent;
  }
}

void peer_send(struct peer *peer, const struct text *batch) {
  char head[32];
  int length = snprintf(head, sizeof head, "%zu\n", batch->used);
  send_bytes(peer, head, (size_t)length);
  send_bytes(peer, batch->bytes, batch->used);
}

/* Reads at most `count` bytes; 0 when there are no more, or none in time. */
static size_t read_some(const struct peer *peer, char *bytes, size_t count,
                        bool *late) {
  struct pollfd ready = {.fd = peer->from, .events = POLLIN};
  int found;
  do found = poll(&ready, 1, PATIENCE_MS);
  while (found < 0 && errno == EINTR);
  *late = found == 0;
  if (found <= 0) return 0;
  ssize_t got = read(peer->from, bytes, count);
  return got > 0 ? (size_t)got : 0;
}

static bool read_all(const struct peer *peer, char *bytes, size_t count,
                     bool *late) {
  while (count > 0) {
    size_t got = read_some(peer, bytes, count, late);
    if (got == 0) return false;
    bytes += got;
    count -= got;
  }
  return true;
}

static bool read_answer(const struct peer *peer, struct text *answer,
                        bool *late) {
  char head[32];
  size_t used = 0;
  do {
    if (used + 1 == sizeof head) return false;
    if (!read_all(peer, head + used, 1, late)) return false;
  } while (head[used++] != '\n');
  head[used] = '\0';
  size_t size = strtoul(head, NULL, 10);
  return read_all(peer, text_reserve(answer, size), size, late);
}

static void say_end(struct peer *peer, struct text *answer, bool late) {
  text_clear(answer);
  if (late) kill(peer->pid, SIGKILL);
  int status = end(peer);
  if (late)
    text_add(answer, "(no answer for a minute)\n");
  else if (WIFSIGNALED(status))
    text_format(answer, "(died of signal %d)\n", WTERMSIG(status));
  else
    text_format(answer, "(ended with %d)\n", WEXITSTATUS(status));
}

bool peer_receive(struct peer *peer, struct text *answer) {
  bool late = false;
  text_clear(answer);
  if (read_answer(peer, answer, &late)) return true;
  say_end(peer, answer, late);
  return false;
}

bool peer_ask(struct peer *peer, const struct text *batch,
              struct text *answer) {
  if (peer->pid == 0) peer_start(peer);
  peer_send(peer, batch);
  return peer_receive(peer, answer);
}
