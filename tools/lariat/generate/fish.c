/* SPDX-License-Identifier: MIT
 * fish.c: completions for fish: a line for each option. */
#include "generate/generate.h"
#include "tables.h"

/* Prints `text` in single quotes. */
static void print_quoted(const char *text) {
  putchar('\'');
  for (; *text; text++) {
    if (*text == '\'' || *text == '\\') putchar('\\');
    putchar(*text);
  }
  putchar('\'');
}

static void print_words(const struct option_row *row) {
  printf(" -x -a '");
  for (size_t i = 0; row->words[i]; i++)
    printf("%s%s", i ? " " : "", row->words[i]);
  putchar('\'');
}

static void print_value(const struct option_row *row) {
  if (row->words[0])
    print_words(row);
  else if (row->files == OPTION_FILES)
    printf(" -r -F");
  else if (row->files == OPTION_DIRECTORIES)
    printf(" -x -a '(__fish_complete_directories)'");
  else
    printf(" -x");
}

static void print_row(const char *command, const struct option_row *row) {
  printf("complete -c lariat -n $%s", command);
  if (row->letter) printf(" -s %c", row->letter);
  printf(" -l %s", row->name);
  if (row->value) print_value(row);
  printf(" -d ");
  print_quoted(row->help);
  putchar('\n');
}

static void print_command(const struct option_table *table) {
  printf("\nset -l %s '__fish_seen_subcommand_from %s'\n", table->command,
         table->command);
  for (size_t i = 0; i < table->count; i++)
    print_row(table->command, &table->rows[i]);
  if (table->words)
    printf("complete -c lariat -a '%s' -n $%s\n", table->words, table->command);
}

static void print_commands(void) {
  const char *before = "complete -c lariat -n __fish_use_subcommand";
  for (size_t i = 0; option_tables[i]; i++) {
    printf("%s -f -a %s -d ", before, option_tables[i]->command);
    print_quoted(option_tables[i]->summary);
    putchar('\n');
  }
  printf("%s -f -a version -d 'name the version'\n", before);
  printf("%s -f -a help -d 'list the commands'\n", before);
  printf("%s -l help -d 'list the commands'\n", before);
  printf("%s -l version -d 'name the version'\n", before);
  printf("complete -c lariat -n '__fish_seen_subcommand_from help' -f -a '");
  for (size_t i = 0; option_tables[i]; i++)
    printf("%s ", option_tables[i]->command);
  printf("version'\n");
}

void generate_fish(void) {
  printf("# SPDX-License-Identifier: MIT\n"
         "# Completion of the program lariat for fish, made by "
         "lariat-options.\n");
  print_commands();
  for (size_t i = 0; option_tables[i]; i++) print_command(option_tables[i]);
}
