/* SPDX-License-Identifier: MIT
 * option_table.c: the table, with the sentences of the manual page: `bold`,
 * *slanted*, one sentence a line, an empty line between paragraphs. */
#include "crawl/option_table.h"

#include <stdint.h>

#include "crawl/option_hints.h"
#include "crawl/readers.h"
#include "crawl/settings.h"

#define NAMED(its_name, its_letter, its_value, its_group)                      \
  .name = (its_name), .letter = (its_letter), .value = (its_value),            \
  .group = (its_group)

/* The kinds of values, and where in the settings they go. */
#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind, .offset = offsetof(struct crawl_settings, member)
#define LIMITED(its_kind, member, least, most)                                 \
  AT(its_kind, member), .low = (least), .high = (most)
#define PARSED(reader) .kind = OPTION_PARSED, .parse = (reader)

#define KIBIBYTE (UINT64_C(1) << 10)
#define MOST_BYTES (UINT64_C(1) << 50)
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define YEAR_MS (UINT64_C(365) * DAY_MS)
#define MOST_COUNT (UINT32_MAX - 1)

static const char a_delay[] = "a time, as 1, 0.25, 250ms or 5m, at most a day";
static const char a_time[] =
    "a time, as 30, 0.5, 500ms, 5m or 2h, at most 30 days";
static const char seconds_or_none[] =
    "a time, as 30, 0.5, 500ms, 5m or 2h, at most 30 days; 0: no limit";
static const char an_amount[] = "bytes, as 65536, 64K, 10MB or 1G";
static const char a_command[] = "a command for the shell";
static const char network[] = "a network, as 10.0.0.0/8 or ::1";

/* OPTION_CHOICE stores the index of a word. */
_Static_assert(LARIAT_CRAWL_SCOPE_DOMAIN == 0 && LARIAT_CRAWL_SCOPE_HOST == 1 &&
                   LARIAT_CRAWL_SCOPE_PREFIX == 2 &&
                   LARIAT_CRAWL_SCOPE_LIST == 3 && LARIAT_CRAWL_SCOPE_ANY == 4,
               "the words of --scope");
_Static_assert(LARIAT_CRAWL_GROUP_IP_IN_DOMAIN == 0 &&
                   LARIAT_CRAWL_GROUP_HOST == 1 &&
                   LARIAT_CRAWL_GROUP_DOMAIN == 2 && LARIAT_CRAWL_GROUP_IP == 3,
               "the words of --group");
_Static_assert(LARIAT_HTTP_AUTO == 0 && LARIAT_HTTP_1_1 == 1 &&
                   LARIAT_HTTP_2 == 2,
               "the words of --http");

enum {
  SEEDS,
  SCOPE,
  POLITENESS,
  BUDGETS,
  TRAPS,
  OUTPUT,
  AGAIN,
  WORKERS,
  MACHINE,
  NETWORK,
  MESSAGES
};

static const struct option_group groups[] = {
    [SEEDS] = {"Where it begins", NULL},
    [SCOPE] =
        {"What belongs to it",
         "`--include`, `--exclude`, `--surt` and `--exclude-surt` are asked in "
         "the order in which they are given, and the first one that fits a URL "
         "decides; where none does, `--scope` decides.\n"
         "Those of the command line are asked before those of a file."},
    [POLITENESS] =
        {"Politeness",
         "A time is in seconds, with up to three decimals, or has a unit "
         "behind it: ms, s, m, h or d."},
    [BUDGETS] = {"Budgets",
                 "When a budget of the whole crawl is used up, the crawl ends "
                 "with exit code 3, and goes on when it is started with a "
                 "larger one.\n"
                 "Bytes may have a suffix: K, M, G or T are powers of 1024, "
                 "KB, MB, GB and TB powers of 1000."},
    [TRAPS] = {"Traps",
               "What is taken for a trap is parked, not lost: `lariat crawl "
               "why` tells, and `lariat crawl set` opens it."},
    [OUTPUT] = {"What it writes", NULL},
    [AGAIN] = {"Crawling again", NULL},
    [WORKERS] =
        {"Many machines",
         "Each worker has a *DIR* of its own, and with the same `--frontier` "
         "all of them work on one crawl: see *many-machines.md*.\n"
         "Give each of them the same options; seeds, scope, keys and robots "
         "are those with which the first one has begun the crawl."},
    [MACHINE] = {"The machine", NULL},
    [NETWORK] = {"The network", NULL},
    [MESSAGES] = {"Messages", NULL},
};

static const struct option_row rows[] = {
    {NAMED("input", 'i', "FILE", SEEDS), PARSED(crawl_read_input),
     .files = OPTION_FILES, .is_list = true,
     .help = "seeds, one a line, also JSON; -: standard input",
     .expects = "a file, or - for standard input",
     .manual =
         "Reads seeds from *FILE*, or from standard input if that is `-`: a "
         "URL in each line, or a JSON object with *url*, and if you like "
         "*depth* (that it counts from; 0) and *priority* (0, first, to 7; "
         "4).\n"
         "A line that is no URL is told with its number and its reason, and "
         "nothing is crawled.\n"
         "Empty lines and those that begin with `#` are passed over."},
    {NAMED("seed", '\0', "URL", SEEDS), PARSED(crawl_read_seed),
     .is_list = true, .is_terse = true, .help = "the same as an argument",
     .expects = "a URL",
     .manual = "The same as *SEED* behind the directory; for files of "
               "`--config`."},
    {NAMED("sitemap", '\0', "URL", SEEDS), PARSED(crawl_read_sitemap),
     .is_list = true, .is_terse = true, .help = "a sitemap to read",
     .expects = "the URL of a sitemap",
     .manual = "Also reads this sitemap; those that robots.txt names are read "
               "in any case."},
    {NAMED("no-sitemaps", '\0', NULL, SEEDS), AT(FLAG, seeds.no_sitemaps),
     .is_terse = true, .help = "read none",
     .manual = "Reads no sitemaps but those of `--sitemap`."},
    {NAMED("scope", '\0', "domain|host|prefix|list|any", SCOPE),
     AT(CHOICE, scope.scope),
     .words = {"domain", "host", "prefix", "list", "any"},
     .help = "which URLs belong to it", .preset = "domain", .is_terse = true,
     .manual =
         "*domain*, the default: those of the seeds' registrable domains, as "
         "example.org, by the public suffix list.\n"
         "*host*: of the same hosts.\n"
         "*prefix*: those that begin as a seed does, up to its last slash, "
         "of http and https alike.\n"
         "*list*: the seeds alone.\n"
         "*any*: all; give a budget."},
    {NAMED("include", '\0', "RE", SCOPE), PARSED(crawl_read_include),
     .is_list = true, .help = "URLs that belong to it",
     .expects = "an expression",
     .manual = "URLs in which this expression (PCRE2) is found belong to the "
               "crawl, whatever `--scope` says."},
    {NAMED("exclude", '\0', "RE", SCOPE), PARSED(crawl_read_exclude),
     .is_list = true, .is_terse = true, .help = "URLs that do not",
     .expects = "an expression",
     .manual = "URLs in which this expression (PCRE2) is found do not."},
    {NAMED("surt", '\0', "PREFIX", SCOPE), PARSED(crawl_read_surt),
     .is_list = true, .is_terse = true, .help = "the same by SURT",
     .expects = "a prefix, as \"http://(org,example,)/docs/\"",
     .manual = "URLs whose SURT form begins so belong to it, as "
               "*http://(org,example,)/docs/*."},
    {NAMED("exclude-surt", '\0', "PREFIX", SCOPE),
     PARSED(crawl_read_exclude_surt), .is_list = true, .is_terse = true,
     .help = "the same by SURT",
     .expects = "a prefix, as \"http://(org,example,)/docs/\"",
     .manual = "URLs whose SURT form begins so do not."},
    {NAMED("depth", '\0', "N", SCOPE), LIMITED(COUNT, scope.depth, 0, 1000000),
     .help = "links from a seed", .preset = "no limit", .is_terse = true,
     .manual = "Follows at most *N* links from a seed; redirects are not "
               "counted.\n"
               "0: the seeds alone, and what their pages are made of."},
    {NAMED("hops-off-site", '\0', "N", SCOPE),
     LIMITED(COUNT, scope.hops_off_site, 0, 255), .preset = "0",
     .is_terse = true, .help = "links beyond the scope",
     .manual = "Also fetches what pages in scope link to, up to *N* links "
               "beyond it."},
    {NAMED("requisites", '\0', NULL, SCOPE), AT(FLAG, scope.requisites),
     .is_terse = true, .help = "images, CSS, scripts from anywhere",
     .manual = "Fetches images, style sheets and scripts of pages in scope, "
               "wherever they are: so it is unless `--no-warc` is given."},
    {NAMED("no-requisites", '\0', NULL, SCOPE), AT(FLAG, scope.no_requisites),
     .is_terse = true, .help = "only those in scope",
     .manual = "Fetches only those that are in scope themselves."},
    {NAMED("types", '\0', "LIST", SCOPE), AT(TEXT, scope.types), .low = 1,
     .is_terse = true, .help = "media types that are wanted",
     .expects = "media types, as text/html,image/*",
     .manual = "Reads the bodies of these media types alone, as "
               "*text/html,image/\\**; of others the head is kept."},
    {NAMED("key", '\0', "RULES", SCOPE), AT(TEXT, scope.key_rules), .low = 1,
     .is_terse = true, .help = "which URLs are the same",
     .expects = "rules, as session;sort-query;drop=utm_*",
     .manual = "The rules by which two URLs are the same page, with semicolons "
               "between them: see *url-keys.md*."},
    {NAMED("delay", '\0', "S", POLITENESS),
     LIMITED(SECONDS, politeness.delay_ms, 0, DAY_MS),
     .help = "between two requests to a host", .preset = "1",
     .expects = a_delay,
     .manual = "Leaves at least *S* seconds between two requests to a group of "
               "hosts, see `--group`; by default 1.\n"
               "A longer Crawl-delay of its robots.txt wins."},
    {NAMED("delay-factor", '\0', "F", POLITENESS),
     PARSED(crawl_read_delay_factor), .help = "of the last answer's time",
     .preset = "0", .is_terse = true,
     .expects = "a number, as 5 or 0.5, at most 1000",
     .manual = "Also waits *F* times as long as the last answer took."},
    {NAMED("delay-max", '\0', "S", POLITENESS),
     LIMITED(SECONDS, politeness.delay_max_ms, 0, DAY_MS),
     .help = "of back-off", .preset = "60", .is_terse = true,
     .expects = a_delay,
     .manual = "A host that answers 429 or 503 without Retry-After is asked "
               "half as often each time, until the delay is *S*."},
    {NAMED("group", '\0', "ip-in-domain|host|domain|ip", POLITENESS),
     AT(CHOICE, politeness.group),
     .words = {"ip-in-domain", "host", "domain", "ip"},
     .help = "which hosts share a delay", .is_terse = true,
     .manual =
         "*ip-in-domain*, the default: hosts of one registrable domain at one "
         "address; *host*: each by itself; *domain*: all of a registrable "
         "domain; *ip*: all at one address."},
    {NAMED("per-group", '\0', "N", POLITENESS),
     LIMITED(COUNT, politeness.per_group, 1, 1000), .preset = "1",
     .is_terse = true, .help = "requests at once to a group",
     .manual = "Has up to *N* requests under way to a group at once."},
    {NAMED("crawl-delay-max", '\0', "S", POLITENESS),
     LIMITED(SECONDS, politeness.crawl_delay_max_ms, 0, DAY_MS), .preset = "30",
     .is_terse = true, .help = "of robots.txt", .expects = a_delay,
     .manual = "The longest Crawl-delay that is kept to; see "
               "`--crawl-delay`."},
    {NAMED("crawl-delay", '\0', "cap|skip", POLITENESS),
     AT(CHOICE, politeness.crawl_delay), .words = {"cap", "skip"},
     .preset = "cap", .is_terse = true, .help = "what a longer one does",
     .manual = "A longer one counts as that (*cap*), or its host is not "
               "crawled (*skip*)."},
    {NAMED("retry-after-max", '\0', "S", POLITENESS),
     LIMITED(SECONDS, politeness.retry_after_max_ms, 0, 30 * DAY_MS),
     .preset = "1d", .is_terse = true, .help = "longest Retry-After",
     .expects = a_time,
     .manual = "The longest Retry-After that is waited for; by default a "
               "day."},
    {NAMED("robots", '\0', "obey|ignore", POLITENESS),
     AT(CHOICE, politeness.robots), .words = {"obey", "ignore"},
     .preset = "obey", .is_terse = true, .help = "robots.txt",
     .manual =
         "*ignore*: for your own hosts; it is said each time, and in every "
         "WARC file."},
    {NAMED("contact", '\0', "URL|MAIL", POLITENESS), PARSED(crawl_read_contact),
     .help = "who crawls; needed but for loopback",
     .expects = "a URL of a page about the crawl, or a mail address",
     .manual =
         "Who can be asked about the crawl: the URL of a page, or a mail "
         "address.\n"
         "It is part of the User-Agent; without it nothing but this machine "
         "(loopback) is crawled."},
    {NAMED("user-agent", 'A', "TEXT", POLITENESS),
     AT(TEXT, politeness.user_agent), .low = 1, .is_terse = true,
     .help = "instead of lariat/VERSION (+CONTACT)", .expects = "a text",
     .manual = "The header User-Agent; by default *lariat/VERSION "
               "(+CONTACT)*.\n"
               "The word before its first slash is what robots.txt is asked "
               "about."},
    {NAMED("max-pages", '\0', "N", BUDGETS),
     LIMITED(COUNT, budgets.max_pages, 1, MOST_COUNT), .help = "answers in all",
     .manual = "Ends after *N* answers, those of earlier runs counted."},
    {NAMED("max-bytes", '\0', "BYTES", BUDGETS),
     LIMITED(BYTES, budgets.max_bytes, 1, MOST_BYTES), .is_terse = true,
     .help = "of bodies in all", .expects = an_amount,
     .manual = "Ends after so many bytes of bodies."},
    {NAMED("max-time", '\0', "S", BUDGETS),
     LIMITED(SECONDS, budgets.max_time_ms, 1, YEAR_MS), .is_terse = true,
     .help = "of this run", .expects = "a time, as 30, 5m, 2h or 7d",
     .manual = "Ends this run after so long."},
    {NAMED("max-pages-per-host", '\0', "N", BUDGETS),
     LIMITED(COUNT, budgets.max_pages_per_host, 1, MOST_COUNT),
     .is_terse = true, .help = "of each host",
     .manual = "Fetches at most *N* pages of a host; its other URLs stay "
               "queued."},
    {NAMED("max-bytes-per-host", '\0', "BYTES", BUDGETS),
     LIMITED(BYTES, budgets.max_bytes_per_host, 1, MOST_BYTES),
     .is_terse = true, .help = "of each host", .expects = an_amount,
     .manual = "The same for bytes of bodies."},
    {NAMED("max-hosts", '\0', "N", BUDGETS),
     LIMITED(COUNT, budgets.max_hosts, 1, MOST_COUNT), .is_terse = true,
     .help = "hosts in all", .manual = "Takes at most *N* hosts in."},
    {NAMED("max-body", '\0', "BYTES", BUDGETS),
     LIMITED(BYTES, budgets.max_body, 1, MOST_BYTES), .preset = "64M",
     .is_terse = true, .help = "of one answer", .expects = an_amount,
     .manual = "Breaks a body off there; its record says that it is "
               "truncated."},
    {NAMED("trap-repeat", '\0', "N", TRAPS),
     LIMITED(COUNT, traps.repeat, 0, 100), .preset = "3", .is_terse = true,
     .help = "equal segments in a row",
     .manual = "Refuses URLs with *N* equal path segments in a row, or two "
               "that alternate so often; 0: none."},
    {NAMED("trap-depth", '\0', "N", TRAPS),
     LIMITED(COUNT, traps.segments, 0, 1000), .preset = "20", .is_terse = true,
     .help = "path segments",
     .manual = "Refuses URLs with more than *N* path segments; 0: none."},
    {NAMED("trap-query", '\0', "N", TRAPS),
     LIMITED(COUNT, traps.query, 0, 1000000), .preset = "1000",
     .is_terse = true, .help = "queries of one path",
     .manual = "Parks URLs beyond *N* queries of one path; 0: none."},
    {NAMED("no-trap-similar", '\0', NULL, TRAPS), AT(FLAG, traps.no_similar),
     .is_terse = true, .help = "do not look for similar pages",
     .manual = "Does not park URLs of one form whose pages are all alike."},
    {NAMED("no-warc", '\0', NULL, OUTPUT), AT(FLAG, output.no_warc),
     .is_terse = true, .help = "keep no pages",
     .manual = "Writes no WARC files: what was found is kept, the pages are "
               "not."},
    {NAMED("warc-size", '\0', "BYTES", OUTPUT),
     LIMITED(BYTES, output.warc_size, KIBIBYTE, MOST_BYTES), .preset = "1G",
     .is_terse = true, .help = "of a file",
     .expects = "bytes from 1K on, as 100M or 1G",
     .manual = "Begins a new WARC file from so many bytes on."},
    {NAMED("warc-level", '\0', "N", OUTPUT),
     LIMITED(COUNT, output.warc_level, 0, 12), .preset = "4", .is_terse = true,
     .help = "of compression",
     .manual = "How much gzip tries, from 1 to 12; 0: the files are not "
               "compressed."},
    {NAMED("cdx", '\0', NULL, OUTPUT), AT(FLAG, output.cdx), .is_terse = true,
     .help = "an index beside each WARC file",
     .manual = "Writes an index (CDXJ) beside each WARC file when it is "
               "closed, by which replay programs find pages."},
    {NAMED("warc-metadata", '\0', NULL, OUTPUT), AT(FLAG, output.warc_metadata),
     .is_terse = true, .help = "how each page was found",
     .manual = "Writes a *metadata* record for each page, with the names of "
               "Heritrix: *via*, the page that named it; *hopsFromSeed*, a "
               "letter for each step from a seed to it; *fetchTimeMs*.\n"
               "`lariat crawl why` tells both without it."},
    {NAMED("same-body", '\0', "revisit|record|skip", OUTPUT),
     AT(CHOICE, output.same_body), .words = {"revisit", "record", "skip"},
     .preset = "revisit", .is_terse = true, .help = "bodies seen before",
     .manual = "A body that was there before becomes a *revisit* record, which "
               "names the first one; or it is written again (*record*), or "
               "the page has no record at all (*skip*), and only the database "
               "and the lines of JSON know of it."},
    {NAMED("jsonl", '\0', "FILE", OUTPUT), AT(TEXT, output.jsonl), .low = 1,
     .files = OPTION_FILES, .help = "a line of JSON for each outcome",
     .manual = "Writes a line of JSON for each outcome, when it is in the "
               "database; see *crawling.md*.\n"
               "`-` is standard output, with the lines of this run; they are "
               "kept in *DIR/outcomes.jsonl* then."},
    {NAMED("links", '\0', "FILE", OUTPUT), AT(TEXT, output.links), .low = 1,
     .files = OPTION_FILES, .is_terse = true, .help = "the links",
     .manual =
         "Writes a line for each link that a page has: the page, the link, L "
         "(link), E (embedded) or the like, and what became of it, with "
         "tabs between them."},
    {NAMED("log-rejects", '\0', "FILE", OUTPUT), AT(TEXT, output.rejects),
     .low = 1, .files = OPTION_FILES, .is_terse = true,
     .help = "the links not followed",
     .manual = "Writes a line for each link that is not followed: the page, "
               "the link, its letter, *scope*, *trap* or *nofollow*, and the "
               "rule that said so, with tabs between them.\n"
               "Not with `--links`, which has those links, too."},
    {NAMED("keep-secrets", '\0', NULL, OUTPUT), AT(FLAG, output.keep_secrets),
     .is_terse = true, .help = "show passwords",
     .manual = "Writes what is `***` without it: values of headers that carry "
               "credentials, in records and lines."},
    {NAMED("exec", '\0', "CMD", OUTPUT), AT(TEXT, output.exec), .low = 1,
     .help = "reads the lines of JSON", .is_terse = true, .expects = a_command,
     .manual =
         "Runs *CMD* with the shell, and gives it the lines of `--jsonl` on "
         "its standard input, while the crawl lasts and until it has read "
         "them.\n"
         "However slow it is, the crawl does not wait for it: lines wait in "
         "the file.\n"
         "After a kill it may get some lines again, and it gets each at least "
         "once."},
    {NAMED("on-warc-closed", '\0', "CMD", OUTPUT),
     AT(TEXT, output.on_warc_closed), .low = 1, .is_terse = true,
     .help = "runs for each file", .expects = a_command,
     .manual = "Runs *CMD* with the shell for each WARC file that is "
               "complete, whose path is `$1`: one after the other, and each "
               "at least once.\n"
               "Where it fails it is run again when the crawl is started "
               "again."},
    {NAMED("openmetrics", '\0', "FILE", OUTPUT), AT(TEXT, output.openmetrics),
     .low = 1, .files = OPTION_FILES, .is_terse = true,
     .help = "for Prometheus",
     .manual = "Writes metrics in the text format of OpenMetrics, every ten "
               "seconds and at the end, as node_exporter's textfile collector "
               "reads them."},
    {NAMED("metrics", '\0', "HOST:PORT", OUTPUT), AT(TEXT, output.metrics),
     .low = 1, .is_terse = true, .help = "the same over HTTP",
     .expects = "an address and a port",
     .manual = "Answers *GET /metrics* there with the same text, as Prometheus "
               "asks for it.\n"
               "*HOST* is an address, `localhost`, or nothing, which is "
               "127.0.0.1; whoever can reach it can read the counts."},
    {NAMED("since", '\0', "DIR", AGAIN), AT(TEXT, again.since), .low = 1,
     .files = OPTION_DIRECTORIES, .help = "an earlier crawl", .is_terse = true,
     .manual =
         "Asks by the validators of the crawl in *DIR* whether a page has "
         "changed; what has not becomes a *revisit* record.\n"
         "All URLs that it knows and that are in scope are asked for, since "
         "a page that has not changed leads nowhere."},
    {NAMED("again", '\0', "AGE", AGAIN),
     LIMITED(SECONDS, again.again_ms, 0, 10 * YEAR_MS), .is_terse = true,
     .help = "fetch what is older",
     .expects = "a time, as 12h, 7d or 365d; 0: all",
     .manual = "In a directory whose crawl has ended: URLs that were fetched "
               "longer ago than *AGE* are due again; 0: all.\n"
               "Stopped before its end, it goes on without the option."},
    {NAMED("repair", '\0', NULL, AGAIN), AT(FLAG, again.repair),
     .is_terse = true, .help = "fetch what a disk has lost",
     .manual = "Where a WARC file is shorter than the database says, after the "
               "power failed, say: fetches again what was behind its end. "
               "Without it such a directory is refused."},
    {NAMED("frontier", '\0', "URL", WORKERS), AT(TEXT, shared.frontier),
     .low = 1, .is_secret = true, .is_terse = true,
     .help = "the crawl is in PostgreSQL",
     .expects = "a database, as postgres://host/name",
     .manual =
         "Keeps the crawl's URLs in this database, where other workers have "
         "them, too: *postgres://USER@HOST/NAME*, or *key=value ...* as "
         "libpq reads it.\n"
         "Passwords belong into a file (PGPASSFILE) or a service, not into "
         "the command line.\n"
         "`--since`, `--again`, `--repair`, `--max-hosts`, budgets of hosts "
         "and `--group ip` cannot be given with it; `--max-pages` and "
         "`--max-bytes` are of all workers together, and may be exceeded by "
         "what those have in flight."},
    {NAMED("lease", '\0', "S", WORKERS),
     LIMITED(SECONDS, shared.lease_ms, 1000, DAY_MS), .is_terse = true,
     .help = "how long a site is one worker's",
     .expects = "a time from 1s to 1d, as 30 or 2m",
     .manual =
         "A worker has a site for so long, by default a minute, and longer "
         "while "
         "it works on it.\n"
         "When a worker dies, others have its sites after that time, and what "
         "it had not committed is fetched again."},
    {NAMED("crawl-name", '\0', "NAME", WORKERS), AT(TEXT, shared.name),
     .low = 1, .help = "of the crawl in there", .is_terse = true,
     .expects = "a name",
     .manual = "The crawl's name in the database, by default *lariat*: its "
               "tables are in a schema that is called so."},
    {NAMED("concurrency", 'c', "N", MACHINE),
     LIMITED(COUNT, machine.concurrency, 1, 1000000), .help = "in flight",
     .preset = "1024", .is_terse = true,
     .manual = "At most *N* requests are in flight; by default 1024."},
    {NAMED("reactors", 'r', "N", MACHINE),
     LIMITED(COUNT, machine.reactors, 1, 1024), .help = "threads",
     .preset = "one a core", .is_terse = true,
     .manual = "Fetches on *N* threads; by default one for each CPU that the "
               "process may use."},
    {NAMED("durability", '\0', "process|power", MACHINE),
     AT(CHOICE, machine.durability), .words = {"process", "power"},
     .preset = "process", .is_terse = true, .help = "what it survives",
     .manual = "*process*, the default: the state survives the end of the "
               "process, however that comes.\n"
               "*power*: also that of the machine; files are forced to the "
               "disk several times a second."},
    {NAMED("timeout", '\0', "S", MACHINE),
     LIMITED(SECONDS, machine.timeout_ms, 0, 30 * DAY_MS), .preset = "120",
     .is_terse = true, .help = "a whole fetch", .expects = seconds_or_none,
     .manual = "The time for a whole fetch; by default two minutes."},
    {NAMED("connect-timeout", '\0', "S", MACHINE),
     LIMITED(SECONDS, machine.connect_timeout_ms, 0, 30 * DAY_MS),
     .preset = "10", .is_terse = true, .help = "until there is a connection",
     .expects = seconds_or_none,
     .manual = "The time until the connection is there, TLS included; by "
               "default 10 seconds."},
    {NAMED("idle-timeout", '\0', "S", MACHINE),
     LIMITED(SECONDS, machine.idle_timeout_ms, 0, 30 * DAY_MS), .preset = "60",
     .is_terse = true, .help = "without a byte", .expects = seconds_or_none,
     .manual = "The time without a byte in either direction; by default a "
               "minute."},
    {NAMED("retries", '\0', "N", MACHINE),
     LIMITED(COUNT, machine.retries, 0, 100), .preset = "3", .is_terse = true,
     .help = "tries after a failure in passing",
     .manual = "Up to *N* more tries of a URL, ever longer apart, when there "
               "is no connection, or it breaks, or the server is busy."},
    {NAMED("http", '\0', "auto|1.1|2", NETWORK), AT(CHOICE, machine.http),
     .words = {"auto", "1.1", "2"}, .is_terse = true,
     .help = "the version of HTTP", .preset = "1.1",
     .manual = "*1.1*, the default; *auto*: HTTP/2 where a TLS server offers "
               "it, else 1.1; *2*: also without TLS, by prior knowledge."},
    {NAMED("cacert", '\0', "FILE", NETWORK), AT(TEXT, network.ca_file),
     .low = 1, .files = OPTION_FILES, .is_terse = true,
     .help = "trusted certificates",
     .manual = "Trusts the certificates in *FILE* (PEM), and no others."},
    {NAMED("insecure", '\0', NULL, NETWORK), AT(FLAG, network.insecure),
     .is_terse = true, .help = "do not verify certificates",
     .manual = "Does not verify certificates."},
    {NAMED("allow-private", '\0', NULL, NETWORK),
     AT(FLAG, network.allow_private), .is_terse = true,
     .help = "addresses that are not public",
     .manual =
         "Connects to any address.\n"
         "Without it, only to public ones, wherever links, redirects and names "
         "lead; and where a seed is at a loopback address, to those; and where "
         "it is at another private address, to that one."},
    {NAMED("allow-net", '\0', "NET", NETWORK), PARSED(crawl_read_allow_net),
     .is_list = true, .is_terse = true, .help = "addresses to connect to",
     .expects = network,
     .manual = "Also connects to addresses in *NET*, as *10.0.0.0/8*; for "
               "crawls of an intranet."},
    {NAMED("deny-net", '\0', "NET", NETWORK), PARSED(crawl_read_deny_net),
     .is_list = true, .is_terse = true, .help = "addresses not to connect to",
     .expects = network, .manual = "Does not connect to addresses in *NET*."},
    {NAMED("resolve", '\0', "HOST:PORT:ADDRESS", NETWORK),
     PARSED(crawl_read_resolve), .is_list = true, .is_terse = true,
     .help = "an address instead of a look-up",
     .expects = "HOST:PORT:ADDRESS, as a.test:443:192.0.2.1",
     .manual =
         "Connects to *ADDRESS* for *HOST* and *PORT*, and looks no name up "
         "for it.\n"
         "More addresses follow behind commas; *HOST* may be `*`."},
    {NAMED("connect-to", '\0', "HOST:PORT:HOST:PORT", NETWORK),
     PARSED(crawl_read_connect_to), .is_list = true, .is_terse = true,
     .help = "another host instead of one",
     .expects = "HOST:PORT:HOST:PORT, as a.test:443:b.test:8443",
     .manual = "Connects to the second host and port for the first ones.\n"
               "Each of the four may be empty: any, or as it is."},
    {NAMED("dns-servers", '\0', "ADDRESSES", NETWORK),
     AT(TEXT, network.name_servers), .low = 1, .is_terse = true,
     .help = "name servers to ask",
     .manual = "Asks these name servers instead of the system's: addresses "
               "with commas between them, *192.0.2.1:5353* or "
               "*[2001:db8::1]:53* with a port."},
    {NAMED("ipv4", '4', NULL, NETWORK), AT(FLAG, network.ipv4),
     .is_terse = true, .help = "names have addresses of IPv4 only",
     .manual = "Uses no address of IPv6 that a name has."},
    {NAMED("ipv6", '6', NULL, NETWORK), AT(FLAG, network.ipv6),
     .is_terse = true, .help = "names have addresses of IPv6 only",
     .manual = "Uses no address of IPv4 that a name has."},
    {NAMED("config", '\0', "FILE", MESSAGES), AT(TEXT, config_path), .low = 1,
     .files = OPTION_FILES, .help = "these options in a file",
     .expects = "a file",
     .manual =
         "Reads options from *FILE*: lines *name = value* with the long names, "
         "*yes* or *no* for what takes no value, and sections *[host "
         "\"example.org\"]* with *delay*, *max-pages*, *robots* and *header* "
         "for a host (*\\*.example.org*: for those below it).\n"
         "What the command line says wins.\n"
         "At SIGHUP the file is read again, and what has changed holds from "
         "then on, as far as `lariat crawl set` can change it."},
    {NAMED("forget", '\0', NULL, MESSAGES), AT(FLAG, kept.forget),
     .is_terse = true, .help = "not the options of the last run",
     .manual =
         "Uses no option of earlier runs in *DIR*: what is given now is all, "
         "and is remembered instead.\n"
         "Without it, a crawl that goes on has the options of the last run "
         "but those that are given otherwise; see *crawling.md*."},
    {NAMED("grace", '\0', "S", MESSAGES),
     LIMITED(SECONDS, messages.grace_ms, 0, 3600 * 1000), .preset = "10",
     .is_terse = true, .help = "for what is in flight at a signal",
     .expects = "a time, as 10, 500ms or 2m, at most an hour",
     .manual = "What is in flight at the first SIGINT or SIGTERM has so long; "
               "by default 10 seconds."},
    {NAMED("progress", '\0', "line|json", MESSAGES),
     AT(CHOICE, messages.progress), .words = {"line", "json"}, .preset = "line",
     .is_terse = true, .help = "how far it is",
     .manual = "*line*, the default: one line, where standard error is a "
               "terminal.\n"
               "*json*: a line of JSON on standard error, every ten seconds "
               "and at the end."},
    {NAMED("quiet", 'q', NULL, MESSAGES), AT(FLAG, messages.quiet),
     .is_terse = true, .help = "no progress and no tables",
     .manual = "No progress, and no tables at the end."},
    {NAMED("help", 'h', NULL, MESSAGES), AT(ACTION, action), .low = CRAWL_HELP,
     .is_terse = true, .help = "list the options",
     .manual = "Lists the options."},
    {NAMED("version", 'V', NULL, MESSAGES), AT(ACTION, action),
     .low = CRAWL_VERSION, .is_terse = true, .help = "name the version",
     .manual = "Prints the versions of lariat and libcurl."},
};

_Static_assert(sizeof rows / sizeof rows[0] <= OPTIONS_MAX, "the rows");

static const char usage[] =
    "usage: lariat crawl [options] DIR [SEED...]\n"
    "       lariat crawl status|top|why|changes|report|repair DIR\n"
    "       lariat crawl pause|resume|stop|add|set DIR\n"
    "Archives sites in DIR, politely; goes on where DIR stands.\n";

static const char notes[] =
    "Exit code: 0 done, 1 some failed, 2 bad usage, 3 a budget is used up,\n"
    "4 the disk is full, 5 no page at all, 75 not now (the directory is in "
    "use,\n"
    "or there is no database), 130 and 143 stopped.\n"
    "Example: lariat crawl --contact me@example.org site "
    "https://example.org/\n";

const struct option_table crawl_options = {.command = "crawl",
                                           .summary = "archive sites",
                                           .operand = "DIR",
                                           .words = "status top why pause "
                                                    "resume stop add set "
                                                    "changes report repair",
                                           .usage = usage,
                                           .notes = notes,
                                           .groups = groups,
                                           .rows = rows,
                                           .count =
                                               sizeof rows / sizeof rows[0],
                                           .hints = crawl_option_hints};
