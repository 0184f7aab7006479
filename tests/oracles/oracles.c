/* SPDX-License-Identifier: MIT
 * oracles.c: gives the responses of the corpus, and what a generator makes of
 * them, to lariat's own reader and to others, and compares.  Each kind of
 * disagreement has its reason in disagreements.tsv: one that is not there, or
 * is there and not seen, is an error.
 *
 * usage: oracles [--record] [--seed N] [--responses N] NAME COMMAND...
 *
 * NAME COMMAND: an oracle and how it is run, as often as there are oracles.
 * --record writes the table.  Another seed, or another number, is a search for
 * kinds that the table lacks: then it is no error that a kind is not seen, and
 * --record adds those that are.  The table's examples are read each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/generate.h"
#include "oracles/own_reader.h"
#include "oracles/table.h"
#include "support/response_corpus.h"

enum { RESPONSES = 20000, LONGEST = 4096, ORACLES_MOST = 4, HEAD_EACH = 8 };

struct settings {
  bool record;
  bool search;
  unsigned long seed;
  unsigned long responses;
  char *names[ORACLES_MOST];
  char *commands[ORACLES_MOST];
  int oracles;
};

/* A response that every reader gets. */
struct response {
  bool head;
  char *bytes;
  size_t length;
};

struct responses {
  struct response *items;
  size_t count;
  size_t corpus; /* the first of them */
};

static _Noreturn void stop(const char *what) {
  perror(what);
  exit(1);
}

/* ---- Responses ---- */

static void add_response(struct responses *all, const void *bytes,
                         size_t length) {
  struct response *response = &all->items[all->count];
  response->head = all->count % HEAD_EACH == HEAD_EACH - 1;
  response->bytes = fuzz_copy(bytes, length);
  response->length = length;
  all->count++;
}

static void add_corpus(struct responses *all, struct fuzz_seeds *seeds) {
  size_t count;
  struct corpus_response *shapes = response_corpus_make(&count);
  if (!shapes) abort();
  for (size_t i = 0; i < count; i++)
    if (shapes[i].length <= LONGEST)
      fuzz_keep_seed(seeds, shapes[i].bytes, shapes[i].length);
  response_corpus_free(shapes, count);
  for (size_t i = 0; i < seeds->count; i++)
    add_response(all, seeds->items[i].bytes, seeds->items[i].length);
  all->corpus = all->count;
}

static void add_example(void *context, bool head, const char *bytes,
                        size_t length) {
  struct responses *all = context;
  add_response(all, bytes, length);
  all->items[all->count - 1].head = head;
}

static struct responses make_responses(const struct settings *settings,
                                       const struct table *table) {
  enum { CORPUS_MOST = 4096 };
  struct fuzz_seeds seeds = {NULL, 0};
  uint8_t bytes[FUZZ_GENERATED_MOST];
  uint64_t random = fuzz_random_of(settings->seed);
  struct responses all = {
      calloc(settings->responses + table->count + CORPUS_MOST,
             sizeof *all.items),
      0, 0};
  if (!all.items) abort();
  add_corpus(&all, &seeds);
  table_give_examples(table, add_example, &all);
  for (unsigned long i = 0; i < settings->responses; i++)
    add_response(&all, bytes, fuzz_generate(&seeds, bytes, &random));
  fuzz_free_seeds(&seeds);
  return all;
}

static void free_responses(struct responses *all) {
  for (size_t i = 0; i < all->count; i++) free(all->items[i].bytes);
  free(all->items);
}

static FILE *write_responses(const struct responses *all) {
  FILE *file = tmpfile();
  if (!file) stop("a temporary file");
  for (size_t i = 0; i < all->count; i++) {
    const struct response *r = &all->items[i];
    fprintf(file, "%c %zu\n", r->head ? 'H' : 'G', r->length);
    if (fwrite(r->bytes, 1, r->length, file) != r->length) stop("a file");
  }
  if (fflush(file) != 0) stop("a temporary file");
  return file;
}

/* ---- Oracles ---- */

/* Runs a shell's command with `input` as its input; returns its output. */
static FILE *run_oracle(const char *command, FILE *input) {
  FILE *output = tmpfile();
  int status = 0;
  if (!output) stop("a temporary file");
  rewind(input);
  (void)lseek(fileno(input), 0, SEEK_SET);
  (void)fflush(stdout);
  pid_t child = fork();
  if (child < 0) stop("fork");
  if (child == 0) {
    (void)dup2(fileno(input), STDIN_FILENO);
    (void)dup2(fileno(output), STDOUT_FILENO);
    (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  if (waitpid(child, &status, 0) != child || status != 0) {
    fprintf(stderr, "failed: %s\n", command);
    exit(1);
  }
  rewind(output);
  return output;
}

static void copy_field(char *to, size_t capacity, char **line) {
  const char *field = strsep(line, "\t");
  (void)snprintf(to, capacity, "%s", field ? field : "?");
}

static bool read_outcome(FILE *output, struct outcome *outcome) {
  char line[512];
  char *at = line;
  unsigned long long body;
  unsigned long long headers;
  if (!fgets(line, sizeof line, output)) return false;
  copy_field(outcome->verdict, sizeof outcome->verdict, &at);
  copy_field(outcome->detail, sizeof outcome->detail, &at);
  if (!at || sscanf(at, "%d\t%d\t%zu\t%zu\t%llx\t%llx", &outcome->status,
                    &outcome->keeps, &outcome->used, &outcome->body_length,
                    &body, &headers) != 6)
    return false;
  outcome->body = body;
  outcome->headers = headers;
  return true;
}

/* ---- Comparing ---- */

static bool is_taken(const struct outcome *outcome) {
  return strcmp(outcome->verdict, "taken") == 0;
}

static const char *describe(const struct outcome *outcome, char *text,
                            size_t capacity) {
  const char *colon = outcome->detail[0] ? ": " : "";
  (void)snprintf(text, capacity, "%s%s%s", outcome->verdict, colon,
                 outcome->detail);
  return text;
}

/* Names the first thing in which two that have taken a response differ; NULL:
 * none. */
static const char *find_difference(const struct outcome *ours,
                                   const struct outcome *theirs) {
  if (ours->status != theirs->status) return "another status";
  if (ours->headers != theirs->headers) return "other headers";
  if (ours->body_length != theirs->body_length || ours->body != theirs->body)
    return "another body";
  if (ours->used != theirs->used) return "another end";
  if (ours->keeps != theirs->keeps)
    return ours->keeps ? "does not keep" : "keeps";
  return NULL;
}

/* Tells whether the oracle says something else than lariat's reader, and what.
 * That neither takes a response is agreement enough. */
static bool disagrees(const struct outcome *ours, const struct outcome *theirs,
                      char *text, size_t capacity) {
  if (is_taken(ours) && is_taken(theirs)) {
    const char *difference = find_difference(ours, theirs);
    if (difference) (void)snprintf(text, capacity, "taken: %s", difference);
    return difference != NULL;
  }
  (void)describe(theirs, text, capacity);
  return is_taken(ours) || is_taken(theirs);
}

static size_t compare_with(struct table *table, const char *name,
                           const char *command, const struct responses *all,
                           FILE *input) {
  char our_text[2 * OUTCOME_DETAIL];
  char their_text[2 * OUTCOME_DETAIL];
  FILE *output = run_oracle(command, input);
  size_t agreed = 0;
  for (size_t i = 0; i < all->count; i++) {
    const struct response *r = &all->items[i];
    struct outcome ours;
    struct outcome theirs;
    own_reader_read(&ours, r->head, r->bytes, r->length);
    if (!read_outcome(output, &theirs)) {
      fprintf(stderr, "%s has no line for response %zu\n", name, i);
      exit(1);
    }
    const struct evidence evidence = {r->head, i < all->corpus, r->bytes,
                                      r->length};
    if (disagrees(&ours, &theirs, their_text, sizeof their_text))
      table_note(table, name, describe(&ours, our_text, sizeof our_text),
                 their_text, &evidence);
    else
      agreed++;
  }
  (void)fclose(output);
  return agreed;
}

/* ---- All of it ---- */

static int usage(void) {
  fprintf(stderr, "usage: oracles [--record] [--seed N] [--responses N] "
                  "NAME COMMAND...\n");
  return 2;
}

static bool read_number(int argc, char **argv, int *at, unsigned long *number) {
  if (*at + 1 >= argc) return false;
  *number = strtoul(argv[++*at], NULL, 10);
  return true;
}

static bool read_arguments(struct settings *s, int argc, char **argv) {
  *s = (struct settings){.responses = RESPONSES};
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; at++) {
    if (strcmp(argv[at], "--record") == 0) {
      s->record = true;
      continue;
    }
    unsigned long *number = strcmp(argv[at], "--seed") == 0 ? &s->seed
                            : strcmp(argv[at], "--responses") == 0
                                ? &s->responses
                                : NULL;
    if (!number || !read_number(argc, argv, &at, number)) return false;
    s->search = true;
  }
  for (; at + 1 < argc && s->oracles < ORACLES_MOST; at += 2) {
    s->names[s->oracles] = argv[at];
    s->commands[s->oracles++] = argv[at + 1];
  }
  return at == argc && s->oracles > 0;
}

int main(int argc, char **argv) {
  struct settings s;
  struct table table;
  if (!read_arguments(&s, argc, argv)) return usage();
  if (!table_read(&table, ORACLES_TABLE)) stop(ORACLES_TABLE);
  struct responses all = make_responses(&s, &table);
  FILE *input = write_responses(&all);
  for (int i = 0; i < s.oracles; i++) {
    size_t agreed =
        compare_with(&table, s.names[i], s.commands[i], &all, input);
    printf("%s: %zu responses, %zu agreed\n", s.names[i], all.count, agreed);
  }
  (void)fclose(input);
  size_t wrong = table_check(&table, !s.search && !s.record);
  if (s.record && !table_write(&table, ORACLES_TABLE, s.search))
    stop(ORACLES_TABLE);
  table_free(&table);
  free_responses(&all);
  return wrong ? 1 : 0;
}
