/* SPDX-License-Identifier: MIT
 * bash.c: completions for bash: a function for each command, which looks at the
 * word before the one that is completed. */
#include <string.h>

#include "generate/generate.h"
#include "tables.h"

static const char helpers[] =
    "# SPDX-License-Identifier: MIT\n"
    "# Completion of the program lariat for bash, made by lariat-options.\n"
    "\n"
    "_lariat_words() {\n"
    "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "_lariat_paths() {\n"
    "  mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$2\")\n"
    "  compopt -o filenames\n"
    "}\n";

static void print_pattern(const struct option_row *row) {
  printf("    ");
  if (row->letter) printf("-%c | ", row->letter);
  printf("--%s) ", row->name);
}

static void print_words(const struct option_row *row) {
  printf("_lariat_words \"");
  for (size_t i = 0; row->words[i]; i++)
    printf("%s%s", i ? " " : "", row->words[i]);
  printf("\" \"$1\" ;;\n");
}

static void print_value(const struct option_row *row) {
  print_pattern(row);
  if (row->words[0])
    print_words(row);
  else if (row->files == OPTION_FILES)
    printf("_lariat_paths -f \"$1\" ;;\n");
  else if (row->files == OPTION_DIRECTORIES)
    printf("_lariat_paths -d \"$1\" ;;\n");
  else
    printf(";;\n");
}

/* Completes options; and where operands are files, what is none, as that. */
static void print_names(const struct option_table *table) {
  fputs(strcmp(table->operand, "FILE") == 0
            ? "    *)\n"
              "      [[ $1 == -* ]] || { _lariat_paths -f \"$1\"; return; }\n"
              "      "
            : "    *) ",
        stdout);
  printf("_lariat_words \"");
  for (size_t i = 0; i < table->count; i++) {
    const struct option_row *row = &table->rows[i];
    printf("%s--%s", i ? "\n      " : "", row->name);
    if (row->letter) printf(" -%c", row->letter);
  }
  if (table->words) printf("\n      %s", table->words);
  printf("\" \"$1\" ;;\n");
}

static void print_command(const struct option_table *table) {
  printf("\n_lariat_%s() {\n  case $2 in\n", table->command);
  for (size_t i = 0; i < table->count; i++)
    if (table->rows[i].value) print_value(&table->rows[i]);
  print_names(table);
  printf("  esac\n}\n");
}

static void print_commands(void) {
  printf("\n_lariat() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
         "    _lariat_words \"");
  for (size_t i = 0; option_tables[i]; i++)
    printf("%s ", option_tables[i]->command);
  printf("version help --help --version\" \"$current\"\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n");
  for (size_t i = 0; option_tables[i]; i++)
    printf("    %s) _lariat_%s \"$current\" \"$previous\" ;;\n",
           option_tables[i]->command, option_tables[i]->command);
  printf("    help) _lariat_words \"");
  for (size_t i = 0; option_tables[i]; i++)
    printf("%s ", option_tables[i]->command);
  printf("version help\" \"$current\" ;;\n"
         "  esac\n}\n\ncomplete -F _lariat lariat\n");
}

void generate_bash(void) {
  fputs(helpers, stdout);
  for (size_t i = 0; option_tables[i]; i++) print_command(option_tables[i]);
  print_commands();
}
