/* SPDX-License-Identifier: MIT
 * user.c: the cookies of a user, from his answers into his requests. */
#include "user.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

lr_load_user *lr_load_user_new(const lr_load_flow *flow, uint64_t index) {
  lr_load_user *user = calloc(1, sizeof(*user));
  if (!user) return NULL;
  user->flow = flow;
  user->index = index;
  return user;
}

void lr_load_user_free(lr_load_user *user) {
  lariat_cookie_jar_release(user->jar);
  free(user);
}

static const lariat_url *find_url(const lr_load_user *user) {
  return user->flow->steps[user->step].url;
}

/* Takes one cookie; one that there is no memory for is as one that was
 * refused. */
static void take_cookie(lr_load_user *user, const char *value) {
  if (!user->jar && lariat_cookie_jar_new(NULL, &user->jar) != LARIAT_OK)
    return;
  (void)lariat_cookie_jar_set(user->jar, find_url(user), value, strlen(value),
                              time(NULL), NULL);
}

bool lr_load_user_answer(lr_load_user *user, const lariat_response *response) {
  size_t position = 0;
  const char *value;
  while (response && (value = lariat_response_next_header(
                          response, "Set-Cookie", &position)))
    take_cookie(user, value);
  return ++user->step < user->flow->count;
}

/* Puts the header behind the others of the head. */
static bool put_header(lr_load_bytes *buffer, const lr_load_message *message,
                       const char *value) {
  const char *end = memmem(message->bytes, message->length, "\r\n\r\n", 4);
  size_t head = end ? (size_t)(end - message->bytes) + 2 : 0;
  lr_load_bytes_clear(buffer);
  return lr_load_bytes_add(buffer, message->bytes, head) &&
         lr_load_bytes_add(buffer, "Cookie: ", 8) &&
         lr_load_bytes_add(buffer, value, strlen(value)) &&
         lr_load_bytes_add(buffer, "\r\n", 2) &&
         lr_load_bytes_add(buffer, message->bytes + head,
                           message->length - head);
}

static bool has_own_cookies(const lr_load_user *user) {
  const lr_load_step *step = &user->flow->steps[user->step];
  return (step->entry.flags & LR_LOAD_ENTRY_COOKIE) != 0;
}

lariat_status lr_load_user_add_cookies(lr_load_user *user,
                                       lr_load_bytes *buffer,
                                       lr_load_message *message) {
  const char *value;
  if (!user->jar || has_own_cookies(user)) return LARIAT_OK;
  lariat_status status =
      lariat_cookie_jar_header(user->jar, find_url(user), time(NULL), &value);
  if (status != LARIAT_OK || !value) return status;
  if (!put_header(buffer, message, value)) return LARIAT_ENOMEM;
  message->bytes = buffer->bytes;
  message->length = buffer->length;
  message->stays = false;
  return LARIAT_OK;
}
