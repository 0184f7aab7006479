/* SPDX-License-Identifier: MIT
 * compare_settings.c: the options of `lariat load compare`.  Of a comparison of
 * reactors, what is no option of this command is one of the load test. */
#include "load/compare_settings.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "say.h"

enum { PAIRS = 8, REACTORS_MOST = 1024, TOLERANCE_MOST = 1000000 };

/* The options as they stand, before it is known what they are for. */
struct reading {
  struct compare_settings *settings;
  const char *runs[COMPARE_SIDES];
  size_t run_count;
  uint64_t reactors[COMPARE_SIDES];
  size_t reactor_count;
  struct words rest; /* whatever is no option of this command, in its order */
};

/* ---- Values ---- */

static bool refuse(const char *option, const char *value, const char *what) {
  char shown[SAY_CAPACITY];
  say("--%s: \"%s\" is not %s", option, say_shown(shown, value), what);
  return false;
}

static bool take_run(struct reading *reading, const char *value) {
  if (reading->run_count == SERIES_SIDES)
    return refuse("run", value, "wanted: there are two already");
  reading->runs[reading->run_count++] = value;
  return true;
}

static bool take_reactors(struct reading *reading, const char *value) {
  if (reading->reactor_count == COMPARE_SIDES)
    return refuse("reactors", value, "wanted: there are too many");
  return number_read(value, 1, REACTORS_MOST,
                     &reading->reactors[reading->reactor_count++]) ||
         refuse("reactors", value, "a number from 1 to 1024");
}

static bool take_pairs(struct reading *reading, const char *value) {
  return number_read(value, 1, LARIAT_LOAD_MOST_PAIRS,
                     &reading->settings->pairs) ||
         refuse("pairs", value, "a number from 1 to 4096");
}

static bool take_seed(struct reading *reading, const char *value) {
  return number_read(value, 0, UINT64_MAX, &reading->settings->seed) ||
         refuse("seed", value, "a number");
}

/* Reads per cent, with the sign or without. */
static bool take_tolerance(struct reading *reading, const char *value) {
  char number[32];
  uint64_t thousandths;
  size_t length = strlen(value);
  if (length && value[length - 1] == '%') length--;
  if (length < sizeof number) {
    memcpy(number, value, length);
    number[length] = '\0';
    if (number_read_thousandths(number, 0, TOLERANCE_MOST, &thousandths)) {
      reading->settings->tolerance = (double)thousandths / 100000;
      return true;
    }
  }
  return refuse("tolerance", value, "a percentage (as 3 or 0.5%)");
}

static bool add_metric(struct compare_settings *settings, const char *name) {
  struct metric metric;
  if (!metric_parse(&metric, name))
    return refuse("metric", name,
                  "a metric (as p99, max, mean, good.p50, failures or rate)");
  for (size_t i = 0; i < settings->metric_count; i++)
    if (strcmp(settings->metrics[i].name, metric.name) == 0) return true;
  if (settings->metric_count == SERIES_METRICS)
    return refuse("metric", name, "wanted: there are 16 already");
  settings->metrics[settings->metric_count++] = metric;
  return true;
}

/* Reads names with commas between them. */
static bool take_metrics(struct reading *reading, const char *value) {
  char *names = strdup(value);
  char *rest = names;
  bool good = names != NULL;
  for (char *name; good && (name = strsep(&rest, ","));)
    good = add_metric(reading->settings, name);
  free(names);
  return good;
}

static bool take_json(struct reading *reading, const char *value) {
  reading->settings->json = value;
  return true;
}

static bool take_svg(struct reading *reading, const char *value) {
  reading->settings->svg = value;
  return true;
}

/* ---- Options ---- */

static const struct option {
  const char *name;
  bool (*take)(struct reading *reading, const char *value);
} options[] = {{"run", take_run},        {"reactors", take_reactors},
               {"pairs", take_pairs},    {"seed", take_seed},
               {"metric", take_metrics}, {"tolerance", take_tolerance},
               {"json", take_json},      {"svg", take_svg}};

/* Finds "--NAME" or "--NAME=VALUE"; `*value` is NULL when it stands behind. */
static const struct option *find_option(const char *text, const char **value) {
  size_t length = strcspn(text, "=");
  if (strncmp(text, "--", 2) != 0) return NULL;
  *value = text[length] ? text + length + 1 : NULL;
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (strlen(options[i].name) == length - 2 &&
        memcmp(options[i].name, text + 2, length - 2) == 0)
      return &options[i];
  return NULL;
}

static bool take_flag(struct compare_settings *settings, const char *text) {
  if (strcmp(text, "-h") == 0 || strcmp(text, "--help") == 0)
    settings->action = COMPARE_HELP;
  else if (strcmp(text, "-q") == 0 || strcmp(text, "--quiet") == 0)
    settings->quiet = true;
  else
    return false;
  return true;
}

static bool add_rest(struct reading *reading, const char *text) {
  if (words_add(&reading->rest, text)) return true;
  say("out of memory");
  return false;
}

static bool read_all(struct reading *reading, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *value;
    const struct option *option = find_option(argv[i], &value);
    bool good = true;
    if (option && !value && i + 1 == argc) {
      say("--%s: its value is missing", option->name);
      return false;
    }
    if (option)
      good = option->take(reading, value ? value : argv[++i]);
    else if (!take_flag(reading->settings, argv[i]))
      good = add_rest(reading, argv[i]);
    if (!good) return false;
  }
  return true;
}

/* ---- Sides ---- */

static struct compare_side *add_side(struct compare_settings *settings,
                                     const char *label) {
  struct compare_side *side = &settings->sides[settings->side_count++];
  (void)snprintf(side->label, sizeof side->label, "%s", label);
  return side;
}

static bool set_runs(struct reading *reading) {
  struct compare_settings *settings = reading->settings;
  settings->action = COMPARE_RUNS;
  if (reading->run_count != SERIES_SIDES || reading->rest.count) {
    say(reading->run_count != SERIES_SIDES
            ? "there must be two --run"
            : "with --run, all of a load test's arguments are in it");
    return false;
  }
  for (size_t i = 0; i < SERIES_SIDES; i++) {
    struct compare_side *side = add_side(settings, i ? "B" : "A");
    if (words_split(&side->arguments, reading->runs[i])) continue;
    return refuse("run", reading->runs[i],
                  "a command line: a quote has no end");
  }
  return true;
}

/* Adds a side: the load test's own arguments, and a number of reactors. */
static bool add_reactors(struct reading *reading, uint64_t reactors) {
  char label[40];
  char number[24];
  (void)snprintf(number, sizeof number, "%llu", (unsigned long long)reactors);
  (void)snprintf(label, sizeof label, "%s reactor%s", number,
                 reactors == 1 ? "" : "s");
  struct compare_side *side = add_side(reading->settings, label);
  bool added = true;
  for (size_t i = 0; i < reading->rest.count; i++)
    added = added && words_add(&side->arguments, reading->rest.list[i]);
  return added && words_add(&side->arguments, "--reactors") &&
         words_add(&side->arguments, number);
}

static bool set_reactors(struct reading *reading) {
  reading->settings->action = COMPARE_REACTORS;
  if (reading->reactor_count < 2 || !reading->rest.count) {
    say(reading->rest.count ? "there must be two --reactors or more"
                            : "there is no URL");
    return false;
  }
  bool added = true;
  for (size_t i = 0; added && i < reading->reactor_count; i++)
    added = add_reactors(reading, reading->reactors[i]);
  if (!added) say("out of memory");
  return added;
}

/* Sorts files to their sides: two, or those before "--" and behind it. */
static bool set_files(struct reading *reading) {
  struct compare_settings *settings = reading->settings;
  struct compare_side *side = add_side(settings, "A");
  settings->action = COMPARE_FILES;
  for (size_t i = 0; i < reading->rest.count; i++) {
    const char *text = reading->rest.list[i];
    bool separator = strcmp(text, "--") == 0;
    if (text[0] == '-' && text[1] && !separator) {
      char shown[SAY_CAPACITY];
      say("no such option: %s", say_shown(shown, text));
      return false;
    }
    if (separator && settings->side_count == 1) side = add_side(settings, "B");
    if (!separator && !words_add(&side->arguments, text)) return false;
    if (i == 0 && reading->rest.count == 2) side = add_side(settings, "B");
  }
  if (settings->json || settings->svg) {
    say("--json and --svg are for what is run");
    return false;
  }
  if (settings->side_count == 2 && settings->sides[0].arguments.count &&
      settings->sides[1].arguments.count)
    return true;
  say("there must be two --run, two --reactors, or two results, A.json and "
      "B.json (of several, with -- between those of A and those of B)");
  return false;
}

static bool set_sides(struct reading *reading) {
  if (reading->settings->action == COMPARE_HELP) return true;
  if (reading->run_count) return set_runs(reading);
  return reading->reactor_count ? set_reactors(reading) : set_files(reading);
}

/* ---- All of it ---- */

bool compare_settings_read(struct compare_settings *settings, int argc,
                           char **argv) {
  *settings = (struct compare_settings){
      .action = COMPARE_RUNS, .pairs = PAIRS, .seed = 1, .tolerance = 0.03};
  struct reading reading = {.settings = settings};
  bool good = read_all(&reading, argc, argv) && set_sides(&reading);
  if (good && !settings->metric_count)
    good = take_metrics(&reading, "p50,p99,rate");
  words_free(&reading.rest);
  return good;
}

void compare_settings_free(struct compare_settings *settings) {
  for (size_t i = 0; i < settings->side_count; i++)
    words_free(&settings->sides[i].arguments);
}

void compare_print_help(FILE *file) {
  fputs(
      "Usage: lariat load compare --run 'ARGUMENTS' --run 'ARGUMENTS'\n"
      "       lariat load compare --reactors 1 --reactors N ARGUMENTS\n"
      "       lariat load compare A.json B.json\n"
      "       lariat load compare A1.json A2.json ... -- B1.json B2.json ...\n"
      "\n"
      "Says whether B is slower than A, from load tests that are run in "
      "turns,\n"
      "in pairs whose order is drawn by chance.  ARGUMENTS are those of\n"
      "`lariat load`; each block is one such test.\n"
      "\n"
      "  --run ARGUMENTS    what A does; and again: what B does\n"
      "  --reactors N       on one side; again: on another.  Each is compared\n"
      "                     with the first\n"
      "  --pairs N          pairs of blocks (8)\n"
      "  --seed N           draws the orders (1)\n"
      "  --metric NAME,...  what is compared: [MEASURE.]FIGURE, as for "
      "--fail-if:\n"
      "                     p99, min, max, mean, good.p50, wire.p99, "
      "failures,\n"
      "                     rate (p50,p99,rate)\n"
      "  --tolerance N%     what makes no difference (3 %)\n"
      "  --json FILE        writes the comparison; - is standard output\n"
      "  --svg FILE         draws it\n"
      "  -q, --quiet        says nothing while it runs\n"
      "\n"
      "INVALID blocks are run again, at most a quarter of all.  Exit code: 0, "
      "1 B\n"
      "is slower in a metric, 2 usage, 3 a block was INVALID, 130 "
      "interrupted.\n",
      file);
}
