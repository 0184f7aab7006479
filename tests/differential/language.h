/* SPDX-License-Identifier: MIT
 * language.h: the language of programs over deferreds, as
 * docs/internals/differential.md describes it. */
#ifndef TESTS_DIFFERENTIAL_LANGUAGE_H
#define TESTS_DIFFERENTIAL_LANGUAGE_H

#include <stdbool.h>

enum {
  SLOTS = 10,      /* deferreds, and tools */
  FUNCTIONS = 10,  /* f0 to f9 */
  WORDS_MOST = 12, /* of a line */
  LINES_MOST = 64, /* of the main part */
  BODY_MOST = 16,  /* lines of a function */
  STEPS_MOST = 150 /* operations that one program performs */
};

enum op {
  OP_NEW,
  OP_DONE,
  OP_FAILED,
  OP_DROP,
  OP_CALLBACKS,
  OP_CALLBACK,
  OP_ERRBACK,
  OP_BOTH,
  OP_FIRE,
  OP_ERR,
  OP_CANCEL,
  OP_PAUSE,
  OP_UNPAUSE,
  OP_SHOW,
  OP_CHAIN,
  OP_GATHER,
  OP_LIST,
  OP_RACE,
  OP_TIMEOUT,
  OP_ADVANCE,
  OP_LOCK,
  OP_SEMAPHORE,
  OP_QUEUE,
  OP_ACQUIRE,
  OP_RELEASE,
  OP_PUT,
  OP_GET,
  OP_RUN,
  OP_AWAIT,
  OP_TRY,
  OP_ALL,
  OP_SLEEP,
  OP_YIELD,
  OP_COUNT
};

/* What an operation is called, what words follow (one letter each, see
 * generate.c), and how often the generator writes it among the others of its
 * kind. */
struct operation {
  const char *name;
  const char *shape;
  unsigned weight;
};
extern const struct operation operations[OP_COUNT];

struct line {
  enum op op;
  int count;
  const char *words[WORDS_MOST]; /* the first is the operation's name */
};

/* Whether only a coroutine's body can do it. */
static inline bool is_wait(enum op op) { return op >= OP_AWAIT; }

/* A function: what it does when it is called, and what it returns. */
struct function {
  const char *name;
  const char *kind;    /* "pass", "val", "fail", "raise", "def" */
  const char *operand; /* of the kind, or "" */
  int lines;
  struct line body[BODY_MOST];
};

struct script {
  int lines;
  struct line main[LINES_MOST];
  struct function functions[FUNCTIONS];
};

/* Parses a program, which is cut into words.  What is wrong ends this process
 * with a message. */
void script_parse(struct script *script, char *text);

/* The number of a slot or function. */
int number_in(const char *word);

#endif
