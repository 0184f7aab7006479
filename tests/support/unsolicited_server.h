/* SPDX-License-Identifier: MIT
 * unsolicited_server.h: a server on loopback that sends a second answer, which
 * nobody has asked for, after each.  The right body of a path is "of " and the
 * path; the second answer's is something else.  A thread for each connection.
 */
#ifndef TESTS_SUPPORT_UNSOLICITED_SERVER_H
#define TESTS_SUPPORT_UNSOLICITED_SERVER_H

/* The moment of the second answer. */
enum unsolicited_moment {
  UNSOLICITED_NEVER,
  UNSOLICITED_AT_ONCE, /* in another segment */
  UNSOLICITED_SCRAP,   /* its first bytes with the first answer */
  UNSOLICITED_HALF_MS, /* later */
  UNSOLICITED_5_MS     /* later */
};

struct unsolicited_server;

/* Starts one; aborts when it cannot. */
struct unsolicited_server *
unsolicited_server_start(enum unsolicited_moment moment);

unsigned unsolicited_server_port(const struct unsolicited_server *server);

/* Ends all connections, waits for the threads and frees everything. */
void unsolicited_server_stop(struct unsolicited_server *server);

#endif
