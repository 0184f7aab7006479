/* SPDX-License-Identifier: MIT
 * See site.h. */
#define _GNU_SOURCE
#include "site.h"

#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "random.h"

/* ---- URLs ---- */

static void add_address(uint32_t address, struct text *out) {
  text_print(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
             address >> 8 & 255, address & 255);
}

/* Adds "//127.0.1.1:8080". */
static void add_authority(const struct site *site, uint32_t host,
                          struct text *out) {
  text_say(out, "//");
  add_address(site->first_address + host, out);
  text_print(out, ":%u", site->port);
}

void site_add_origin(const struct site *site, uint32_t host, struct text *out) {
  text_print(out, "%s:", site->scheme);
  add_authority(site, host, out);
}

void site_add_url(const struct site *site, const struct node *node,
                  struct text *out) {
  char path[NODE_PATH_MAX];

  node_write(node, path);
  site_add_origin(site, node_host(&site->web, node), out);
  text_say(out, path);
}

/* As short as it can be from a page of `host`. */
static void add_reference(const struct site *site, uint32_t host,
                          const struct node *node, struct text *out) {
  char path[NODE_PATH_MAX];

  if (node_host(&site->web, node) != host) {
    site_add_url(site, node, out);
    return;
  }
  node_write(node, path);
  text_say(out, path);
}

/* ---- Links ---- */

enum { SPELLINGS = 12 };

/* Adds a link to a page in one of many spellings, all of which mean the same
 * URL, or (the last two) URLs whose difference means nothing. */
static void add_spelled(const struct site *site, uint32_t page, uint64_t drawn,
                        struct text *out) {
  static const struct {
    const char *before, *between, *behind;
  } forms[SPELLINGS] = {{"<a href=", "/p/", ">"},
                        {"<A HREF='", "/p/", "'>"},
                        {"<a\n title=\"a > b\" href = \"", "/p/", "\" >"},
                        {"<a href=\"", "/./p/", "\">"},
                        {"<a href=\"", "/elsewhere/../p/", "\">"},
                        {"<a href=\"", "/p/", "#part\">"},
                        {"<a href=\" ", "/p/", " \n\">"},
                        {"<a href=\"", "/p&#x2f;", "\">"},
                        {"<a href=\"", "/p\\", "\">"},
                        {"<a href=\"", "/\tp/", "\" href=\"/p/0\">"},
                        {"<a href=\"", "/%70/", "\">"},
                        {"<a href=\"", "/p/", "?\">"}};
  uint32_t form = random_below(drawn, SPELLINGS);

  text_say(out, forms[form].before);
  if (!(drawn & 1)) text_print(out, "%s:", site->scheme);
  add_authority(site, site->web.host_of[page], out);
  text_print(out, "%s%u%s", forms[form].between, page, forms[form].behind);
}

static void add_session(const struct site *site, uint32_t page, uint64_t drawn,
                        struct text *out) {
  struct node node = {.kind = NODE_PAGE, .page = page};

  text_say(out, "<a href=\"");
  site_add_url(site, &node, out);
  text_print(out, "?sid=%016llx%016llx\">", (unsigned long long)drawn,
             (unsigned long long)random_of(drawn));
}

/* Adds the way to another page: to it, or to a redirect that leads there. */
static void add_link(const struct site *site, uint32_t page, unsigned link,
                     uint32_t target, struct text *out) {
  uint64_t drawn =
      web_draw(&site->web, WEB_OF_SPELLING, page + ((uint64_t)link << 32));
  unsigned moves =
      web_is_child(page, link, target) ? web_moves(&site->web, target) : 0;
  struct node node = {
      .kind = moves ? NODE_MOVED : NODE_PAGE, .page = target, .step = moves};

  text_say(out, "<li class=\"entry\">");
  if (!moves && web_has(&site->web, WEB_SPELLINGS) && drawn % 4 == 0) {
    if (drawn / 4 % 16)
      add_spelled(site, target, random_of(drawn), out);
    else
      add_session(site, target, random_of(drawn), out);
  } else {
    text_say(out, "<a class=\"reference internal\" href=\"");
    add_reference(site, site->web.host_of[page], &node, out);
    text_say(out, "\">");
  }
  text_print(out, "page %u</a></li>\n", target);
}

static void add_links(const struct site *site, uint32_t page,
                      struct text *out) {
  uint32_t links[WEB_LINKS];

  web_links(&site->web, page, links);
  text_say(out, "<ul>\n");
  for (unsigned i = 0; i < WEB_LINKS; i++)
    add_link(site, page, i, links[i], out);
  text_say(out, "</ul>\n");
}

static void add_extra(const struct site *site, const struct node *node,
                      struct text *out) {
  char path[NODE_PATH_MAX];

  node_write(node, path);
  if (node->kind == NODE_FEED)
    text_print(out,
               "<link rel=\"alternate\" type=\"application/rss+xml\" "
               "href=\"%s\">\n",
               path);
  else
    text_print(out, "<p><a href=\"%s\">%s</a></p>\n", path,
               node_names[node->kind]);
  if (node->kind == NODE_INSIDE) {
    text_say(out, "<a href=\"");
    site_add_internal(site, node->step, out);
    text_say(out, "\">inside</a>\n");
  }
}

static const char *const entrances[WEB_TRAPS_END] = {
    [WEB_CALENDAR] = "/calendar/2026/11",
    [WEB_DEEPER] = "/deeper",
    [WEB_SESSION] = "/session/0123456789abcdef/0",
    [WEB_FACETS] = "/facets",
    [WEB_NOWHERE] = "/nowhere/0"};

static void add_entrance(const struct site *site, uint32_t page,
                         struct text *out) {
  if (!web_leads_into_trap(&site->web, page)) return;
  text_print(out, "<p><a href=\"%s\">more</a></p>\n",
             entrances[web_trap_of(&site->web, site->web.host_of[page])]);
}

/* ---- Pages ---- */

static void add_head(const char *title, unsigned long long number,
                     struct text *out) {
  text_print(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
             "<title>%s %llu</title>\n</head>\n<body>\n<h1>%s %llu</h1>\n",
             title, number, title, number);
}

static void add_end(struct text *out) { text_say(out, "</body>\n</html>\n"); }

void site_add_page(const struct site *site, uint32_t page, struct text *out) {
  struct node extras[NODE_EXTRAS_MAX];
  unsigned count = node_extras(&site->web, page, extras);
  uint32_t bytes = web_page_bytes(&site->web, page);
  size_t begin = out->length;

  add_head("Page", page, out);
  add_links(site, page, out);
  for (unsigned i = 0; i < count; i++) add_extra(site, &extras[i], out);
  add_entrance(site, page, out);
  if (bytes > out->length - begin)
    prose_add(&site->prose,
              web_draw(&site->web, WEB_OF_TEXT, web_version(&site->web, page)),
              bytes - (uint32_t)(out->length - begin), out);
  add_end(out);
}

void site_add_leaf(const struct site *site, const struct node *node,
                   struct text *out) {
  uint64_t step = node->kind == NODE_COPY ? 0 : node->step;

  add_head(node_names[node->kind], node->page, out);
  prose_add(&site->prose,
            web_draw(&site->web, WEB_OF_TEXT,
                     node->page + (step << 32) + ((uint64_t)node->kind << 48)),
            1024, out);
  add_end(out);
}

void site_add_charset(const struct site *site, const struct node *node,
                      struct text *out) {
  const struct charset *charset = &charsets[node->step % CHARSETS];

  text_say(out, "<!DOCTYPE html>\n<html>\n<head>\n");
  if (charset->meta) text_print(out, "<meta charset=\"%s\">\n", charset->meta);
  text_print(out,
             "<title>%s %u</title>\n</head>\n<body>\n"
             "<a href=\"/word/%u/%u?w=%s\">%s</a>\n",
             charset->word, node->page, node->step, node->page, charset->word,
             charset->word);
  prose_add(&site->prose,
            web_draw(&site->web, WEB_OF_TEXT, ~(uint64_t)node->page), 1024,
            out);
  add_end(out);
}

void site_add_feed(const struct site *site, const struct node *node,
                   struct text *out) {
  struct node item = {.kind = NODE_FED, .page = node->page};

  text_print(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<rss version=\"2.0\"><channel><title>Feed %u</title>\n"
             "<item><title>One</title><link>",
             node->page);
  site_add_url(site, &item, out);
  text_say(out, "</link></item>\n</channel></rss>\n");
}

/* ---- Sitemaps ---- */

static void add_entry(const struct site *site, uint32_t page, bool xml,
                      struct text *out) {
  struct node node = {.kind = NODE_MAPPED, .page = page};

  if (xml) text_say(out, "<url><loc>");
  site_add_url(site, &node, out);
  text_say(out, xml ? "</loc></url>\n" : "\n");
}

static void add_entries(const struct site *site, uint32_t host, bool xml,
                        struct text *out) {
  const struct web *web = &site->web;

  for (uint32_t at = web->first[host]; at < web->first[host + 1]; at++)
    if (web_is_mapped(web, web->pages[at]))
      add_entry(site, web->pages[at], xml, out);
}

void site_add_sitemap(const struct site *site, uint32_t host,
                      enum node_kind kind, struct text *out) {
  static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  static const char space[] =
      "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"";

  if (kind == NODE_SITEMAP_TEXT) {
    add_entries(site, host, false, out);
  } else if (kind == NODE_SITEMAP_INDEX) {
    text_print(out, "%s<sitemapindex %s>\n<sitemap><loc>", head, space);
    site_add_origin(site, host, out);
    text_say(out, "/sitemap.xml.gz</loc></sitemap>\n</sitemapindex>\n");
  } else {
    text_print(out, "%s<urlset %s>\n", head, space);
    add_entries(site, host, true, out);
    text_say(out, "</urlset>\n");
  }
}

/* ---- Traps ---- */

static void add_month(uint64_t year, uint64_t month, struct text *out) {
  text_print(out, "<a href=\"/calendar/%llu/%llu\">next</a>\n",
             (unsigned long long)year, (unsigned long long)month);
}

static void add_months(const char *path, struct text *out) {
  unsigned long year = strtoul(path + strlen("/calendar/"), NULL, 10);
  const char *slash = strchr(path + strlen("/calendar/"), '/');
  unsigned long month = slash ? strtoul(slash + 1, NULL, 10) : 1;

  month = month < 1 || month > 12 ? 1 : month;
  text_print(out, "<h1>Month %lu of %lu</h1>\n", month, year);
  add_month(month == 12 ? year + 1 : year, month % 12 + 1, out);
  add_month(month == 1 ? year - 1 : year, (month + 10) % 12 + 1, out);
}

static void add_deeper(const char *path, struct text *out) {
  static const char *const names[] = {"a", "b", "a"};
  size_t length = strlen(path);

  if (length > 1500) return;
  for (int i = 0; i < 3; i++) {
    text_say(out, "<a href=\"");
    text_add(out, path, length);
    text_print(out, "/%s\">deeper</a>\n", names[i]);
  }
}

/* All that two parameters of three have in common are other pages. */
static void add_facets(uint64_t serial, struct text *out) {
  for (unsigned i = 0; i < 8; i++) {
    serial = random_of(serial);
    text_print(out,
               "<a href=\"/facets?color=%llu&amp;size=%llu&amp;page=%llu\">"
               "facet</a>\n",
               (unsigned long long)serial % 100,
               (unsigned long long)(serial >> 20) % 100,
               (unsigned long long)(serial >> 40) % 1000);
  }
}

/* Two links each, so that there are more and more of them. */
static void add_new_names(enum web_trap trap, uint64_t drawn,
                          struct text *out) {
  for (unsigned i = 0; i < 2; i++) {
    unsigned long long name = random_of(drawn + i);

    if (trap == WEB_SESSION)
      text_print(out, "<a href=\"/session/%016llx/%llu\">next</a>\n", name,
                 name % 10);
    else
      text_print(out, "<a href=\"/nowhere/%llx\">next</a>\n", name);
  }
}

void site_add_trap(const struct site *site, enum web_trap trap,
                   const char *path, uint64_t serial, struct text *out) {
  uint64_t drawn = random_of(serial);

  text_say(out, "<!DOCTYPE html>\n<html>\n<head>\n<title>Nothing new</title>\n"
                "</head>\n<body>\n");
  if (trap == WEB_CALENDAR) add_months(path, out);
  if (trap == WEB_DEEPER) add_deeper(path, out);
  if (trap == WEB_FACETS) add_facets(drawn, out);
  if (trap == WEB_SESSION || trap == WEB_NOWHERE)
    add_new_names(trap, drawn, out);
  prose_add(&site->prose, trap, 2048, out);
  add_end(out);
}

/* ---- What is hostile ---- */

/* All of them lead to this machine, so whatever follows them does no harm: to
 * addresses that no host of the web has, where a request is counted. */
void site_add_internal(const struct site *site, uint32_t form,
                       struct text *out) {
  static const char *const hosts[INSIDE_FORMS] = {
      "127.200.0.1",     /* as it is */
      "localhost",       /* a name */
      "0x7fc80001",      /* hexadecimal */
      "2143813633",      /* decimal */
      "0177.0310.0.1",   /* octal */
      "127.200.1",       /* short */
      "[::ffff:7fc8:1]", /* mapped into IPv6 */
      "[::1]",           /* IPv6 */
      "0.0.0.0"};        /* any */

  text_print(out, "%s://%s:%u/inside", site->scheme, hosts[form % INSIDE_FORMS],
             site->port);
}

void site_add_many_links(const struct site *site, struct text *out) {
  enum { MANY = 100000 };

  (void)site;
  add_head("Links", MANY, out);
  for (unsigned i = 0; i < MANY; i++)
    text_print(out, "<a href=\"/none/%u\">%u</a>\n", i % 1000, i);
  add_end(out);
}

void site_add_nested(struct text *out) {
  enum { DEEP = 100000 };

  add_head("Nested", DEEP, out);
  for (unsigned i = 0; i < DEEP; i++) text_say(out, "<div><b>");
  add_end(out);
}
