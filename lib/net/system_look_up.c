/* SPDX-License-Identifier: MIT
 * system_look_up.c: a detached thread for each getaddrinfo. */
#include "net/system_look_up.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"

/* Of address space: the modules of nsswitch.conf, and a program's thread-local
 * data, which is in there too, may want more than getaddrinfo alone. */
enum { STACK_BYTES = 1024 * 1024 };

/* Has two holds: of who has started it, and of its thread, which passes it on
 * with the mail. */
struct lr_system_look_up {
  lr_atomic_u32 holds;
  lr_mail mail;
  lariat_mailbox *mailbox; /* a reference */
  lr_system_told *told;    /* the reactor's; NULL: nobody wants it */
  void *context;
  int family;
  int code; /* of getaddrinfo */
  lr_dns_answer answer;
  char name[];
};

static void release_hold(lr_system_look_up *look_up) {
  if (!lr_count_release(&look_up->holds)) return;
  lariat_mailbox_release(look_up->mailbox);
  lr_free(look_up);
}

/* ---- The thread ---- */

static void add_address(lr_dns_answer *answer, const struct addrinfo *info) {
  lr_host_address *to = &answer->list[answer->count];
  if (answer->count == LR_ADDRESSES_MAX ||
      !lr_ip_read(info->ai_addr, info->ai_addrlen, &to->ip))
    return;
  to->scope = 0;
  if (info->ai_family == AF_INET6) {
    struct sockaddr_in6 name;
    memcpy(&name, (const void *)info->ai_addr, sizeof name);
    to->scope = name.sin6_scope_id;
  }
  answer->count++;
}

static lr_dns_outcome outcome_of(int code) {
  if (code == EAI_NONAME) return LR_DNS_NO_NAME;
#ifdef EAI_NODATA
  if (code == EAI_NODATA) return LR_DNS_NO_DATA;
#endif
  return LR_DNS_FAILED;
}

static void look_up_name(lr_system_look_up *look_up) {
  struct addrinfo hints = {.ai_family = look_up->family,
                           .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  look_up->code = getaddrinfo(look_up->name, NULL, &hints, &found);
  look_up->answer.outcome = outcome_of(look_up->code);
  if (look_up->code != 0) return;
  for (const struct addrinfo *at = found; at; at = at->ai_next)
    add_address(&look_up->answer, at);
  freeaddrinfo(found);
  look_up->answer.outcome =
      look_up->answer.count ? LR_DNS_FOUND : LR_DNS_NO_DATA;
}

static void *run(void *look_up_pointer) {
  lr_system_look_up *look_up = look_up_pointer;
  lariat_mailbox *mailbox = lr_mailbox_retain(look_up->mailbox);
  (void)pthread_setname_np(pthread_self(), "lariat-name");
  look_up_name(look_up);
  if (!lr_mailbox_push(mailbox, &look_up->mail)) release_hold(look_up);
  lariat_mailbox_release(mailbox);
  return NULL;
}

static int start_thread(lr_system_look_up *look_up) {
  pthread_t thread;
  pthread_attr_t attributes;
  sigset_t all, before;
  pthread_attr_init(&attributes);
  (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = pthread_create(&thread, &attributes, run, look_up);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return code;
}

/* ---- The reactor's side ---- */

static void deliver(lr_mail *mail) {
  lr_system_look_up *look_up = lr_container(mail, lr_system_look_up, mail);
  if (look_up->told) {
    look_up->told(look_up->context, &look_up->answer,
                  look_up->code ? gai_strerror(look_up->code) : "");
    release_hold(look_up);
  }
  release_hold(look_up);
}

/* Tells nobody: the reactor closes, and who waits is told by that. */
static void discard(lr_mail *mail) {
  release_hold(lr_container(mail, lr_system_look_up, mail));
}

static const lr_mail_ops mail_ops = {deliver, discard};

lr_system_look_up *lr_system_look_up_start(const char *name, int family,
                                           lariat_mailbox *mailbox,
                                           lr_system_told *told,
                                           void *context) {
  size_t length = strlen(name);
  lr_system_look_up *look_up = lr_alloc_zero(sizeof *look_up + length + 1);
  if (!look_up) return NULL;
  memcpy(look_up->name, name, length);
  lr_u32_init(&look_up->holds, 2);
  look_up->mail.ops = &mail_ops;
  look_up->mailbox = lr_mailbox_retain(mailbox);
  look_up->family = family;
  look_up->told = told;
  look_up->context = context;
  if (start_thread(look_up) == 0) return look_up;
  release_hold(look_up);
  release_hold(look_up);
  return NULL;
}

void lr_system_look_up_abandon(lr_system_look_up *look_up) {
  look_up->told = NULL;
  release_hold(look_up);
}
