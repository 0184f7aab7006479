/* SPDX-License-Identifier: MIT
 * zsh.c: completions for zsh: a list of specifications for _arguments. */
#include <string.h>

#include "generate/generate.h"
#include "tables.h"

/* Prints `text` as a part of a specification in single quotes. */
static void print_quoted(const char *text) {
  for (; *text; text++) {
    if (*text == '\'') {
      printf("'\\''");
    } else {
      if (strchr(":[]\\", *text)) putchar('\\');
      putchar(*text);
    }
  }
}

/* Prints the names, and which other options exclude this one. */
static void print_option(const struct option_row *row) {
  printf("    ");
  if (!row->letter)
    printf("'%s--%s", row->is_list ? "*" : "", row->name);
  else if (row->is_list)
    printf("'*'{-%c,--%s}'", row->letter, row->name);
  else
    printf("'(-%c --%s)'{-%c,--%s}'", row->letter, row->name, row->letter,
           row->name);
}

static void print_action(const struct option_row *row) {
  if (row->words[0]) {
    putchar('(');
    for (size_t i = 0; row->words[i]; i++)
      printf("%s%s", i ? " " : "", row->words[i]);
    putchar(')');
  } else if (row->files == OPTION_FILES) {
    printf("_files");
  } else if (row->files == OPTION_DIRECTORIES) {
    printf("_files -/");
  }
}

static void print_row(const struct option_row *row) {
  print_option(row);
  putchar('[');
  print_quoted(row->help);
  putchar(']');
  if (row->value) {
    putchar(':');
    print_quoted(row->value);
    putchar(':');
    print_action(row);
  }
  printf("' \\\n");
}

static void print_command(const struct option_table *table) {
  printf("_lariat_%s() {\n  _arguments -s -S \\\n", table->command);
  for (size_t i = 0; i < table->count; i++) print_row(&table->rows[i]);
  const char *action = strcmp(table->operand, "URL") == 0 ? "_urls" : "_files";
  if (table->words)
    printf("    '*: :_alternative \"commands:command:(%s)\" "
           "\"files:%s:%s\"'\n}\n\n",
           table->words, table->operand, action);
  else
    printf("    '*:%s:%s'\n}\n\n", table->operand, action);
}

static void print_commands(void) {
  printf("_lariat() {\n"
         "  if ((CURRENT == 2)); then\n"
         "    _values 'command'");
  for (size_t i = 0; option_tables[i]; i++) {
    printf(" '%s[", option_tables[i]->command);
    print_quoted(option_tables[i]->summary);
    printf("]'");
  }
  printf(" 'version[name the version]' 'help[list the commands]'"
         " '--help' '--version'\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $words[1] in\n");
  for (size_t i = 0; option_tables[i]; i++)
    printf("    %s) _lariat_%s ;;\n", option_tables[i]->command,
           option_tables[i]->command);
  printf("    help) _values 'command' ");
  for (size_t i = 0; option_tables[i]; i++)
    printf("%s ", option_tables[i]->command);
  printf("version ;;\n  esac\n}\n\n_lariat \"$@\"\n");
}

void generate_zsh(void) {
  printf("#compdef lariat\n"
         "# SPDX-License-Identifier: MIT\n"
         "# Completion of the program lariat for zsh, made by "
         "lariat-options.\n\n");
  for (size_t i = 0; option_tables[i]; i++) print_command(option_tables[i]);
  print_commands();
}
