/* SPDX-License-Identifier: MIT
 * outbox_test.c: mail collected over a turn. */
#include "reactor/outbox.h"

#include "reactor/reactor.h"
#include "support/fixture.h"

enum { LETTERS = 6 };

struct office {
  struct fixture f;
  lariat_mailbox *to;
  lr_outbox outbox;
  lr_mail letters[LETTERS];
  int refused; /* digits: the letters that came back */
  int delivered;
  int puts; /* how many the call puts in */
  bool seen_in_call;
};

static struct office office;

static int digits_of(const lr_mail *mail) {
  int digits = 0;
  for (; mail; mail = mail->next)
    digits = digits * 10 + (int)(mail - office.letters) + 1;
  return digits;
}

static void refused(lr_outbox *outbox, lr_mail *oldest) {
  CU_ASSERT_PTR_EQUAL(outbox, &office.outbox);
  office.refused = digits_of(oldest);
}

static void delivered(lr_mail *mail) {
  int number = (int)(mail - office.letters) + 1;
  office.delivered = office.delivered * 10 + number;
}

static void not_discarded(lr_mail *mail) {
  (void)mail;
  fixture_fail("a mail was discarded");
}

static const lr_mail_ops ops = {delivered, not_discarded};

static void open_office(bool own_mailbox) {
  fixture_open(&office.f, FIXTURE_MANUAL_CLOCK);
  office.refused = office.delivered = office.puts = 0;
  office.seen_in_call = false;
  for (int i = 0; i < LETTERS; i++) office.letters[i] = (lr_mail){.ops = &ops};
  if (own_mailbox)
    office.to = lariat_reactor_mailbox(office.f.reactor);
  else
    CU_ASSERT_EQUAL_FATAL(lr_mailbox_new(&office.to), LARIAT_OK);
  lr_outbox_init(&office.outbox, office.f.reactor, office.to, refused);
}

static void close_office(void) {
  lr_outbox_clear(&office.outbox);
  lariat_mailbox_release(office.to);
  fixture_close(&office.f);
}

static void put_some(void *context) {
  (void)context;
  for (int i = 0; i < office.puts; i++)
    lr_outbox_put(&office.outbox, &office.letters[i]);
  office.seen_in_call = office.outbox.newest == NULL;
}

static void put_in_turn(int count) {
  office.puts = count;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(office.f.reactor, put_some, NULL, NULL),
      LARIAT_OK);
  fixture_turns(&office.f, 1);
}

static void test_outside_a_turn(void) {
  open_office(false);
  lr_outbox_put(&office.outbox, &office.letters[0]);
  lr_outbox_put(&office.outbox, &office.letters[1]);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(office.to)), 12);
  CU_ASSERT_EQUAL(office.outbox.length, 0);
  lr_outbox_flush(&office.outbox);
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(office.to));
  close_office();
}

static void test_in_a_turn(void) {
  open_office(false);
  put_in_turn(4);
  CU_ASSERT_FALSE(office.seen_in_call);
  CU_ASSERT_EQUAL(office.outbox.length, 0);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(office.to)), 1234);
  put_in_turn(2);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(office.to)), 12);
  close_office();
}

static void test_full(void) {
  open_office(false);
  office.outbox.full = 3;
  put_in_turn(3);
  CU_ASSERT_TRUE(office.seen_in_call);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(office.to)), 123);
  put_in_turn(5);
  CU_ASSERT_FALSE(office.seen_in_call);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(office.to)), 12345);
  close_office();
}

static void test_refused(void) {
  open_office(false);
  CU_ASSERT_PTR_NULL(lr_mailbox_close(office.to));
  put_in_turn(4);
  CU_ASSERT_EQUAL(office.refused, 1234);
  lr_outbox_put(&office.outbox, &office.letters[4]);
  CU_ASSERT_EQUAL(office.refused, 5);
  close_office();
}

static void test_to_itself(void) {
  open_office(true);
  lr_outbox_put(&office.outbox, &office.letters[5]);
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(office.to));
  put_in_turn(3);
  CU_ASSERT_EQUAL(office.delivered, 6);
  fixture_turns(&office.f, 1);
  CU_ASSERT_EQUAL(office.delivered, 6123);
  close_office();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"outside a turn mail is sent at once", test_outside_a_turn},
      {"in a turn it is sent at the end", test_in_a_turn},
      {"a full outbox is sent at once", test_full},
      {"a closed mailbox gives the mail back", test_refused},
      {"mail to oneself takes the short way", test_to_itself},
  };
  return fixture_main("outbox", tests, FIXTURE_COUNT(tests), argc, argv);
}
