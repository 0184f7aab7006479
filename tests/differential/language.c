/* SPDX-License-Identifier: MIT
 * language.c: the operations, and the parser. */
#include "differential/language.h"

#include <stdlib.h>
#include <string.h>

#include "differential/text.h"

const struct operation operations[OP_COUNT] = {
    [OP_NEW] = {"new", "Do", 8},
    [OP_DONE] = {"done", "Dv", 4},
    [OP_FAILED] = {"failed", "Dn", 3},
    [OP_DROP] = {"drop", "d", 3},
    [OP_CALLBACKS] = {"callbacks", "dff", 14},
    [OP_CALLBACK] = {"callback", "dg", 12},
    [OP_ERRBACK] = {"errback", "dg", 6},
    [OP_BOTH] = {"both", "dg", 12},
    [OP_FIRE] = {"fire", "dv", 16},
    [OP_ERR] = {"err", "dn", 7},
    [OP_CANCEL] = {"cancel", "d", 8},
    [OP_PAUSE] = {"pause", "d", 5},
    [OP_UNPAUSE] = {"unpause", "d", 6},
    [OP_SHOW] = {"show", "d", 2},
    [OP_CHAIN] = {"chain", "dd", 6},
    [OP_GATHER] = {"gather", "D*", 5},
    [OP_LIST] = {"list", "DF*", 6},
    [OP_RACE] = {"race", "D*", 5},
    [OP_TIMEOUT] = {"timeout", "dmo", 12},
    [OP_ADVANCE] = {"advance", "m", 12},
    [OP_LOCK] = {"lock", "L", 1},
    [OP_SEMAPHORE] = {"semaphore", "Sk", 1},
    [OP_QUEUE] = {"queue", "Qqq", 2},
    [OP_ACQUIRE] = {"acquire", "AD", 10},
    [OP_RELEASE] = {"release", "A", 10},
    [OP_PUT] = {"put", "Qv", 10},
    [OP_GET] = {"get", "QD", 10},
    [OP_RUN] = {"run", "Dg", 24},
    [OP_AWAIT] = {"await", "d", 30},
    [OP_TRY] = {"try", "d", 70},
    [OP_ALL] = {"all", "*", 16},
    [OP_SLEEP] = {"sleep", "m", 70},
    [OP_YIELD] = {"yield", "v", 14},
};

static enum op op_named(const char *name) {
  for (int op = 0; op < OP_COUNT; op++) {
    if (strcmp(operations[op].name, name) == 0) return (enum op)op;
  }
  die("no operation is called %s", name);
}

int number_in(const char *word) {
  char *end;
  long number = strtol(word, &end, 10);
  if (end == word || *end || number < 0 || number >= SLOTS)
    die("%s is not the number of a slot", word);
  return (int)number;
}

static struct function *function_named(struct script *script,
                                       const char *name) {
  if (name[0] != 'f') die("%s is not a function", name);
  return &script->functions[number_in(name + 1)];
}

/* The words of one line, which ends at a NUL. */
static int cut(char *text, const char *words[WORDS_MOST]) {
  int count = 0;
  char *rest = NULL;
  for (char *word = strtok_r(text, " ", &rest); word;
       word = strtok_r(NULL, " ", &rest)) {
    if (count == WORDS_MOST) die("a line has too many words");
    words[count++] = word;
  }
  return count;
}

/* How many words must follow an operation, at the least. */
static int words_least(const char *shape) {
  int least = 0;
  for (; *shape; shape++) least += *shape != 'o' && *shape != '*';
  return least;
}

static void fill_line(struct line *line, const char *const *words, int count) {
  line->op = op_named(words[0]);
  line->count = count;
  memcpy(line->words, words, (size_t)count * sizeof *words);
  if (count - 1 < words_least(operations[line->op].shape))
    die("%s: words are missing", words[0]);
}

static void add_line(struct script *script, const char *const *words,
                     int count) {
  if (strcmp(words[0], "fn") == 0) {
    if (count < 3) die("fn: words are missing");
    struct function *function = function_named(script, words[1]);
    function->kind = words[2];
    function->operand = count > 3 ? words[3] : "";
  } else if (strcmp(words[0], "in") == 0) {
    if (count < 3) die("in: words are missing");
    struct function *function = function_named(script, words[1]);
    if (function->lines == BODY_MOST) die("a function is too long");
    fill_line(&function->body[function->lines++], words + 2, count - 2);
  } else {
    if (script->lines == LINES_MOST) die("a program is too long");
    fill_line(&script->main[script->lines++], words, count);
  }
}

static void clear(struct script *script) {
  static const char *const names[FUNCTIONS] = {"f0", "f1", "f2", "f3", "f4",
                                               "f5", "f6", "f7", "f8", "f9"};
  script->lines = 0;
  for (int i = 0; i < FUNCTIONS; i++) {
    struct function *function = &script->functions[i];
    function->name = names[i];
    function->kind = "pass";
    function->operand = "";
    function->lines = 0;
  }
}

void script_parse(struct script *script, char *text) {
  clear(script);
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line;
       line = strtok_r(NULL, "\n", &rest)) {
    const char *words[WORDS_MOST];
    int count = cut(line, words);
    if (count > 0) add_line(script, words, count);
  }
}
