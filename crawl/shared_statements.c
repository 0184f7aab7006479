/* SPDX-License-Identifier: MIT
 * shared_statements.c: the SQL of a shared crawl.  Four rules keep its workers
 * from harm:
 *
 *   Rows of `queue` are locked in the order of their ids, before anything else,
 *   or skipped where they are locked.  Rows of `url` are inserted in the order
 * of the key, only those that are not there (an insert that meets a row waits
 * for whoever has changed it), and never changed. URLs of a queue are read by a
 * statement behind the one that has locked its row: only then its snapshot has
 * what the last owner has committed. Who lets a queue sleep, and who adds URLs
 * to one, looks after the commit, in another transaction: the one or the other
 * sees both. What must be so divides by zero where it is not: nothing behind it
 * is done.
 *
 * Within a transaction now() stays the same; and `due` of a queue that is
 * leased is the end of its lease, so that one index tells which may be leased.
 */
#include "shared_statements.h"

#include "shared_schema.h"

#define TEXT_OF(number) #number
#define TEXT_OF_VALUE(macro) TEXT_OF(macro)
#define VERSION TEXT_OF_VALUE(LR_CRAWL_SHARED_VERSION)
#define MS "::bigint * interval '1 millisecond'"

/* Rows of one transaction's leases. */
#define LEASED_NOW "q.owner = $1::bigint and q.due = now() + $2" MS

/* When a queue that is given back is due: now or later, as its URLs are. */
#define DUE_AGAIN(ms)                                                          \
  "coalesce((select now() + " ms MS " from todo t where t.queue = q.id"        \
  " and t.not_before <= now() limit 1),"                                       \
  " (select min(greatest(t.not_before, now() + " ms MS ")) from todo t"        \
  " where t.queue = q.id), 'infinity')"

#define HAS_URLS                                                               \
  "exists (select from todo t where t.queue = q.id and t.not_before <= now())"

/* A queue that nobody has and that is due later than it need be. */
#define SLEEPS "q.owner is null and q.due > greatest(now(), q.ready)"

/* A robots.txt stays what it was where the facts have none. */
#define IF_NEW(column)                                                         \
  " " #column " = case when excluded.robots_at_s <> 0 then excluded." #column  \
  " else h." #column " end"

const lr_crawl_postgres_statement
    lr_crawl_shared_statements[LR_CRAWL_SHARED_STATEMENTS + 1] = {
        [LR_CRAWL_SHARED_SEEN] =
            {"seen",
             "with w as (update worker set seen_at = now()"
             " where id = $1::bigint and session = $2::bigint"
             " and (select version from crawl) = " VERSION " returning 1)"
             " select 1 / (select count(*) from w), ordered"
             " from crawl"},
        /* The delay of one whose owner is gone begins with its lease's end. */
        [LR_CRAWL_SHARED_TAKE] =
            {"take",
             "with picked as materialized (select id from queue"
             " where due <= now() and (select ordered = 0 from crawl)"
             " order by due limit $2::bigint"
             " for no key update skip locked)"
             " update queue q set owner = $1::bigint, epoch = epoch + 1,"
             " due = now() + $3" MS ", ready = case when q.owner is null"
             " then q.ready else greatest(q.ready, q.due + greatest($4::bigint,"
             " (select max(h.delay_ms) from host h where h.queue = q.id))" MS
             ") end from picked p where q.id = p.id"},
        [LR_CRAWL_SHARED_RENEW] =
            {"renew", "with mine as materialized (select q.id from queue q"
                      " join unnest($2::bigint[], $3::bigint[]) w(id, epoch)"
                      " on w.id = q.id and w.epoch = q.epoch"
                      " where q.owner = $1::bigint order by q.id"
                      " for no key update of q)"
                      " update queue q set due = now() + $4" MS
                      " from mine m where q.id = m.id"},
        [LR_CRAWL_SHARED_LEASED] =
            {"leased", "select q.id, q.site, q.epoch, greatest(0, ceil(extract("
                       "epoch from q.ready - now()) * 1000))::bigint"
                       " from queue q where " LEASED_NOW " order by q.id"},
        [LR_CRAWL_SHARED_URLS] =
            {"urls", "select t.queue, t.id, t.priority, t.seq, t.tries, u.via,"
                     " u.depth, u.hops_off_site, u.redirects, u.hop, u.url"
                     ", t.place"
                     " from queue q cross join lateral (select d.*,"
                     " row_number() over (order by d.priority, d.seq) as place"
                     " from todo d"
                     " where d.queue = q.id and d.not_before <= now()"
                     " order by d.priority, d.seq limit $3::bigint) t"
                     " join url u on u.queue = t.queue and u.id = t.id"
                     " where " LEASED_NOW " and t.id <> all($4::bigint[])"
                     " order by t.queue, t.priority, t.seq"},
        [LR_CRAWL_SHARED_HOSTS] =
            {"hosts", "select h.queue, h.origin, h.ip, h.delay_ms, h.note,"
                      " h.robots_at_s, h.robots_expires_s, h.robots_status,"
                      " h.robots from queue q join host h on h.queue = q.id"
                      " where " LEASED_NOW " order by h.queue, h.origin"},
        [LR_CRAWL_SHARED_NEXT] =
            {"next", "select case when isfinite(due) then greatest(0, ceil("
                     "extract(epoch from due - now()) * 1000))::bigint end"
                     " from queue order by due limit 1"},
        [LR_CRAWL_SHARED_BEGIN] =
            {"begin", "with w as (update worker set batch = $3::bigint,"
                      " added = 0, seen_at = now(), done = done + $4::bigint,"
                      " bytes = bytes + $5::bigint, kinds = (select"
                      " array_agg(k.old + k.new order by k.i) from"
                      " unnest(kinds, $6::bigint[]) with ordinality"
                      " k(old, new, i)) where id = $1::bigint"
                      " and session = $2::bigint"
                      " and batch = $3::bigint - 1"
                      " and (select version from crawl) = " VERSION
                      " returning 1) select 1 / (select count(*) from w),"
                      " ordered from crawl"},
        [LR_CRAWL_SHARED_FENCE] =
            {"fence",
             "select 1 / (count(*) = $2::bigint)::int from (select q.id"
             " from queue q join unnest($3::bigint[], $4::bigint[]) w(id, "
             "epoch)"
             " on w.id = q.id and w.epoch = q.epoch"
             " where q.owner = $1::bigint order by q.id"
             " for no key update of q) mine"},
        [LR_CRAWL_SHARED_DONE] =
            {"done", "with d as (delete from todo t using unnest($2::bigint[],"
                     " $3::int[], $4::bigint[]) w(queue, priority, seq)"
                     " where t.queue = w.queue and t.priority = w.priority"
                     " and t.seq = w.seq returning 1)"
                     " select 1 / (count(*) = $1::bigint)::int from d"},
        [LR_CRAWL_SHARED_LATER_URLS] =
            {"later",
             "update todo t set tries = tries + 1, not_before = now() + w.ms" MS
             " from unnest($1::bigint[], $2::int[], $3::bigint[],"
             " $4::bigint[]) w(queue, priority, seq, ms)"
             " where t.queue = w.queue and t.priority = w.priority"
             " and t.seq = w.seq"},
        [LR_CRAWL_SHARED_OUTCOMES] =
            {"outcomes",
             "insert into outcome(worker, queue, url, kind, status, at_ns,"
             " took_ms, bytes, digest, warc, \"offset\", length,"
             " response_offset, response_length, next_s, type, note, etag,"
             " last_modified) select $1::bigint, o.* from unnest($2::bigint[],"
             " $3::bigint[], $4::int[], $5::int[], $6::bigint[],"
             " $7::bigint[], $8::bigint[], $9::bytea[], $10::int[],"
             " $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],"
             " $15::bigint[], $16::text[], $17::text[], $18::text[],"
             " $19::text[]) o"},
        [LR_CRAWL_SHARED_SITES] =
            {"sites", "insert into queue(id, site, due) select n.id, n.site,"
                      " now() from unnest($1::bigint[], $2::text[]) n(id, site)"
                      " where not exists (select from queue q"
                      " where q.id = n.id) order by n.id"
                      " on conflict do nothing"},
        /* `meta` has the numbers that only new URLs need: fewer columns. */
        [LR_CRAWL_SHARED_FOUND] =
            {"found",
             "with new as (insert into url(queue, id, via, depth, priority,"
             " hops_off_site, redirects, hop, url) select c.queue, c.id, c.via,"
             " c.meta & 1073741823, c.meta >> 30 & 255, c.meta >> 38 & 255,"
             " c.meta >> 46 & 255, chr((c.meta >> 54 & 127)::int)::\"char\","
             " c.url from unnest($2::bigint[], $3::bigint[], $4::bigint[],"
             " $5::bigint[], $6::text[]) c(queue, id, via, meta, url)"
             " where not exists (select from url u where u.queue = c.queue"
             " and u.id = c.id) order by c.queue, c.id on conflict do nothing"
             " returning queue, id, priority), listed as (insert into"
             " todo(queue, id, priority) select queue, id, priority from new"
             " returning 1) update worker set known = known +"
             " (select count(*) from listed), added = (select count(*)"
             " from listed) where id = $1::bigint returning added"},
        [LR_CRAWL_SHARED_FACTS] =
            {"facts",
             "insert into host as h(queue, origin, ip, delay_ms, note,"
             " robots_at_s, robots_expires_s, robots_status, robots)"
             " select f.* from unnest($1::bigint[], $2::text[], $3::text[],"
             " $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],"
             " $8::int[], $9::bytea[]) f on conflict (queue, origin)"
             " do update set ip = excluded.ip, delay_ms = excluded.delay_ms,"
             " note = excluded.note," IF_NEW(robots_expires_s) "," IF_NEW(
                 robots_status) "," IF_NEW(robots) "," IF_NEW(robots_at_s)},
        [LR_CRAWL_SHARED_FILES] =
            {"files", "insert into file(worker, name, id, length, closed)"
                      " select $1::bigint, f.* from unnest($2::text[],"
                      " $3::bigint[], $4::bigint[], $5::boolean[]) f"
                      " on conflict (worker, name) do update set"
                      " id = excluded.id, length = excluded.length,"
                      " closed = excluded.closed"},
        [LR_CRAWL_SHARED_RELEASE] =
            {"release",
             "update queue q set owner = null, ready = now() + w.ms" MS
             ", due = " DUE_AGAIN(
                 "w.ms") " from unnest($1::bigint[], $2::bigint[]) w(id, ms)"
                         " where q.id = w.id"},
        [LR_CRAWL_SHARED_LOOK] =
            {"look", "with s as materialized (select q.id from queue q"
                     " where q.id = any($1::bigint[]) and " SLEEPS
                     " and " HAS_URLS " order by q.id for no key update)"
                     " update queue q set due = greatest(now(), q.ready)"
                     " from s where q.id = s.id"},
        [LR_CRAWL_SHARED_LOST] =
            {"lost", "select w.id from unnest($2::bigint[], $3::bigint[])"
                     " w(id, epoch) where not exists (select from queue q"
                     " where q.id = w.id and q.epoch = w.epoch"
                     " and q.owner = $1::bigint) order by w.id"},
        [LR_CRAWL_SHARED_WORKER] =
            {"worker", "select version, w.session, w.batch, w.added from crawl"
                       " left join worker w on w.id = $1::bigint"},
        [LR_CRAWL_SHARED_LEAVE] =
            {"leave",
             "with mine as materialized (select q.id, greatest($5::bigint,"
             " (select max(h.delay_ms) from host h where h.queue = q.id)) as ms"
             " from queue q join unnest($3::bigint[], $4::bigint[])"
             " w(id, epoch) on w.id = q.id and w.epoch = q.epoch"
             " where q.owner = $1::bigint order by q.id"
             " for no key update of q), gone as (update worker set"
             " left_at = now() where id = $1::bigint and session = $2::bigint)"
             " update queue q set owner = null, ready = now() + w.ms" MS
             ", due = " DUE_AGAIN("w.ms") " from mine w where q.id = w.id"},
        [LR_CRAWL_SHARED_SWEEP] =
            {"sweep",
             "with turn as (update crawl set swept_at = now() where"
             " swept_at < now() - interval '50 seconds' returning 1),"
             " s as materialized (select q.id from queue q where"
             " exists (select from turn) and q.due > now() and " SLEEPS
             " and " HAS_URLS " order by q.id for no key update skip locked)"
             " update queue q set due = greatest(now(), q.ready)"
             " from s where q.id = s.id"},
};
