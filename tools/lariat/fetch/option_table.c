/* SPDX-License-Identifier: MIT
 * option_table.c: the table, with the sentences of the manual page: `bold`,
 * *slanted*, one sentence a line, an empty line between paragraphs. */
#include "fetch/option_table.h"

#include <lariat/client.h>

#include "fetch/option_hints.h"
#include "fetch/readers.h"
#include "fetch/settings.h"

#define NAMED(its_name, its_letter, its_value, its_group)                      \
  .name = (its_name), .letter = (its_letter), .value = (its_value),            \
  .group = (its_group)

/* The kinds of values, and where in the settings they go. */
#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind, .offset = offsetof(struct settings, member)
#define LIMITED(its_kind, member, least, most)                                 \
  AT(its_kind, member), .low = (least), .high = (most)
#define PARSED(reader) .kind = OPTION_PARSED, .parse = (reader)
#define ALIAS(its_name) .kind = OPTION_ALIAS, .alias = (its_name)
#define IGNORED .kind = OPTION_IGNORED

#define MEBIBYTE (UINT64_C(1) << 20)
#define MOST_BYTES (UINT64_C(1) << 50)
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define MOST_RATE (UINT64_C(1000000) * 1000)

static const char seconds_or_none[] =
    "a time, as 30, 0.5, 500ms, 5m or 2h, at most 30 days; 0: no limit";
static const char network[] = "a network, as 10.0.0.0/8 or ::1";
static const char requests_a_second[] =
    "requests a second, as 10, 0.5, 90/m or 500/h, at most 1000000";

/* OPTION_CHOICE stores the index of a word. */
_Static_assert(LARIAT_PLACE_HOST == 0 && LARIAT_PLACE_SPREAD == 1,
               "the words of --placement");
_Static_assert(LARIAT_HTTP_AUTO == 0 && LARIAT_HTTP_1_1 == 1 &&
                   LARIAT_HTTP_2 == 2,
               "the words of --http");

enum { FILES, LINES, AMOUNT, EACH_FETCH, REQUEST, MESSAGES, AS_CURL };

static const struct option_group groups[] = {
    [FILES] = {"What is fetched, and where it goes", NULL},
    [LINES] = {"What a result line has", NULL},
    [AMOUNT] = {"How much at once", NULL},
    [EACH_FETCH] = {"Limits of each fetch",
                    "A time is in seconds, with up to three decimals, or has a "
                    "unit behind it: ms, s, m, h or d.\n"
                    "Bytes may have a suffix: K, M, G or T are powers of 1024 "
                    "(as KiB, MiB, ...), KB, MB, GB and TB powers of 1000.\n"
                    "0 is no limit, but for the number of redirects."},
    [REQUEST] = {"The request", NULL},
    [MESSAGES] = {"Messages", NULL},
    [AS_CURL] = {"Names that curl has for it",
                 "There are no abbreviations of long options."},
};

static const struct option_row rows[] = {
    {NAMED("input", 'i', "FILE", FILES), AT(TEXT, files.input), .low = 1,
     .files = OPTION_FILES,
     .help = "URLs or JSON objects, one a line; -: standard input",
     .manual =
         "Reads the list from *FILE*, or from standard input if that is `-`.\n"
         "`-` as the only argument means the same, and so does a pipe or a "
         "file on standard input where there are neither arguments nor "
         "`--input`."},
    {NAMED("output", 'o', "FILE", FILES), PARSED(read_output),
     .files = OPTION_FILES, .help = "truncated unless --resume",
     .preset = "standard output",
     .manual = "Writes the results to *FILE* instead of standard output.\n"
               "What it had is lost, unless `--resume` is given."},
    {NAMED("save", '\0', "DIR", FILES), AT(TEXT, files.save), .low = 1,
     .files = OPTION_DIRECTORIES,
     .help = "store each body in a file named by its SHA-256",
     .manual =
         "Also stores each body, in a file of *DIR* that is named by the "
         "body's SHA-256.\n"
         "The body is written to a temporary file as it comes, and may be "
         "larger than the memory; the file gets its name before the body's "
         "result line is written: a file with such a name is whole.\n"
         "Bodies that are the same are stored once; a file that is there "
         "already is kept if what it has in it fits its name, and replaced "
         "if not.\n"
         "Temporary files that a killed run has left behind, if any, are "
         "removed by a run a day later.\n"
         "*DIR* should not be a directory that others can write to: they "
         "could remove or replace files after they were stored.\n"
         "Nothing is forced to the disk; after a power cut a body may be "
         "missing."},
    {NAMED("resume", '\0', NULL, FILES), AT(FLAG, files.resume),
     .help = "continue: lines that OUTPUT has are not fetched",
     .manual =
         "Continues an interrupted run: lines of the input that have a whole "
         "result line in the output are not fetched again.\n"
         "A torn last line is cut off first.\n"
         "A file that is not the output of lariat is left as it is.\n"
         "The input must be the same, and must still have its lines in the "
         "same order; lines may have been added to its end.\n"
         "Takes at most 16 bytes of memory for each line that is finished."},
    {NAMED("headers", '\0', NULL, LINES), AT(FLAG, output.headers),
     .help = "the answer's headers", .is_terse = true,
     .manual = "Adds the headers of the answer: an object with a list of "
               "values for each name, in lower case.\n"
               "See `--keep-secrets` for what is masked."},
    {NAMED("body", '\0', NULL, LINES), AT(FLAG, output.body),
     .help = "the body", .is_terse = true,
     .manual = "Adds the body: as a text if it is valid UTF-8, else in base64; "
               "*body_encoding* says which.\n"
               "Bodies are held in memory then, also those that `--save` "
               "stores."},
    {NAMED("details", '\0', "LIST", LINES), PARSED(read_details),
     .words = {"trailers", "connection", "certificates", "history"},
     .help = "trailers, connection, certificates, history", .is_list = true,
     .expects = "trailers, connection, certificates or history, with commas "
                "between them",
     .manual =
         "Adds what is in *LIST*: *trailers*, the header lines behind the "
         "body; *connection*, the addresses and ports of both ends, and what "
         "TLS has settled; *certificates*, those of the server; *history*, "
         "status, URL and headers of the redirects that were followed."},
    {NAMED("keep-secrets", '\0', NULL, LINES), AT(FLAG, output.keep_secrets),
     .help = "show passwords", .is_terse = true,
     .manual =
         "Shows what is `***` in result lines without it: the passwords of "
         "URLs, and the values of headers called Authorization, "
         "Proxy-Authorization or Cookie.\n"
         "Messages on standard error never have them; bodies and tags are "
         "never changed.\n"
         "`--resume` goes by the numbers of lines and works either way."},
    {NAMED("reactors", 'r', "N", AMOUNT),
     LIMITED(COUNT, limits.reactors, 1, 1024), .help = "threads that fetch",
     .preset = "one a core", .is_terse = true,
     .manual = "Fetches on *N* threads; by default one for each CPU that the "
               "process may use."},
    {NAMED("concurrency", 'c', "N", AMOUNT),
     LIMITED(COUNT, limits.concurrency, 1, 1000000), .help = "in flight in all",
     .preset = "256",
     .manual = "At most *N* fetches are in flight; by default 256.\n"
               "Where there are too few file descriptors for so many "
               "connections, and for the files that are sent or saved, the "
               "limit (`ulimit -n`) is raised as far as it may be, and then "
               "the number lowered, with a message."},
    {NAMED("per-host", '\0', "N", AMOUNT),
     LIMITED(COUNT, limits.per_host, 1, 1000000),
     .help = "in flight for a host", .preset = "16", .is_terse = true,
     .manual = "At most *N* of them to one host and port; by default 16.\n"
               "The others wait, and URLs of other hosts are fetched "
               "meanwhile; their time-out has not begun."},
    {NAMED("rate", '\0', "N", AMOUNT), LIMITED(RATE, limits.rate, 1, MOST_RATE),
     .help = "requests a second in all", .expects = requests_a_second,
     .manual =
         "Starts at most *N* requests a second in all, evenly: 10, or 0.5, or "
         "with a unit 90/m (a minute) or 500/h (an hour).\n"
         "Redirects and retries count."},
    {NAMED("rate-per-host", '\0', "N", AMOUNT),
     LIMITED(RATE, limits.rate_per_host, 1, MOST_RATE),
     .help = "requests a second to a host", .is_terse = true,
     .expects = requests_a_second,
     .manual = "The same for each host and port."},
    {NAMED("delay", '\0', "S", AMOUNT),
     LIMITED(SECONDS, limits.delay_ms, 0, DAY_MS),
     .help = "between requests to a host",
     .expects = "a time, as 1, 0.25, 250ms or 5m, at most a day",
     .manual = "Leaves at least *S* seconds between two requests to one host, "
               "as they are sent.\n\n"
               "With these three, time that a fetch may have to wait for its "
               "turn is added to its time-out."},
    {NAMED("placement", '\0', "host|spread", AMOUNT),
     AT(CHOICE, limits.placement), .words = {"host", "spread"},
     .help = "which reactor fetches", .preset = "host", .is_terse = true,
     .manual =
         "*host*, the default: all fetches from one host are made by the same "
         "reactor, which reuses connections best.\n"
         "*spread*: by any reactor; for when one host is the whole load."},
    {NAMED("memory", '\0', "BYTES", AMOUNT),
     LIMITED(BYTES, limits.memory, MEBIBYTE, MOST_BYTES),
     .help = "bodies held at once", .preset = "1G",
     .expects = "bytes from 1M on, as 512M, 2G or 500MB",
     .manual =
         "Bodies of all the fetches in flight take at most so much; by default "
         "1G, or 256K for each fetch in flight if that is more.\n"
         "Bodies that `--save` stores take none of it, and neither does what "
         "decompresses bodies: up to 16M for each in flight with brotli, 8M "
         "with zstd.\n"
         "64K for each fetch in flight are set aside for small bodies; that "
         "may be half of it at the most, and `--concurrency` is lowered to "
         "that.\n"
         "A fetch whose body does not fit any more is broken off, and made "
         "again when nothing else is in flight; if it does not fit then, or "
         "must not be made twice (POST, PATCH), its error is *memory-limit*."},
    {NAMED("timeout", '\0', "S", EACH_FETCH),
     LIMITED(SECONDS, timeouts.total_ms, 0, 30 * DAY_MS),
     .help = "a whole fetch", .preset = "30", .expects = seconds_or_none,
     .manual = "The time for a whole fetch, its redirects and retries "
               "included; by default 30 seconds."},
    {NAMED("connect-timeout", '\0', "S", EACH_FETCH),
     LIMITED(SECONDS, timeouts.connect_ms, 0, 30 * DAY_MS),
     .help = "until there is a connection", .preset = "10", .is_terse = true,
     .expects = seconds_or_none,
     .manual = "The time until the connection is there, TLS included; by "
               "default 10 seconds."},
    {NAMED("idle-timeout", '\0', "S", EACH_FETCH),
     LIMITED(SECONDS, timeouts.idle_ms, 0, 30 * DAY_MS),
     .help = "without a byte", .preset = "none", .is_terse = true,
     .expects = seconds_or_none,
     .manual = "The time without a byte in either direction; by default none."},
    {NAMED("retries", '\0', "N", EACH_FETCH),
     LIMITED(COUNT, retry.max_retries, 0, 100), .help = "tries after a failure",
     .preset = "0",
     .manual = "Up to *N* more tries, a growing moment apart, when there is no "
               "connection, or it breaks, or the server is busy; only with the "
               "methods GET, HEAD, PUT, DELETE, OPTIONS and TRACE.\n"
               "A server's Retry-After is waited for, up to a minute.\n"
               "By default none."},
    {NAMED("retry-status", '\0', "LIST", EACH_FETCH),
     PARSED(read_retry_statuses), .words = {"5xx", "429", "none"},
     .help = "statuses to try again", .is_terse = true,
     .expects = "statuses from 400 to 599, as 429,503 or 5xx, or none",
     .manual = "These answers are tried again: as *429,503* or *5xx*; *none* "
               "of them.\n"
               "By default 408, 429, 502, 503 and 504."},
    {NAMED("retry-budget", '\0', "RATIO", EACH_FETCH),
     PARSED(read_retry_budget), .words = {"0.1", "none"},
     .help = "retries for each request", .preset = "0.1", .is_terse = true,
     .expects = "retries for each request, as 0.1, at most 100, or none",
     .manual = "No more than so many retries for each request, over all of the "
               "run, plus a hundred, plus ten a second; by default 0.1.\n"
               "Beyond that a failure is final, as *retry-budget*: retries "
               "shall not multiply an outage.\n"
               "With *none* there is no such limit."},
    {NAMED("retry-all-methods", '\0', NULL, EACH_FETCH),
     AT(FLAG, retry.any_method), .help = "POST and PATCH, too",
     .is_terse = true,
     .manual = "Retries also what may have had an effect, as a POST."},
    {NAMED("max-body", '\0', "BYTES", EACH_FETCH),
     LIMITED(BYTES, request.max_body, 0, MOST_BYTES), .help = "largest body",
     .preset = "64M", .is_terse = true,
     .expects = "bytes, as 65536, 64K, 10MB or 1G; 0: no limit",
     .manual = "The longest body, after decompression; by default 64M."},
    {NAMED("max-redirects", '\0', "N", EACH_FETCH),
     LIMITED(COUNT, request.max_redirects, 0, 1000),
     .help = "redirects to follow", .preset = "10; 0: none", .is_terse = true,
     .manual = "Follows up to *N* redirects; by default 10.\n"
               "With 0 none is followed, and the redirect is the answer."},
    {NAMED("raw", '\0', NULL, EACH_FETCH), AT(FLAG, request.raw),
     .help = "do not decompress", .is_terse = true,
     .manual =
         "Asks for no compression, and takes the body as it comes: *bytes*, "
         "*sha256*, `--save` and `--body` are of what the server has sent."},
    {NAMED("fail", 'f', NULL, EACH_FETCH), AT(FLAG, output.fail),
     .help = "exit with 1 for 4xx, 5xx", .is_terse = true,
     .manual = "Exits with 1 if any answer has a status of 400 or more, as it "
               "does after an error.\n"
               "The result lines are the same; the summary has the number."},
    {NAMED("method", 'X', "METHOD", REQUEST), PARSED(read_method),
     .words = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
     .help = "the method", .is_terse = true, .expects = "a method, as HEAD",
     .manual =
         "Instead of GET, or what `--data` and `--upload-file` make of it."},
    {NAMED("head", 'I', NULL, REQUEST), AT(FLAG, request.head),
     .help = "the method HEAD", .is_terse = true,
     .manual = "Asks for the headers alone: the method HEAD.\n"
               "With `--headers` they are in the result line."},
    {NAMED("header", 'H', "\"Name: value\"", REQUEST), PARSED(read_header),
     .help = "a header of every request", .is_terse = true, .is_list = true,
     .is_secret = true, .expects = "\"Name: value\"",
     .manual = "A header of every request; may be given many times.\n"
               "Values of the same name are sent as one, with a comma between "
               "them (Cookie: a semicolon).\n"
               "As with curl, *Name:* without a value takes a header out, as "
               "Accept, and *Name;* sends it empty.\n"
               "Authorization, Cookie, Proxy-Authorization and Host do not "
               "follow a redirect to another origin; others do."},
    {NAMED("user-agent", 'A', "TEXT", REQUEST), AT(TEXT, request.user_agent),
     .help = "who asks", .is_terse = true,
     .manual = "The header User-Agent; by default lariat and its version.\n"
               "An empty *TEXT* sends none."},
    {NAMED("user", 'u', "USER:PASSWORD", REQUEST), PARSED(read_user),
     .help = "Basic authentication", .is_terse = true, .is_secret = true,
     .expects = "USER:PASSWORD",
     .manual = "Sends *USER* and *PASSWORD* to the origin of each URL (Basic "
               "authentication, RFC 7617).\n"
               "A redirect to another origin (scheme, host and port) does not "
               "take them along.\n"
               "They are in no output.\n"
               "They win over those in a URL."},
    {NAMED("cookie", 'b', "FILE|NAME=VALUE", REQUEST), PARSED(read_cookie),
     .files = OPTION_FILES, .help = "cookies to send", .is_terse = true,
     .is_list = true, .is_secret = true,
     .expects = "a cookie file, or \"NAME=VALUE; NAME=VALUE\"",
     .manual =
         "With a `=` in it: a header Cookie of every request, as `--header` "
         "would give it.\n"
         "Else the name of a Netscape cookie file, as curl and browsers write "
         "it: its cookies are sent where they belong, and those that answers "
         "set are kept while the run lasts, and sent from then on, on each hop "
         "of a redirect.\n"
         "A line that is no cookie is told with its number, and nothing is "
         "fetched.\n"
         "With an empty *FILE* the run begins without cookies.\n"
         "Both may be given, and many times; cookies of `NAME=VALUE` go before "
         "those of the same name from files and answers."},
    {NAMED("cookie-jar", '\0', "FILE", REQUEST), PARSED(read_cookie_jar),
     .files = OPTION_FILES, .help = "keep cookies in it", .is_terse = true,
     .expects = "a file",
     .manual =
         "Keeps the cookies that answers set, and writes them to *FILE* at the "
         "end of the run, also if that is interrupted.\n"
         "The file is replaced when the new one is complete; only its owner "
         "can read it.\n"
         "Where it could not be written, as where its directory is not there, "
         "nothing is fetched.\n"
         "Cookies of before are in it if they were read: `-b` *FILE* "
         "`--cookie-jar` *FILE* goes on with a session, and begins one where "
         "there is no *FILE*.\n"
         "Cookies without an expiry last as long as the file does; to end a "
         "session, remove it.\n"
         "(`-c`, which is this with curl, is `--concurrency`.)"},
    {NAMED("data", 'd', "TEXT|@FILE|@-", REQUEST), PARSED(read_data),
     .help = "the body of every request", .is_terse = true, .is_list = true,
     .expects = "a text, @FILE, or @- for standard input; several texts, but "
                "only one file",
     .manual =
         "The body of every request that has none of its own; the method is "
         "POST then, unless another is given, and the Content-Type is "
         "application/x-www-form-urlencoded, as with curl, unless a "
         "`--header` says otherwise.\n"
         "Given several times, texts are joined by `&`.\n"
         "`@`*FILE* is what the file has in it, byte for byte; a regular file "
         "is read while it is sent, and not kept in memory.\n"
         "`@-` is standard input, which is read once, to its end, and kept."},
    {NAMED("upload-file", 'T', "FILE", REQUEST), PARSED(read_upload_file),
     .files = OPTION_FILES, .help = "a file to send", .is_terse = true,
     .expects = "a file (--data @- sends standard input)",
     .manual =
         "The same for a file, with the method PUT, unless another is given, "
         "and the Content-Type application/octet-stream.\n"
         "The URL is left as it is: the name of the file is not added to it."},
    {NAMED("cacert", '\0', "FILE", REQUEST), AT(TEXT, request.ca_file),
     .files = OPTION_FILES, .help = "trusted certificates", .is_terse = true,
     .manual = "Trusts the certificates in *FILE* (PEM), and no others."},
    {NAMED("insecure", 'k', NULL, REQUEST), AT(FLAG, request.insecure),
     .help = "do not verify certificates", .is_terse = true,
     .manual = "Does not verify certificates."},
    {NAMED("http", '\0', "auto|1.1|2", REQUEST), AT(CHOICE, request.http),
     .words = {"auto", "1.1", "2"}, .help = "the version of HTTP",
     .is_terse = true,
     .manual =
         "*auto*, the default: HTTP/2 where a TLS server offers it, else 1.1.\n"
         "*2*: also without TLS, by prior knowledge."},
    {NAMED("deny-private", '\0', NULL, REQUEST),
     AT(FLAG, addresses.deny_private), .help = "public addresses only",
     .is_terse = true,
     .manual =
         "Connects to public addresses only: not to loopback, private or "
         "link-local networks, multicast, and whatever else IANA keeps from "
         "the Internet, in IPv4 and IPv6.\n"
         "However the URL spells such an address, whatever name resolves to "
         "it and whoever redirects to it, the error is *address-denied*, and "
         "nothing was sent; a host that has other addresses is fetched from "
         "those.\n"
         "For lists of URLs from others, say, and then with `--allow-net` for "
         "what they may see:\n\n"
         "`lariat fetch --deny-private --allow-net 192.0.2.0/24 -i list`"},
    {NAMED("deny-net", '\0', "NET", REQUEST), PARSED(read_deny_net),
     .help = "addresses not to connect to", .is_terse = true, .is_list = true,
     .expects = network,
     .manual = "Does not connect to addresses in *NET*, public or not: "
               "*10.0.0.0/8*, *fd00::/8* or *192.0.2.1*."},
    {NAMED("allow-net", '\0', "NET", REQUEST), PARSED(read_allow_net),
     .help = "addresses to connect to", .is_terse = true, .is_list = true,
     .expects = network,
     .manual =
         "Connects to addresses in *NET*, whatever `--deny-private` says.\n"
         "May be given many times, as `--deny-net` may; of all that an "
         "address is in, the one with the longest prefix decides."},
    {NAMED("resolve", '\0', "HOST:PORT:ADDRESS", REQUEST), PARSED(read_resolve),
     .help = "an address instead of a look-up", .is_terse = true,
     .is_list = true, .expects = "HOST:PORT:ADDRESS, as a.test:443:192.0.2.1",
     .manual =
         "Connects to *ADDRESS* for *HOST* and *PORT*, and looks no name up "
         "for it.\n"
         "More addresses follow behind commas; *HOST* may be `*`."},
    {NAMED("connect-to", '\0', "HOST:PORT:HOST:PORT", REQUEST),
     PARSED(read_connect_to), .help = "another host instead of one",
     .is_terse = true, .is_list = true,
     .expects = "HOST:PORT:HOST:PORT, as a.test:443:b.test:8443",
     .manual = "Connects to the second host and port for the first ones.\n"
               "The request, TLS and the certificate are those of the URL.\n"
               "Each of the four may be empty: any, or as it is."},
    {NAMED("dns-servers", '\0', "ADDRESSES", REQUEST), AT(TEXT, names.servers),
     .low = 1, .help = "name servers to ask", .is_terse = true,
     .manual =
         "Asks these name servers instead of the system's: addresses with "
         "commas between them, *192.0.2.1:5353* or *[2001:db8::1]:53* with a "
         "port."},
    {NAMED("ipv4", '4', NULL, REQUEST), AT(FLAG, names.ipv4),
     .help = "names have addresses of IPv4 only", .is_terse = true,
     .manual = "Uses no address of IPv6 that a name has.\n"
               "A URL with such an address is fetched."},
    {NAMED("ipv6", '6', NULL, REQUEST), AT(FLAG, names.ipv6),
     .help = "names have addresses of IPv6 only", .is_terse = true,
     .manual = "Uses no address of IPv4 that a name has.\n"
               "A URL with such an address is fetched."},
    {NAMED("no-downgrade", '\0', NULL, REQUEST),
     AT(FLAG, redirects.no_downgrade), .help = "no redirects to http",
     .is_terse = true,
     .manual =
         "Follows no redirect from https to http; its error is "
         "*downgrade-refused*.\n"
         "Without this only those are refused that would take along a body, "
         "credentials, or headers that others need not see."},
    {NAMED("deny-bad-ports", '\0', NULL, REQUEST),
     AT(FLAG, redirects.deny_bad_ports),
     .help = "no URLs with ports of other protocols", .is_terse = true,
     .manual =
         "Refuses URLs whose port is one of another protocol, as 25 or 6667: "
         "the \"bad ports\" of the Fetch standard; the error is "
         "*port-refused*.\n"
         "Without this only redirects to such a port are refused."},
    {NAMED("same-origin-headers", '\0', NULL, REQUEST),
     AT(FLAG, redirects.same_origin_headers),
     .help = "headers do not follow redirects elsewhere", .is_terse = true,
     .manual =
         "A redirect to another origin (scheme, host or port) takes no header "
         "along that others need not see, as X-Api-Key; the likes of Accept "
         "and User-Agent go everywhere."},
    {NAMED("quiet", 'q', NULL, MESSAGES), AT(FLAG, messages.quiet),
     .help = "no progress and no summary", .is_terse = true,
     .manual = "No progress and no summary."},
    {NAMED("verbose", 'v', NULL, MESSAGES), AT(FLAG, messages.verbose),
     .help = "say each error, show heads as curl does", .is_terse = true,
     .manual =
         "Also writes each error to standard error, and what happens on the "
         "way, as curl does: behind `>` the head of each request as it is "
         "sent, behind `<` the head of each answer, of redirects and of tries "
         "before the last one, too, and behind `*` connections that are opened "
         "or reused, what TLS they speak, redirects and retries.\n"
         "Where there is more than one URL, each of these lines begins with "
         "the number of its line, as *[3]*.\n"
         "Credentials are masked, `--keep-secrets` or not.\n"
         "There is no progress line then."},
    {NAMED("help", 'h', NULL, MESSAGES), AT(ACTION, action), .low = ACTION_HELP,
     .help = "list the options", .is_terse = true,
     .manual = "Lists the options."},
    {NAMED("version", 'V', NULL, MESSAGES), AT(ACTION, action),
     .low = ACTION_VERSION, .help = "name the version", .is_terse = true,
     .manual = "Prints the versions of lariat and libcurl."},
    {NAMED("silent", 's', NULL, AS_CURL), ALIAS("quiet"), .help = "--quiet",
     .is_terse = true, .manual = "The same as `--quiet`."},
    {NAMED("show-error", 'S', NULL, AS_CURL), IGNORED,
     .help = "nothing: errors are in the lines", .is_terse = true,
     .manual = "Nothing: each error has its result line."},
    {NAMED("location", 'L', NULL, AS_CURL), IGNORED,
     .help = "nothing: redirects are followed", .is_terse = true,
     .manual = "Nothing: redirects are followed, see `--max-redirects`."},
    {NAMED("compressed", '\0', NULL, AS_CURL), IGNORED,
     .help = "nothing: bodies are decompressed", .is_terse = true,
     .manual = "Nothing: bodies are asked for compressed, see `--raw`."},
    {NAMED("max-time", 'm', "S", AS_CURL), ALIAS("timeout"),
     .help = "--timeout", .is_terse = true,
     .manual = "The same as `--timeout`."},
    {NAMED("retry", '\0', "N", AS_CURL), ALIAS("retries"), .help = "--retries",
     .is_terse = true, .manual = "The same as `--retries`."},
};

_Static_assert(sizeof rows / sizeof rows[0] <= OPTIONS_MAX, "the rows");

static const char usage[] =
    "usage: lariat fetch [options] [URL... | -]\n"
    "Fetches URLs on every core and writes one JSON object a line for each.\n";

static const char notes[] =
    "Exit code: 0 all answered, 1 some not, 2 bad usage, 130 and 143 stopped.\n"
    "Examples:\n"
    "  lariat fetch https://example.org/ | jq .status\n"
    "  lariat fetch -i urls.txt -o results.jsonl --save bodies --resume\n";

const struct option_table fetch_options = {.command = "fetch",
                                           .summary = "fetch URLs",
                                           .operand = "URL",
                                           .usage = usage,
                                           .notes = notes,
                                           .groups = groups,
                                           .rows = rows,
                                           .count =
                                               sizeof rows / sizeof rows[0],
                                           .hints = fetch_option_hints};
