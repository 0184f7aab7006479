/* SPDX-License-Identifier: MIT
 * dns_message_test.c: messages, whole, cut off and spoilt. */
#include "net/dns_message.h"

#include <string.h>

#include "support/fixture.h"

/* A question for www.test and its answer: an alias of 300 seconds, two
 * addresses of 60 and 90, the names by pointers. */
static const uint8_t found[] =
    "\x12\x34\x81\x80\x00\x01\x00\x03\x00\x00\x00\x00"
    "\x03www\x04test\x00\x00\x01\x00\x01"
    "\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x04\x01"
    "a\xc0\x10"
    "\xc0\x26\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"
    "\xc0\x26\x00\x01\x00\x01\x00\x00\x00\x5a\x00\x04\xc0\x00\x02\x02";

/* No such name; the record of the zone says 900, its last number 30. */
static const uint8_t no_name[] =
    "\x12\x34\x81\x83\x00\x01\x00\x00\x00\x01\x00\x00"
    "\x03www\x04test\x00\x00\x01\x00\x01"
    "\xc0\x10\x00\x06\x00\x01\x00\x00\x03\x84\x00\x18\x01"
    "a\x00\x00"
    "\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04"
    "\x00\x00\x00\x1e";

static void read_bytes(const uint8_t *bytes, size_t length, uint16_t type,
                       lr_dns_answer *answer) {
  lr_dns_message_read(bytes, length, type, answer);
}

static void test_found(void) {
  lr_dns_answer answer;
  static const uint8_t first[4] = {192, 0, 2, 1};
  read_bytes(found, sizeof found - 1, LR_DNS_A, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_FOUND);
  CU_ASSERT_EQUAL(answer.count, 2);
  CU_ASSERT_EQUAL(answer.ttl_s, 60);
  lr_ip ip = lr_ip_of_v4(first);
  CU_ASSERT_EQUAL(memcmp(&answer.list[0].ip, &ip, sizeof ip), 0);
  read_bytes(found, sizeof found - 1, LR_DNS_AAAA, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_NO_DATA);
  CU_ASSERT_EQUAL(answer.ttl_s, 0);
}

static void test_none(void) {
  lr_dns_answer answer;
  uint8_t copy[sizeof no_name];
  read_bytes(no_name, sizeof no_name - 1, LR_DNS_A, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_NO_NAME);
  CU_ASSERT_EQUAL(answer.ttl_s, 30);
  memcpy(copy, no_name, sizeof copy);
  copy[3] = 0x80;
  read_bytes(copy, sizeof copy - 1, LR_DNS_A, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_NO_DATA);
  CU_ASSERT_EQUAL(answer.ttl_s, 30);
  copy[3] = 0x82;
  read_bytes(copy, sizeof copy - 1, LR_DNS_A, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_FAILED);
}

/* A TTL with the highest bit is none at all. */
static void test_huge_ttl(void) {
  lr_dns_answer answer;
  uint8_t copy[sizeof found];
  memcpy(copy, found, sizeof copy);
  copy[48] = 0xff;
  read_bytes(copy, sizeof copy - 1, LR_DNS_A, &answer);
  CU_ASSERT_EQUAL(answer.outcome, LR_DNS_FOUND);
  CU_ASSERT_EQUAL(answer.ttl_s, 0);
}

/* Cut off anywhere, nothing is found that is not there. */
static void test_cut_off(void) {
  lr_dns_answer answer;
  for (size_t length = 0; length + 1 < sizeof found; length++) {
    read_bytes(found, length, LR_DNS_A, &answer);
    CU_ASSERT_EQUAL(answer.outcome, LR_DNS_FAILED);
    CU_ASSERT_EQUAL(answer.count, 0);
  }
  for (size_t length = 12 + 14; length + 1 < sizeof no_name; length++) {
    read_bytes(no_name, length, LR_DNS_A, &answer);
    CU_ASSERT_EQUAL(answer.outcome, LR_DNS_NO_NAME);
    CU_ASSERT_EQUAL(answer.ttl_s, 0);
  }
}

/* Any byte changed to any value: the sanitizers look on. */
static void test_spoilt(void) {
  lr_dns_answer answer;
  uint8_t copy[sizeof found];
  for (size_t at = 0; at + 1 < sizeof found; at++)
    for (unsigned value = 0; value < 256; value++) {
      memcpy(copy, found, sizeof copy);
      copy[at] = (uint8_t)value;
      read_bytes(copy, sizeof copy - 1, LR_DNS_A, &answer);
      CU_ASSERT_TRUE(answer.count <= LR_ADDRESSES_MAX);
      CU_ASSERT_TRUE((answer.outcome == LR_DNS_FOUND) == (answer.count > 0));
    }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"found", test_found},         {"none", test_none},
      {"a huge TTL", test_huge_ttl}, {"cut off", test_cut_off},
      {"spoilt", test_spoilt},
  };
  return fixture_main("dns message", tests, FIXTURE_COUNT(tests), argc, argv);
}
