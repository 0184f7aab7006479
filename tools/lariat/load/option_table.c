/* SPDX-License-Identifier: MIT
 * option_table.c: the table, with the sentences of the manual page: `bold`,
 * *slanted*, one sentence a line, an empty line between paragraphs. */
#include "load/option_table.h"

#include "load/option_hints.h"
#include "load/readers.h"
#include "load/settings.h"

#define NAMED(its_name, its_letter, its_value, its_group)                      \
  .name = (its_name), .letter = (its_letter), .value = (its_value),            \
  .group = (its_group)

/* The kinds of values, and where in the settings they go. */
#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind, .offset = offsetof(struct load_settings, member)
#define LIMITED(its_kind, member, least, most)                                 \
  AT(its_kind, member), .low = (least), .high = (most)
#define PARSED(reader) .kind = OPTION_PARSED, .parse = (reader)
#define OUTPUT(its_index)                                                      \
  AT(TEXT, output.paths[its_index]), .low = 1, .files = OPTION_FILES

#define HOUR_MS (UINT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)
#define MOST_RATE (UINT64_C(10000000) * 1000)
#define MOST_COUNT UINT32_MAX

static const char requests_a_second[] =
    "requests a second in all, as 100, 0.5, 90/m or 500/h, at most 10000000";
static const char time_of_request[] =
    "a time, as 30, 0.5, 500ms or 5m, at most an hour";

/* OPTION_CHOICE stores the index of a word. */
_Static_assert(LARIAT_LOAD_ROWS_IN_ORDER == 0 && LARIAT_LOAD_ROWS_RANDOM == 1,
               "the words of --vars-order");

enum { REQUESTS, AMOUNT, CONNECTIONS, VERDICT, OUTPUTS, MESSAGES };

static const struct option_group groups[] = {
    [REQUESTS] = {"What is sent", NULL},
    [AMOUNT] = {"How much, and when",
                "A time is in seconds, with up to three decimals, or has a "
                "unit behind it: ms, s, m, h or d."},
    [CONNECTIONS] = {"Connections", NULL},
    [VERDICT] = {"What the run is judged by", NULL},
    [OUTPUTS] = {"Files",
                 "`-` is standard output, for one of them; the text for people "
                 "is left out then.\n"
                 "Each file is opened before the run, and replaced when the "
                 "new one is complete."},
    [MESSAGES] = {"Instead of a run, and messages", NULL},
};

static const struct option_row rows[] = {
    {NAMED("input", 'i', "FILE", REQUESTS), AT(TEXT, input.list), .low = 1,
     .files = OPTION_FILES,
     .help = "URLs or JSON objects, one a line; -: standard input",
     .manual =
         "Reads the requests from *FILE*, or from standard input if that is "
         "`-`: a URL in each line, with its weight behind a blank, if it has "
         "one; or the JSON objects of `lariat fetch`, with a few keys more; or "
         "the targets of vegeta.\n"
         "*load-input.md* has all of it.\n"
         "From a pipe, each request is sent once, in its order, while the "
         "program on the other side makes the next ones, and the run ends when "
         "the pipe does.\n"
         "What a request does not say itself is as `--method`, `--header` and "
         "`--data` have it."},
    {NAMED("in-order", '\0', NULL, REQUESTS), AT(FLAG, input.in_order),
     .help = "one after the other", .is_terse = true,
     .manual = "Sends the requests in their order, again and again, instead "
               "of drawing each by its weight."},
    {NAMED("vars", '\0', "FILE", REQUESTS), AT(TEXT, input.variables), .low = 1,
     .files = OPTION_FILES, .help = "CSV for {{name}}", .is_terse = true,
     .manual =
         "Each request has a row of the table in *FILE* (CSV, with the names "
         "of the columns in its first line): in its URL, headers and body "
         "`{{`*name*`}}` stands for a column."},
    {NAMED("vars-order", '\0', "in-order|random", REQUESTS),
     AT(CHOICE, input.rows), .words = {"in-order", "random"},
     .help = "which row is next", .preset = "in-order", .is_terse = true,
     .manual = "*in-order*, the default: one row after the other, and again.\n"
               "*random*: each is drawn by chance."},
    {NAMED("har", '\0', "FILE", REQUESTS), AT(TEXT, input.har), .low = 1,
     .files = OPTION_FILES, .help = "what a browser has recorded",
     .is_terse = true,
     .manual = "Reads the requests from an HTTP archive (HAR 1.2), as browsers "
               "export it; those to `--hosts` alone."},
    {NAMED("hosts", '\0', "LIST", REQUESTS), AT(TEXT, input.hosts), .low = 1,
     .help = "of a HAR that are asked", .is_terse = true,
     .manual = "The hosts of a HAR that requests are sent to, with commas "
               "between them: *example.org*, or with a port "
               "*example.org:8080*.\n"
               "Others, to which a page may lead as well, are never sent to."},
    {NAMED("timed", '\0', NULL, REQUESTS), AT(FLAG, input.timed),
     .help = "a HAR: when it was recorded", .is_terse = true,
     .manual = "Sends the requests of a HAR at the instants at which the "
               "browser sent them, once."},
    {NAMED("replay", '\0', "FILE", REQUESTS), AT(TEXT, input.replay), .low = 1,
     .files = OPTION_FILES, .help = "an access log", .is_terse = true,
     .manual = "Sends the requests of an access log of nginx or Apache (common "
               "or combined) at the instants at which they were logged, once; "
               "GET and HEAD alone, see `--unsafe`."},
    {NAMED("to", '\0', "URL", REQUESTS), AT(TEXT, input.target), .low = 1,
     .help = "the server for --replay", .is_terse = true,
     .manual = "Scheme, host and port for the requests of `--replay`."},
    {NAMED("log-format", '\0', "TEXT", REQUESTS), AT(TEXT, input.log_format),
     .low = 1, .help = "as nginx has it", .is_terse = true,
     .manual = "The lines of the log, as nginx's directive log_format says "
               "them.\n"
               "With *$msec* in it, requests have their place within the "
               "second; without, they are spread over it evenly."},
    {NAMED("speed", '\0', "X", REQUESTS), PARSED(load_read_speed),
     .help = "of a replay", .preset = "1", .is_terse = true,
     .expects = "a factor from 0.001 to 1000, as 2 or 0.5",
     .manual = "Replays *X* times as fast."},
    {NAMED("unsafe", '\0', NULL, REQUESTS), AT(FLAG, input.unsafe),
     .help = "replay all methods", .is_terse = true,
     .manual = "Replays POST and the others, too; their bodies are not in a "
               "log, and are not sent."},
    {NAMED("method", 'X', "METHOD", REQUESTS), PARSED(load_read_method),
     .words = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
     .help = "the method", .is_terse = true, .expects = "a method, as HEAD",
     .manual = "Instead of GET, or of POST with `--data`."},
    {NAMED("header", 'H', "\"Name: value\"", REQUESTS),
     PARSED(load_read_header), .help = "a header of every request",
     .is_terse = true, .is_list = true, .is_secret = true,
     .expects = "\"Name: value\"",
     .manual = "A header of every request; may be given many times.\n"
               "*Name:* without a value takes out what lariat would send "
               "(User-Agent), and *Name;* sends it empty."},
    {NAMED("data", '\0', "TEXT|@FILE|@-", REQUESTS), PARSED(load_read_data),
     .help = "the body of every request", .files = OPTION_FILES,
     .expects = "a body, as TEXT, @FILE or @-, once",
     .manual =
         "The body of every request; the method is POST then, unless another "
         "is given, and the Content-Type application/x-www-form-urlencoded, as "
         "with curl, unless a `--header` says otherwise.\n"
         "`@`*FILE* is what the file has in it, byte for byte, and `@-` "
         "standard input.\n"
         "It has no letter: `-d` is the duration, as with other load testers."},
    {NAMED("user", 'u', "USER:PASSWORD", REQUESTS), PARSED(load_read_user),
     .help = "Basic authentication", .is_terse = true, .is_secret = true,
     .expects = "USER:PASSWORD",
     .manual = "Sends *USER* and *PASSWORD* with every request (Basic "
               "authentication, RFC 7617).\n"
               "They are in no output."},
    {NAMED("user-agent", 'A', "TEXT", REQUESTS), AT(TEXT, request.user_agent),
     .help = "who asks", .is_terse = true,
     .manual = "The header User-Agent; by default lariat and its version.\n"
               "An empty *TEXT* sends none."},
    {NAMED("duration", 'd', "T", AMOUNT),
     LIMITED(SECONDS, amount.duration_ms, 1, 365 * DAY_MS),
     .help = "how long requests are made", .preset = "10s",
     .expects = "a time, as 30s, 5m or 1.5h, at most a year; a body goes with "
                "--data",
     .manual = "Makes requests for so long, the warm-up not counted; by "
               "default 10 s where no number of `--requests` is given.\n"
               "The letter is that of wrk, k6 and autocannon; a body, which is "
               "`-d` with curl and `lariat fetch`, goes with `--data`."},
    {NAMED("requests", 'n', "N", AMOUNT),
     LIMITED(COUNT, amount.requests, 1, MOST_COUNT),
     .help = "how many at the most",
     .manual = "Makes *N* requests in all, or fewer if the time ends before.\n"
               "There is no warm-up then, unless it is asked for: the server "
               "sees *N* requests."},
    {NAMED("connections", 'c', "N", AMOUNT),
     LIMITED(COUNT, connections.connections, 1, 1000000),
     .help = "users (with --rate: the most)", .preset = "50",
     .manual =
         "Without a rate (the closed model): so many users, each with a "
         "connection, each of whom makes its next request when the last one "
         "was answered; by default 50.\n"
         "With a rate (the open model): at the most so many requests under way "
         "at once; one that is due while all are busy waits, and its clock "
         "runs."},
    {NAMED("rate", '\0', "N", AMOUNT), LIMITED(RATE, amount.rate, 1, MOST_RATE),
     .help = "requests a second in all", .expects = requests_a_second,
     .manual = "The open model: *N* requests a second in all, over all "
               "connections, whatever the server does: 2000, or with a unit "
               "90/m (a minute) or 500/h (an hour).\n"
               "Response times count from the instant at which a request was "
               "due."},
    {NAMED("stages", '\0', "LIST", AMOUNT), AT(TEXT, amount.stages_text),
     .low = 1, .help = "rates over time, as 30s:0-500,2m:500",
     .manual = "The open model with a rate that changes: each stage is a time, "
               "a colon, and the rate that is held, or two rates with a hyphen "
               "between them, from one of which it goes to the other in a "
               "straight line.\n"
               "`30s:0-500,5m:500,1m:500-0` goes up in half a minute, is held "
               "for five, and goes down again."},
    {NAMED("arrivals", '\0', "even|poisson", AMOUNT),
     PARSED(load_read_arrivals), .words = {"even", "poisson"},
     .help = "how requests are spread", .preset = "even", .is_terse = true,
     .expects = "even or poisson",
     .manual = "With a rate: *even* gaps, or those of a *poisson* process, "
               "which is how independent users come."},
    {NAMED("warm-up", '\0', "T", AMOUNT), PARSED(load_read_warm_up),
     .help = "before it counts", .preset = "2s; with -n 0",
     .expects = "a time, as 2, 500ms or 1m, at most an hour",
     .manual =
         "Connections are opened and requests made for so long before anything "
         "is counted; by default 2 s, and with `--requests` none."},
    {NAMED("reactors", 'r', "N", AMOUNT),
     LIMITED(COUNT, amount.reactors, 1, 1024), .help = "threads",
     .preset = "CPUs - 1", .is_terse = true,
     .manual = "Sends from *N* threads; by default from as many as there are "
               "CPUs that the process may use, less one, and at least one."},
    {NAMED("seed", '\0', "N", AMOUNT),
     LIMITED(COUNT, amount.seed, 0, MOST_COUNT), .help = "of what is drawn",
     .preset = "1", .is_terse = true,
     .manual = "The seed of all that is drawn by chance: the same options and "
               "the same seed send the same requests at the same instants; by "
               "default 1."},
    {NAMED("part", '\0', "K/N", AMOUNT), AT(TEXT, amount.part_text), .low = 1,
     .help = "of a plan that N machines share", .is_terse = true,
     .manual =
         "Sends every *N*th request of the plan, from the *K*th on: *N* "
         "machines with the same options and the parts 1/*N* to *N*/*N* make "
         "the whole of it, each request once.\n"
         "Without a rate they share the users of `--connections`; with one, "
         "`--connections`, `--connect-rate` and `--stop-at-failures` are each "
         "machine's own.\n"
         "`lariat load merge` makes one report of theirs."},
    {NAMED("start-at", '\0', "TIME", AMOUNT), PARSED(load_read_start_at),
     .help = "begin then", .is_terse = true,
     .expects = "an instant, as 2026-11-30T14:00:00Z, or seconds since 1970, "
                "as @1796047200.5",
     .manual =
         "What is measured begins at that instant, at the most a day ahead, by "
         "this machine's clock: *2026-11-30T14:00:00Z* (RFC 3339; also with a "
         "fraction, and with an offset instead of the Z), or seconds since "
         "1970, *@1796047200.5*.\n"
         "The warm-up is before it, and shorter if there is not so much "
         "time.\n"
         "A run that begins later by more than 1 % of its length is made, but "
         "INVALID."},
    {NAMED("wait-for", '\0', "T", AMOUNT),
     LIMITED(SECONDS, amount.wait_for_ms, 1, DAY_MS), .help = "for the server",
     .is_terse = true, .expects = "a time, as 30, 500ms or 5m, at most a day",
     .manual = "Before the run, asks the server up to ten times a second, "
               "until there is an answer, whatever its status; if there is "
               "none for so long, the exit code is 5.\n"
               "It asks for the first URL, with HEAD if the method is not "
               "GET."},
    {NAMED("timeout", '\0', "T", CONNECTIONS),
     LIMITED(SECONDS, connections.timeout_ms, 1, HOUR_MS),
     .help = "of a request", .preset = "10s", .expects = time_of_request,
     .manual = "A request that has no answer so long after it was sent has "
               "failed, and its connection is closed; by default 10 s."},
    {NAMED("connect-timeout", '\0', "T", CONNECTIONS),
     LIMITED(SECONDS, connections.connect_timeout_ms, 1, HOUR_MS),
     .help = "as --timeout", .is_terse = true, .expects = time_of_request,
     .manual = "The time until a connection is there, TLS included; by default "
               "that of `--timeout`."},
    {NAMED("no-keepalive", '\0', NULL, CONNECTIONS),
     AT(FLAG, connections.no_keepalive),
     .help = "a connection for each request", .is_terse = true,
     .manual = "Closes each connection after one request."},
    {NAMED("per-connection", '\0', "N", CONNECTIONS),
     LIMITED(COUNT, connections.per_connection, 1, MOST_COUNT),
     .help = "requests on one connection", .is_terse = true,
     .manual = "Closes a connection after *N* requests, and opens another."},
    {NAMED("connect-rate", '\0', "N", CONNECTIONS),
     LIMITED(RATE, connections.connect_rate, 1, MOST_RATE),
     .help = "new connections a second", .is_terse = true,
     .expects = "connections a second in all, as 100, 0.5 or 90/m, at most "
                "10000000",
     .manual = "Opens at the most *N* connections a second in all."},
    {NAMED("http", '\0', "1.1|2", CONNECTIONS), AT(CHOICE, connections.http),
     .words = {"1.1", "2"}, .help = "the version of HTTP", .preset = "1.1",
     .is_terse = true,
     .manual = "*2* is what https servers are asked for, and by prior "
               "knowledge what http servers are taken to speak. These requests "
               "are made by libcurl, which costs some ten times as much CPU: "
               "of one generator do not expect as many a second, and see what "
               "the verdict says."},
    {NAMED("streams", '\0', "N", CONNECTIONS),
     LIMITED(COUNT, connections.streams, 1, 100),
     .help = "requests at once on one connection of HTTP/2", .preset = "1",
     .is_terse = true,
     .manual = "With `--http 2`: has *N* requests at once on a connection."},
    {NAMED("cacert", '\0', "FILE", CONNECTIONS), AT(TEXT, connections.ca_file),
     .low = 1, .files = OPTION_FILES, .help = "trusted certificates",
     .is_terse = true,
     .manual = "Trusts the certificates in *FILE* (PEM), and no others."},
    {NAMED("insecure", 'k', NULL, CONNECTIONS), AT(FLAG, connections.insecure),
     .help = "do not verify certificates", .is_terse = true,
     .manual = "Does not verify certificates."},
    {NAMED("connect-to", '\0', "HOST:PORT:HOST:PORT", CONNECTIONS),
     PARSED(load_read_connect_to), .help = "another host instead of one",
     .is_terse = true, .is_list = true,
     .expects = "HOST:PORT:HOST:PORT, as a.test:443:b.test:8443",
     .manual = "Connects to the second host and port for the first ones.\n"
               "The request, TLS and the certificate are those of the URL.\n"
               "Each of the four may be empty: any, or as it is."},
    {NAMED("resolve", '\0', "HOST:PORT:ADDRESS", CONNECTIONS),
     PARSED(load_read_resolve), .help = "an address instead of a look-up",
     .is_terse = true, .is_list = true,
     .expects = "HOST:PORT:ADDRESS, as a.test:443:192.0.2.1",
     .manual =
         "Connects to *ADDRESS* for *HOST* and *PORT*, and looks no name up "
         "for it.\n"
         "More addresses follow behind commas; *HOST* may be `*`."},
    {NAMED("dns-servers", '\0', "ADDRESSES", CONNECTIONS),
     AT(TEXT, connections.name_servers), .low = 1,
     .help = "name servers to ask", .is_terse = true,
     .manual = "Asks these name servers instead of the system's: addresses "
               "with commas between them, *192.0.2.1:5353* or "
               "*[2001:db8::1]:53* with a port."},
    {NAMED("ipv4", '4', NULL, CONNECTIONS), AT(FLAG, connections.ipv4),
     .help = "names have addresses of IPv4 only", .is_terse = true,
     .manual = "Uses no address of IPv6 that a name has."},
    {NAMED("ipv6", '6', NULL, CONNECTIONS), AT(FLAG, connections.ipv6),
     .help = "names have addresses of IPv6 only", .is_terse = true,
     .manual = "Uses no address of IPv4 that a name has."},
    {NAMED("fail-if", '\0', "WHAT", VERDICT), PARSED(load_read_fail_if),
     .help = "exit with 1 if p99>50ms, failures>0.1%, rate<990/s",
     .is_list = true, .expects = "a threshold, as \"p99>50ms\"",
     .manual =
         "A threshold: a figure, `>` or `<`, and a number with its unit; where "
         "the run is beyond it, the exit code is 1.\n"
         "`p50`, `p90`, `p99`, `p99.9`, `max`, `mean` of the response time "
         "(*ns*, *us*, *ms*, *s* or *m*), `failures` (a number, or with `%` a "
         "share of the requests) and `rate` (good answers, */s*, */m* or "
         "*/h*).\n"
         "With `wire.`, `raw.`, `good.` and the like in front it is the figure "
         "of that measure, and with *NAME*: of the requests of that name: "
         "`wire.p99>20ms`, `checkout:p99>100ms`.\n"
         "May be given many times; all are told in the report."},
    {NAMED("strict", '\0', NULL, VERDICT), AT(FLAG, judging.strict),
     .help = "exit with 4 if the result is SUSPECT", .is_terse = true,
     .manual = "Exits with 4 if the verdict on the run is SUSPECT."},
    {NAMED("stop-at-failures", '\0', "N", VERDICT),
     LIMITED(COUNT, amount.stop_at_failures, 1, MOST_COUNT),
     .help = "end the run then", .is_terse = true,
     .manual = "Ends the run when *N* requests have failed."},
    {NAMED("json", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_JSON),
     .help = "all of the result", .is_terse = true,
     .manual =
         "Writes all of the result as JSON: see *load-format.schema.json*."},
    {NAMED("html", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_HTML),
     .help = "a report for people", .is_terse = true,
     .manual = "Writes one page with plots, which needs no other file, no "
               "script and no network."},
    {NAMED("csv", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_CSV),
     .help = "a line a second", .is_terse = true,
     .manual = "Writes a line for each second of the run."},
    {NAMED("hdr", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_HDR),
     .help = "a log of histograms", .is_terse = true,
     .manual =
         "Writes a log of HdrHistogram's while the run lasts: the histograms "
         "of *response* and *late* for each second, and those of the other "
         "measures for each minute, with the measure's name as the tag."},
    {NAMED("samples", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_SAMPLES),
     .help = "the slowest requests", .is_terse = true,
     .manual = "Writes the slowest requests with their instants, as JSON "
               "lines."},
    {NAMED("openmetrics", '\0', "FILE", OUTPUTS), OUTPUT(LOAD_OPENMETRICS),
     .help = "for Prometheus", .is_terse = true,
     .manual =
         "Writes metrics in the text format of OpenMetrics, every ten seconds "
         "and at the end, as node_exporter's textfile collector reads them."},
    {NAMED("once", '\0', NULL, MESSAGES), AT(ACTION, action), .low = LOAD_ONCE,
     .help = "send one request and show it whole",
     .manual =
         "Sends one request instead of a run, the first one, and shows it, its "
         "answer and its instants on standard output: for when something is "
         "not as it should be.\n"
         "Values of headers that carry credentials are masked."},
    {NAMED("plan", '\0', NULL, MESSAGES), AT(ACTION, action), .low = LOAD_PLAN,
     .help = "show what would be sent", .is_terse = true,
     .manual = "Sends nothing, and shows what a run with these options would "
               "send: how many requests, the first of them with their "
               "instants, and all of the first one."},
    {NAMED("quiet", 'q', NULL, MESSAGES), AT(FLAG, output.quiet),
     .help = "no view while it runs, no report on standard output",
     .is_terse = true,
     .manual = "Shows nothing while it runs, and writes no report to standard "
               "output; what is wrong with the result is said all the same."},
    {NAMED("help", 'h', NULL, MESSAGES), AT(ACTION, action), .low = LOAD_HELP,
     .help = "list the options", .is_terse = true,
     .manual = "Lists the options."},
    {NAMED("version", 'V', NULL, MESSAGES), AT(ACTION, action),
     .low = LOAD_VERSION, .help = "name the version", .is_terse = true,
     .manual = "Prints the versions of lariat and libcurl."},
};

_Static_assert(sizeof rows / sizeof rows[0] <= OPTIONS_MAX, "the rows");

static const char usage[] =
    "usage: lariat load [options] URL... | -i FILE | --har FILE --hosts LIST\n"
    "                             | --replay FILE --to URL\n"
    "       lariat load compare ... | merge ... | report ... (see --help of "
    "each)\n"
    "Tests a server: how long do users wait, and may that be believed?\n";

static const char notes[] =
    "Exit code: 0 valid, 1 a --fail-if came true (or a file was not written),\n"
    "2 bad usage, 3 INVALID, 4 SUSPECT and --strict, 5 no answer, 130 "
    "stopped.\n"
    "Examples:\n"
    "  lariat load -c 50 -d 30s http://localhost:8080/     50 users, no "
    "pauses\n"
    "  lariat load --rate 2000 -d 1m --fail-if 'p99>50ms' URL    open, for "
    "CI\n";

const struct option_table load_options = {.command = "load",
                                          .summary = "test a server with load",
                                          .operand = "URL",
                                          .usage = usage,
                                          .notes = notes,
                                          .groups = groups,
                                          .rows = rows,
                                          .count = sizeof rows / sizeof rows[0],
                                          .hints = load_option_hints};
