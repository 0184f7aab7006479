/* SPDX-License-Identifier: MIT
 * coalesce_test.c: when a reactor sleeps a little before it looks, and when it
 * leaves a look out. */
#include <string.h>
#include <unistd.h>

#include "reactor/reactor_private.h"
#include "support/fixture.h"

/* As it is in a run, with mail and calls to come. */
static void test_when(void) {
  static const struct {
    bool allowed, in_run, turn_requested;
    int found;
    bool coalesces;
  } cases[] = {
      {true, true, false, 8, true},   {true, true, false, 23, true},
      {true, true, false, 7, false},  {true, true, false, 24, false},
      {true, true, true, 8, false},   {true, false, false, 8, false},
      {false, true, false, 8, false}, {false, false, false, 8, false},
      {true, true, false, 0, false},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lr_reactor_allow_coalescing(f.reactor, cases[i].allowed);
    f.reactor->run.state = cases[i].in_run ? LR_RUN_RUNNING : LR_RUN_NONE;
    f.reactor->turn_requested = cases[i].turn_requested;
    f.reactor->polling.found = cases[i].found;
    CU_ASSERT_EQUAL(lr_coalesce(f.reactor), cases[i].coalesces);
    CU_ASSERT_FALSE(lr_coalesce_skips_poll(f.reactor));
    CU_ASSERT_EQUAL(f.reactor->polling.found,
                    cases[i].coalesces ? 0 : cases[i].found);
  }
  f.reactor->run.state = LR_RUN_NONE;
  f.reactor->turn_requested = false;
  fixture_close(&f);
}

static char diary[16];

static void write_down(char letter) {
  size_t length = strlen(diary);
  if (length < sizeof diary - 1) diary[length] = letter;
}

static void deliver(lr_mail *mail) {
  (void)mail;
  write_down('m');
}

static const lr_mail_ops ops = {deliver, deliver};

struct scene {
  lariat_reactor *reactor;
  lr_turn_hook hook;
  lr_mail mails[2];
  int ends[2];
  int turns;
};

static void read_byte(int fd, void *context) {
  struct scene *scene = context;
  char byte;
  if (read(fd, &byte, 1) == 1) write_down('r');
  if (scene->turns == 0) return;
  (void)lariat_reactor_stop(scene->reactor);
}

/* Mail comes at the ends of two turns, and at the first there is something to
 * be read as well. */
static void turn_end(lr_turn_hook *hook) {
  struct scene *scene = lr_container(hook, struct scene, hook);
  write_down('.');
  int turn = scene->turns++;
  if (turn > 1) return;
  lr_mail *mail = &scene->mails[turn];
  *mail = (lr_mail){.ops = &ops};
  CU_ASSERT_TRUE(lr_mailbox_push(lr_reactor_own_mailbox(scene->reactor), mail));
  if (turn == 0) CU_ASSERT_EQUAL(write(scene->ends[1], "x", 1), 1);
}

static void play(struct fixture *f, bool coalesces) {
  struct scene scene = {.reactor = f->reactor, .hook.turn_end = turn_end};
  memset(diary, 0, sizeof diary);
  CU_ASSERT_EQUAL_FATAL(pipe(scene.ends), 0);
  lr_reactor_allow_coalescing(f->reactor, coalesces);
  lr_reactor_add_turn_hook(f->reactor, &scene.hook);
  CU_ASSERT_EQUAL(lariat_reactor_add_reader(f->reactor, scene.ends[0],
                                            read_byte, &scene, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(write(scene.ends[1], "x", 1), 1);
  CU_ASSERT_EQUAL(lariat_reactor_run(f->reactor), LARIAT_OK);
  lr_reactor_remove_turn_hook(f->reactor, &scene.hook);
  write_down('/');
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f->reactor, 0), LARIAT_OK);
  lariat_reactor_remove_reader(f->reactor, scene.ends[0]);
  close(scene.ends[0]);
  close(scene.ends[1]);
}

/* One look may be left out for mail, the next may not. */
static void test_mail_first(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  play(&f, false);
  CU_ASSERT_STRING_EQUAL(diary, "r.rm./m");
  play(&f, true);
  CU_ASSERT_STRING_EQUAL(diary, "r.m.rm./");
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a sleep is for many events, in a run, when allowed", test_when},
      {"with coalesces a look is left out for mail, once", test_mail_first},
  };
  return fixture_main("coalesce", tests, FIXTURE_COUNT(tests), argc, argv);
}
