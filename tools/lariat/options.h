/* SPDX-License-Identifier: MIT
 * options.h: a command's options as a table, from which everything that names
 * them is made: the reading of the command line and `--help` (here), the shell
 * completions and the manual page's list (generate/).  An option more is a row
 * more, and nothing else. */
#ifndef TOOLS_LARIAT_OPTIONS_H
#define TOOLS_LARIAT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The most rows that one table may have. */
enum { OPTIONS_MAX = 128 };

/* The kinds: what follows the option's name, and what it becomes at `offset`.
 */
enum option_kind {
  OPTION_FLAG,    /* nothing: a bool that becomes true */
  OPTION_ACTION,  /* nothing: an int that becomes `low` if it was less */
  OPTION_COUNT,   /* a number: an unsigned */
  OPTION_BYTES,   /* a number that may have a suffix: a uint64_t */
  OPTION_SECONDS, /* 30 or 0.5: a uint64_t of milliseconds */
  OPTION_RATE,    /* 10 or 0.5, of which `low` and `high` are thousandths:
                     a double */
  OPTION_TEXT,    /* a text of at least `low` bytes: a const char * */
  OPTION_CHOICE,  /* one of `words`: its index, as an unsigned or an enum */
  OPTION_PARSED,  /* what `parse` makes of it */
  OPTION_ALIAS,   /* another name of the row called `alias` */
  OPTION_IGNORED  /* nothing, and nothing comes of it */
};

/* The files that a shell offers for a value that has no `words`. */
enum option_files { OPTION_NO_FILES, OPTION_FILES, OPTION_DIRECTORIES };

struct option_row {
  const char *name;     /* without its hyphens */
  const char *value;    /* what the value is called; NULL: it has none */
  const char *help;     /* a phrase about it, for --help and the shells */
  const char *preset;   /* what holds without the option, as --help shows it */
  const char *expects;  /* for the message about a value that makes no sense;
                           NULL: made from the limits or the words */
  const char *manual;   /* sentences for the manual page, see generate/man.c */
  const char *words[8]; /* all values (OPTION_CHOICE), or some for the shells */
  size_t offset;        /* in the settings */
  uint64_t low;         /* the limits of the value */
  uint64_t high;
  bool (*parse)(void *settings, char *value); /* false: it makes no sense */
  const char *alias;                          /* of OPTION_ALIAS */
  unsigned group;                             /* index in `groups` */
  enum option_kind kind;
  enum option_files files;
  char letter;    /* '\0': none */
  bool is_list;   /* may be given more than once, and each time counts */
  bool is_terse;  /* its name says enough: --help leaves its phrase out */
  bool is_secret; /* no message repeats its value */
};

/* An option of another program, and what is to be used here.  Where the letter
 * is one of ours, too, the remark is for a value that is no number. */
struct option_hint {
  const char *theirs; /* a name without its hyphens, or a letter */
  const char *ours;   /* as "--delay"; without a hyphen: a remark instead */
};

struct option_group {
  const char *title;
  const char *manual; /* sentences after the group's options; NULL: none */
};

struct option_table {
  const char *command; /* as "fetch" */
  const char *summary; /* what it does, as "fetch URLs" */
  const char *operand; /* what stands behind the options, as "URL" */
  const char *words; /* that may stand there, too: commands of the command, with
                        blanks between them; NULL: none */
  const char *usage; /* the first lines of --help */
  const char *notes; /* the last ones */
  const struct option_group *groups;
  const struct option_row *rows; /* those of a group stand together */
  size_t count;
  const struct option_hint *hints; /* ended by a NULL; NULL: none */
  /* Told of each option that a command line has, before its value (NULL: it has
   * none) is read; false: out of memory.  NULL: nobody is told. */
  bool (*note)(void *settings, const struct option_row *row, const char *value);
};

/* Reads the options in `argv`, whose first element is the command, into
 * `settings`; keeps pointers into `argv` there, and moves the operands to its
 * end.  Names are not abbreviated, so that a new option never changes what an
 * old command line means.  Returns the index of the first operand, or -1,
 * having said what is wrong. */
int options_read(const struct option_table *table, void *settings, int argc,
                 char **argv);

/* Sets the option with that long name as a line of a configuration file does;
 * an option without a value takes yes or no.  `settings` may keep a pointer to
 * `value`.  Returns false, with a sentence in `message` of `capacity` bytes,
 * where there is no such option or the value makes no sense. */
bool options_set(const struct option_table *table, void *settings,
                 const char *name, char *value, char *message, size_t capacity);

/* Prints what --help says. */
void options_print_help(const struct option_table *table, FILE *file);

#endif
