/* SPDX-License-Identifier: MIT
 * shared_schema.c: rows of `url` and `outcome` are only inserted, those of
 * `todo` deleted when a URL has its outcome; what changes often (a queue's
 * lease, a worker's counts) is small and has space in its page.  Nothing refers
 * to anything by a foreign key: that would lock rows that others need. */
#include "shared_schema.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "memory.h"
#include "postgres_array.h"

enum { TRIES = 5 };

static const char version_1[] =
    "create table crawl(one boolean primary key default true check (one),"
    " application text not null, version int not null,"
    " made_at timestamptz not null default now(), secret bytea not null,"
    " config text not null, ordered smallint not null default 0,"
    " swept_at timestamptz not null default 'epoch');"
    "create table worker(id int generated always as identity primary key,"
    " host text not null, directory bigint not null, place text not null,"
    " session bigint not null default 1,"
    " batch bigint not null default 0, added bigint not null default 0,"
    " started_at timestamptz not null default now(),"
    " seen_at timestamptz not null default now(), left_at timestamptz,"
    " known bigint not null default 0, done bigint not null default 0,"
    " bytes bigint not null default 0, kinds bigint[] not null"
    " default array_fill(0::bigint, array[16])) with (fillfactor = 50);"
    "create table queue(id bigint primary key, site text not null,"
    " due timestamptz not null, ready timestamptz not null default 'epoch',"
    " owner int, epoch bigint not null default 0) with (fillfactor = 70);"
    "create index queue_due on queue(due);"
    "create table url(queue bigint not null, id bigint not null,"
    " via bigint not null, depth int not null, priority smallint not null,"
    " hops_off_site smallint not null, redirects smallint not null,"
    " hop \"char\" not null, url text not null, primary key (queue, id));"
    "create table todo(queue bigint not null,"
    " seq bigint generated always as identity, id bigint not null,"
    " not_before timestamptz not null default 'epoch',"
    " tries int not null default 0, priority smallint not null,"
    " primary key (queue, priority, seq)) with (fillfactor = 90);"
    "create table outcome(seq bigint generated always as identity,"
    " queue bigint not null, url bigint not null, at_ns bigint, bytes bigint,"
    " \"offset\" bigint, length bigint, response_offset bigint,"
    " response_length bigint, next_s bigint, took_ms bigint,"
    " worker int not null, warc int not null, kind smallint not null,"
    " status smallint not null, digest bytea, type text, note text, etag text,"
    " last_modified text);"
    "create index outcome_url on outcome(queue, url);"
    "create table host(queue bigint not null, origin text not null, ip text,"
    " delay_ms bigint not null, note text, robots_at_s bigint,"
    " robots_expires_s bigint, robots_status int, robots bytea,"
    " primary key (queue, origin));"
    "create table file(worker int not null, name text not null,"
    " id bigint not null, length bigint not null, closed boolean not null,"
    " primary key (worker, name));";

/* The view that crawls on one machine have, too. */
static const char version_2[] =
    "create view page as select u.id, u.queue, q.site, u.url, u.depth, u.hop,"
    " u.via, o.seq, o.kind, o.status, to_timestamp(o.at_ns / 1e9) as at,"
    " o.took_ms, o.bytes, o.type, upper(encode(o.digest, 'hex')) as sha1,"
    " o.worker, f.name as warc, o.\"offset\", o.length, o.note"
    " from outcome o join url u on u.queue = o.queue and u.id = o.url"
    " join queue q on q.id = o.queue"
    " left join file f on f.worker = o.worker and f.id = o.warc"
    " and o.warc <> 0;";

static const char *const steps[] = {version_1, version_2};

_Static_assert(sizeof steps / sizeof *steps == LR_CRAWL_SHARED_VERSION,
               "each version has its step");

/* ---- What is there ---- */

typedef struct inventory {
  bool has_schema, has_tables, is_crawl;
  bool has_encoding;
  int version;
} inventory;

void lr_crawl_shared_quote(lr_crawl_scratch *sql, char quote,
                           const char *text) {
  lr_crawl_scratch_put(sql, quote);
  for (; *text; text++) {
    if (*text == quote) lr_crawl_scratch_put(sql, quote);
    lr_crawl_scratch_put(sql, *text);
  }
  lr_crawl_scratch_put(sql, quote);
}

/* Reads how far there is a crawl. */
static lariat_status take_stock(lr_crawl_postgres *postgres, const char *schema,
                                inventory *found, lr_crawl_fault *fault) {
  const lr_crawl_postgres_value name = lr_crawl_postgres_text_value(schema);
  const lr_crawl_postgres_step step = {
      .text =
          "select (select count(*) from pg_namespace where nspname = $1::text),"
          " (select count(*) from pg_class c join pg_namespace n"
          " on n.oid = c.relnamespace where n.nspname = $1::text),"
          " (select count(*) from pg_attribute a join pg_class c"
          " on c.oid = a.attrelid join pg_namespace n"
          " on n.oid = c.relnamespace where n.nspname = $1::text"
          " and c.relname = 'crawl' and a.attname in"
          " ('application', 'version', 'secret', 'ordered')),"
          " (select encoding in (pg_char_to_encoding('UTF8'),"
          " pg_char_to_encoding('SQL_ASCII')) from pg_database"
          " where datname = current_database())",
      .values = &name,
      .count = 1};
  PGresult *rows;
  lariat_status status =
      lr_crawl_postgres_run(postgres, &step, 1, &rows, fault);
  if (!status)
    *found =
        (inventory){.has_schema = lr_crawl_postgres_integer(rows, 0, 0) != 0,
                    .has_tables = lr_crawl_postgres_integer(rows, 0, 1) != 0,
                    .is_crawl = lr_crawl_postgres_integer(rows, 0, 2) == 4,
                    .has_encoding = lr_crawl_postgres_integer(rows, 0, 3) != 0};
  PQclear(rows);
  return status;
}

/* Takes what the table says of the crawl. */
static lariat_status keep_identity(const PGresult *rows,
                                   lr_crawl_shared_identity *identity,
                                   lr_crawl_fault *fault) {
  size_t length;
  const char *secret = lr_crawl_postgres_text(rows, 0, 2, &length);
  const char *config = lr_crawl_postgres_text(rows, 0, 3, NULL);
  if (length != sizeof identity->key.words)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                              "the crawl's secret is not one");
  memcpy(identity->key.words, secret, length);
  for (int i = 0; i < 2; i++)
    identity->key.words[i] = le64toh(identity->key.words[i]);
  identity->order = (int)lr_crawl_postgres_integer(rows, 0, 4);
  lariat_memory_release(identity->kept_config);
  identity->kept_config = lr_crawl_copy_text(config);
  return identity->kept_config ? LARIAT_OK : lr_crawl_fault_memory(fault);
}

static lariat_status read_identity(lr_crawl_postgres *postgres,
                                   lr_crawl_shared_identity *identity,
                                   inventory *found, lr_crawl_fault *fault) {
  const lr_crawl_postgres_step step = {
      .text = "select application = 'lariat', version, secret, config, ordered"
              " from crawl"};
  PGresult *rows;
  lariat_status status =
      lr_crawl_postgres_run(postgres, &step, 1, &rows, fault);
  if (!status &&
      (PQntuples(rows) != 1 || !lr_crawl_postgres_integer(rows, 0, 0)))
    found->is_crawl = false;
  if (!status && found->is_crawl) {
    found->version = (int)lr_crawl_postgres_integer(rows, 0, 1);
    status = keep_identity(rows, identity, fault);
  }
  PQclear(rows);
  return status;
}

static lariat_status look(lr_crawl_postgres *postgres,
                          lr_crawl_shared_identity *identity, inventory *found,
                          lr_crawl_fault *fault) {
  lariat_status status = take_stock(postgres, identity->schema, found, fault);
  if (!status && found->is_crawl)
    status = read_identity(postgres, identity, found, fault);
  return status;
}

/* ---- What is refused ---- */

static lariat_status check(const lr_crawl_shared_identity *identity,
                           const inventory *found, lr_crawl_fault *fault) {
  const char *name = identity->schema;
  if (!found->has_encoding)
    return lr_crawl_fault_set(
        fault, LARIAT_EFORMAT, 0,
        "the crawl's database has an encoding other than UTF8, and cannot have "
        "all texts: create database ... encoding 'UTF8' template template0");
  if (found->has_tables && !found->is_crawl)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                              "the schema \"%s\" has another program's tables",
                              name);
  if (found->version > LR_CRAWL_SHARED_VERSION)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                              "the crawl \"%s\" was written by a newer lariat: "
                              "it has version %d, and "
                              "this lariat knows versions up to %d",
                              name, found->version, LR_CRAWL_SHARED_VERSION);
  if (!found->is_crawl && (identity->read_only || !identity->config))
    return lr_crawl_fault_set(fault, LARIAT_ENOTFOUND, 0,
                              "the database has no crawl \"%s\": it begins "
                              "with a worker that is given a seed",
                              name);
  if (found->version < LR_CRAWL_SHARED_VERSION && identity->read_only)
    return lr_crawl_fault_set(fault, LARIAT_EFORMAT, 0,
                              "the crawl \"%s\" was written by an older "
                              "lariat: a worker brings it up "
                              "to date",
                              name);
  return LARIAT_OK;
}

/* ---- Steps ---- */

/* Adds the row of a new crawl. */
static bool add_crawl(lr_crawl_scratch *sql, const char *config) {
  static const char begin[] =
      "insert into crawl(application, version, secret, config)"
      " values ('lariat', 0, decode('";
  static const char middle[] = "', 'hex'), ";
  unsigned char secret[16];
  char digits[3];
  if (getrandom(secret, sizeof secret, 0) != sizeof secret) return false;
  lr_crawl_scratch_add(sql, begin, sizeof begin - 1);
  for (size_t i = 0; i < sizeof secret; i++) {
    snprintf(digits, sizeof digits, "%02x", secret[i]);
    lr_crawl_scratch_add(sql, digits, 2);
  }
  lr_crawl_scratch_add(sql, middle, sizeof middle - 1);
  lr_crawl_shared_quote(sql, '\'', config);
  lr_crawl_scratch_add(sql, ");", 2);
  return true;
}

/* Writes the steps from what is there; whoever comes second divides by zero. */
static bool write_steps(lr_crawl_scratch *sql,
                        const lr_crawl_shared_identity *identity,
                        const inventory *found) {
  char last[160];
  if (!found->has_schema) {
    lr_crawl_scratch_add(sql, "create schema ", 14);
    lr_crawl_shared_quote(sql, '"', identity->schema);
    lr_crawl_scratch_put(sql, ';');
  }
  for (int i = found->version; i < LR_CRAWL_SHARED_VERSION; i++) {
    lr_crawl_scratch_add(sql, steps[i], strlen(steps[i]));
    if (i == 0 && !add_crawl(sql, identity->config)) return false;
  }
  int length = snprintf(last, sizeof last,
                        "update crawl set version = case version when %d"
                        " then %d else 1 / (version - version) end",
                        found->version, LR_CRAWL_SHARED_VERSION);
  lr_crawl_scratch_add(sql, last, (size_t)length);
  lr_crawl_scratch_put(sql, '\0');
  return !sql->failed;
}

static lariat_status upgrade(lr_crawl_postgres *postgres,
                             const lr_crawl_shared_identity *identity,
                             const inventory *found, lr_crawl_fault *fault) {
  lr_crawl_scratch sql = {0};
  lariat_status status =
      write_steps(&sql, identity, found)
          ? lr_crawl_postgres_script(postgres, sql.bytes, fault)
          : lr_crawl_fault_memory(fault);
  lr_crawl_scratch_free(&sql);
  return status;
}

/* Another worker may make or change the same at this moment; then there is an
 * error, and the next look finds what it has done. */
lariat_status lr_crawl_shared_schema_open(lr_crawl_postgres *postgres,
                                          lr_crawl_shared_identity *identity,
                                          lr_crawl_fault *fault) {
  inventory found;
  lariat_status failed = LARIAT_OK;
  for (int i = 0; i < TRIES; i++) {
    lr_crawl_fault looked = {0};
    lariat_status status = look(postgres, identity, &found, &looked);
    if (!status) status = check(identity, &found, &looked);
    if (status && fault) *fault = looked;
    if (status) return status;
    if (found.is_crawl && found.version == LR_CRAWL_SHARED_VERSION)
      return LARIAT_OK;
    failed = upgrade(postgres, identity, &found, fault);
    if (failed == LARIAT_ECONNECT || failed == LARIAT_ECANCELLED ||
        failed == LARIAT_ECLOSED)
      return failed;
  }
  return failed ? failed : LARIAT_ESYSTEM;
}
