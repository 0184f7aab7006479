/* SPDX-License-Identifier: MIT
 * sitemap_xml.c: XML by expat.  The formats are alike: below the root there is
 * an element for each entry, perhaps in another one, and in this an element for
 * each of its fields.  Only elements with the root's own prefix are looked at,
 * so image:loc is no loc, whether the prefix is declared or not.
 *
 * What XML allows and no sitemap needs is refused: entities that the document
 * declares, and elements in elements without end.  Nothing is ever loaded. What
 * is kept in memory is one entry, 16 KiB of the text, and a tag or comment that
 * has begun; how long that may be is bounded, as expat begins each anew with
 * each piece. */
#include "sitemap_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "timestamp.h"
#include <lariat/allocator.h>

enum {
  PIECE = 16 * 1024,
  MOST_TOKEN = 256 * 1024, /* of a tag, comment or the like */
  MOST_DEPTH = 100,
  BLANKS = 1024 /* around a field, which do not count for its length */
};

/* ---- Formats ---- */

typedef enum field {
  FIELD_NONE = 0,
  FIELD_URL,
  FIELD_IDENTIFIER, /* a URL, if there is no better one */
  FIELD_LASTMOD,
  FIELD_MAIL_DATE,
  FIELD_CHANGEFREQ,
  FIELD_PRIORITY
} field;

struct format {
  const char *root;
  lariat_crawl_sitemap_kind kind;
  const char *path[3]; /* from below the root to an entry, ended by NULL */
  struct {
    const char *name;
    field field;
  } fields[6];
};

static const struct format formats[] = {
    {"urlset",
     LARIAT_CRAWL_SITEMAP_URLSET,
     {"url"},
     {{"loc", FIELD_URL},
      {"lastmod", FIELD_LASTMOD},
      {"changefreq", FIELD_CHANGEFREQ},
      {"priority", FIELD_PRIORITY}}},
    {"sitemapindex",
     LARIAT_CRAWL_SITEMAP_INDEX,
     {"sitemap"},
     {{"loc", FIELD_URL}, {"lastmod", FIELD_LASTMOD}}},
    {"rss",
     LARIAT_CRAWL_SITEMAP_RSS,
     {"channel", "item"},
     {{"link", FIELD_URL},
      {"guid", FIELD_IDENTIFIER},
      {"pubDate", FIELD_MAIL_DATE}}},
    {"feed",
     LARIAT_CRAWL_SITEMAP_ATOM,
     {"entry"},
     {{"updated", FIELD_LASTMOD}}}};

struct lr_crawl_sitemap_xml {
  lr_crawl_sitemap_output *output;
  XML_Parser parser;
  const struct format *format;
  unsigned lines_before;
  unsigned depth;   /* of elements that are open */
  unsigned matched; /* of the format's path */
  bool complete;    /* the root has ended */

  /* The entry in hand. */
  field field; /* whose text is coming; else NONE */
  bool identified;
  lr_crawl_text url;
  lr_crawl_text text;
  lariat_crawl_sitemap_entry entry;

  size_t prefix_length; /* of the root's name, with its colon */
  char prefix[32];
  uint64_t parsed; /* bytes that expat has had */
  size_t length;
  char piece[PIECE];
};

/* From 2.9.0 on expat has other functions for places, and warns of these. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define CURRENT_LINE(parser) XML_GetCurrentLineNumber64(parser)
#define CURRENT_BYTE(parser) XML_GetCurrentByteIndex64(parser)
#else
#define CURRENT_LINE(parser) XML_GetCurrentLineNumber(parser)
#define CURRENT_BYTE(parser) XML_GetCurrentByteIndex(parser)
#endif

static unsigned line_of(const lr_crawl_sitemap_xml *xml) {
  return xml->lines_before + (unsigned)CURRENT_LINE(xml->parser);
}

static void fail(lr_crawl_sitemap_xml *xml, lariat_status status,
                 const char *reason) {
  lr_crawl_sitemap_fail(xml->output, status, line_of(xml), "%s", reason);
  XML_StopParser(xml->parser, XML_FALSE);
}

/* ---- Fields ---- */

static const char *find_attribute(const XML_Char **attributes,
                                  const char *name) {
  for (; *attributes; attributes += 2)
    if (strcmp(attributes[0], name) == 0) return attributes[1];
  return NULL;
}

static void keep_url(lr_crawl_sitemap_xml *xml, const char *bytes,
                     size_t length) {
  lr_crawl_text_clear(&xml->url);
  lr_crawl_text_add(&xml->url, bytes, length);
  lr_crawl_text_trim(&xml->url);
}

static lariat_crawl_changefreq read_changefreq(const char *text) {
  static const char *const words[] = {"",       "always",  "hourly", "daily",
                                      "weekly", "monthly", "yearly", "never"};
  for (int i = 1; i <= LARIAT_CRAWL_CHANGEFREQ_NEVER; i++)
    if (strcasecmp(text, words[i]) == 0) return (lariat_crawl_changefreq)i;
  return LARIAT_CRAWL_CHANGEFREQ_NONE;
}

/* Reads "0.8" as 800; -1: not from 0 to 1. */
static int read_priority(const char *text) {
  int value = 0, unit = 1000;
  if (*text == '0' || *text == '1') value = (*text++ - '0') * unit;
  if (*text == '.')
    for (text++; *text >= '0' && *text <= '9'; text++) {
      unit /= 10;
      value += (*text - '0') * unit;
    }
  return *text || value > 1000 ? -1 : value;
}

static void end_url(lr_crawl_sitemap_xml *xml) {
  bool identifier = xml->field == FIELD_IDENTIFIER;
  bool better = !identifier && xml->identified;
  if (!xml->text.length || (xml->url.length && !better)) return;
  keep_url(xml, xml->text.bytes, xml->text.length);
  xml->url.cut |= xml->text.cut;
  xml->identified = identifier;
}

static void end_field(lr_crawl_sitemap_xml *xml) {
  lr_crawl_text_trim(&xml->text);
  switch (xml->field) {
  case FIELD_NONE:
    break;
  case FIELD_URL:
  case FIELD_IDENTIFIER:
    end_url(xml);
    break;
  case FIELD_LASTMOD:
    xml->entry.lastmod = lr_crawl_timestamp_w3c(xml->text.bytes);
    break;
  case FIELD_MAIL_DATE:
    xml->entry.lastmod = lr_crawl_timestamp_mail(xml->text.bytes);
    break;
  case FIELD_CHANGEFREQ:
    xml->entry.changefreq = read_changefreq(xml->text.bytes);
    break;
  case FIELD_PRIORITY:
    xml->entry.priority = read_priority(xml->text.bytes);
    break;
  }
  xml->field = FIELD_NONE;
}

/* Takes what stands in attributes: Atom's links, and whether an identifier of
 * RSS is a URL. */
static void take_attributes(lr_crawl_sitemap_xml *xml, const char *name,
                            const XML_Char **attributes) {
  const char *value;
  if (xml->field == FIELD_IDENTIFIER) {
    value = find_attribute(attributes, "isPermaLink");
    if (value && strcmp(value, "true") != 0) xml->field = FIELD_NONE;
  }
  if (xml->output->kind != LARIAT_CRAWL_SITEMAP_ATOM ||
      strcmp(name, "link") != 0 || xml->url.length)
    return;
  value = find_attribute(attributes, "rel");
  if (value && strcmp(value, "alternate") != 0) return;
  value = find_attribute(attributes, "href");
  if (value) keep_url(xml, value, strlen(value));
}

static void begin_field(lr_crawl_sitemap_xml *xml, const char *name,
                        const XML_Char **attributes) {
  const struct format *format = xml->format;
  xml->field = FIELD_NONE;
  for (int i = 0; format->fields[i].name; i++)
    if (strcmp(format->fields[i].name, name) == 0)
      xml->field = format->fields[i].field;
  take_attributes(xml, name, attributes);
  lr_crawl_text_clear(&xml->text);
}

/* ---- Entries ---- */

static void begin_entry(lr_crawl_sitemap_xml *xml) {
  xml->entry = (lariat_crawl_sitemap_entry){.lastmod = LARIAT_CRAWL_NO_TIME,
                                            .priority = -1};
  xml->identified = false;
  lr_crawl_text_clear(&xml->url);
}

/* Tells whether the URL is there, whole and as it was written. */
static bool has_url(const lr_crawl_sitemap_xml *xml) {
  return xml->url.length && !xml->url.cut &&
         xml->url.length <= xml->output->options.max_url_bytes &&
         !strstr(xml->url.bytes, "\xef\xbf\xbd");
}

static void end_entry(lr_crawl_sitemap_xml *xml) {
  if (!has_url(xml)) {
    xml->output->skipped++;
    return;
  }
  xml->entry.url = xml->url.bytes;
  xml->entry.url_length = xml->url.length;
  xml->entry.line = line_of(xml);
  if (!lr_crawl_sitemap_put(xml->output, &xml->entry))
    XML_StopParser(xml->parser, XML_FALSE);
}

/* ---- Elements ---- */

static void begin_root(lr_crawl_sitemap_xml *xml, const char *name) {
  const char *colon = strchr(name, ':');
  const char *local = colon ? colon + 1 : name;
  xml->prefix_length = (size_t)(local - name);
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (strcmp(formats[i].root, local) == 0) xml->format = &formats[i];
  if (!xml->format || xml->prefix_length > sizeof xml->prefix) {
    lr_crawl_sitemap_fail(xml->output, LARIAT_EFORMAT, line_of(xml),
                          "the root element %.40s is not a sitemap's", name);
    XML_StopParser(xml->parser, XML_FALSE);
    return;
  }
  memcpy(xml->prefix, name, xml->prefix_length);
  xml->output->kind = xml->format->kind;
}

/* Returns a name without the root's prefix; NULL: it has another one. */
static const char *local_name(const lr_crawl_sitemap_xml *xml,
                              const char *name) {
  if (strncmp(name, xml->prefix, xml->prefix_length) != 0) return NULL;
  name += xml->prefix_length;
  return strchr(name, ':') ? NULL : name;
}

/* Begins what is directly in the part of the path that is matched. */
static void begin_child(lr_crawl_sitemap_xml *xml, const char *name,
                        const XML_Char **attributes) {
  const char *wanted = xml->format->path[xml->matched];
  if (!wanted) {
    begin_field(xml, name, attributes);
  } else if (strcmp(wanted, name) == 0) {
    xml->matched++;
    if (!xml->format->path[xml->matched]) begin_entry(xml);
  }
}

static void XMLCALL begin_element(void *context, const XML_Char *name,
                                  const XML_Char **attributes) {
  lr_crawl_sitemap_xml *xml = context;
  if (xml->output->status != LARIAT_OK) return;
  if (xml->depth == MOST_DEPTH) {
    fail(xml, LARIAT_EFORMAT, "elements are nested too deep");
    return;
  }
  const char *local = local_name(xml, name);
  xml->depth++;
  if (xml->depth == 1)
    begin_root(xml, name);
  else if (xml->depth == xml->matched + 2 && local)
    begin_child(xml, local, attributes);
}

static void XMLCALL end_element(void *context, const XML_Char *name) {
  lr_crawl_sitemap_xml *xml = context;
  (void)name;
  if (xml->output->status != LARIAT_OK) return;
  if (xml->depth == xml->matched + 2 && xml->field != FIELD_NONE)
    end_field(xml);
  if (xml->depth == xml->matched + 1 && xml->matched) {
    if (!xml->format->path[xml->matched]) end_entry(xml);
    xml->matched--;
  }
  xml->depth--;
  xml->complete = !xml->depth;
}

static void XMLCALL take_text(void *context, const XML_Char *bytes,
                              int length) {
  lr_crawl_sitemap_xml *xml = context;
  if (xml->field != FIELD_NONE && xml->depth == xml->matched + 2)
    lr_crawl_text_add(&xml->text, bytes, (size_t)length);
}

static void XMLCALL refuse_entity(void *context, const XML_Char *name,
                                  int parameter, const XML_Char *value,
                                  int length, const XML_Char *base,
                                  const XML_Char *system,
                                  const XML_Char *public,
                                  const XML_Char *notation) {
  (void)name, (void)parameter, (void)value, (void)length;
  (void)base, (void)system, (void)public, (void)notation;
  fail(context, LARIAT_EFORMAT, "it declares entities");
}

/* ---- Encodings ---- */

/* Tells whether each byte below 128 is itself in this encoding, wherever it may
 * stand, as far as XML's own characters are concerned. */
static bool is_like_ascii(const char *name) {
  static const char *const begins[] = {
      "windows-", "iso-8859-", "koi8-", "cp125", "cp866", "mac",
      "tis-620",  "gb",        "big5",  "euc-",  "sjis",  "shift_jis"};
  for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
    if (strncasecmp(name, begins[i], strlen(begins[i])) == 0) return true;
  return false;
}

/* Reads an encoding that expat does not know, of which the URLs are ASCII as a
 * rule: its other bytes are lost, and a URL that has one is skipped. */
static int XMLCALL take_encoding(void *context, const XML_Char *name,
                                 XML_Encoding *encoding) {
  (void)context;
  if (!is_like_ascii(name)) return XML_STATUS_ERROR;
  for (int i = 0; i < 256; i++) encoding->map[i] = i < 128 ? i : 0xfffd;
  encoding->data = NULL;
  encoding->convert = NULL;
  encoding->release = NULL;
  return XML_STATUS_OK;
}

/* ---- Pieces ---- */

/* Notes what expat found wrong; what is behind the root is not looked at. */
static bool take_error(lr_crawl_sitemap_xml *xml, bool final) {
  enum XML_Error error = XML_GetErrorCode(xml->parser);
  bool cut = error == XML_ERROR_NO_ELEMENTS ||
             error == XML_ERROR_UNCLOSED_TOKEN ||
             error == XML_ERROR_UNCLOSED_CDATA_SECTION ||
             error == XML_ERROR_PARTIAL_CHAR;
  if (xml->output->status != LARIAT_OK) return false;
  if (xml->complete) return true;
  lariat_status status = LARIAT_EFORMAT;
  if (error == XML_ERROR_NO_MEMORY) status = LARIAT_ENOMEM;
  if (final && cut) status = LARIAT_ETRUNCATED;
  return lr_crawl_sitemap_fail(xml->output, status, line_of(xml), "%s",
                               XML_ErrorString(error));
}

/* Parses the piece. */
static bool parse_piece(lr_crawl_sitemap_xml *xml, bool final) {
  if (xml->complete) return true;
  enum XML_Status status =
      XML_Parse(xml->parser, xml->piece, (int)xml->length, final);
  xml->parsed += xml->length;
  xml->length = 0;
  if (status != XML_STATUS_OK) return take_error(xml, final);
  int64_t token = CURRENT_BYTE(xml->parser);
  if (token >= 0 && xml->parsed - (uint64_t)token > MOST_TOKEN)
    return lr_crawl_sitemap_fail(xml->output, LARIAT_EFORMAT, line_of(xml),
                                 "a tag or comment is too long");
  return true;
}

bool lr_crawl_sitemap_xml_feed(lr_crawl_sitemap_xml *xml, const char *bytes,
                               size_t length) {
  while (length) {
    size_t some = PIECE - xml->length;
    if (some > length) some = length;
    memcpy(xml->piece + xml->length, bytes, some);
    xml->length += some;
    bytes += some;
    length -= some;
    if (xml->length == PIECE && !parse_piece(xml, false)) return false;
  }
  return true;
}

/* Tells expat that it was all, since newer versions put off a look at what is
 * short; what it finds wrong then is not. */
bool lr_crawl_sitemap_xml_flush(lr_crawl_sitemap_xml *xml) {
  if (!xml->complete)
    XML_Parse(xml->parser, xml->piece, (int)xml->length, true);
  xml->complete = true;
  return xml->output->status == LARIAT_OK;
}

bool lr_crawl_sitemap_xml_end(lr_crawl_sitemap_xml *xml) {
  return parse_piece(xml, true);
}

/* ---- Birth and end ---- */

static bool make_parser(lr_crawl_sitemap_xml *xml) {
  static const XML_Memory_Handling_Suite memory = {
      lariat_memory_allocate, lariat_memory_resize, lariat_memory_release};
  xml->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
  if (!xml->parser) return false;
  XML_SetUserData(xml->parser, xml);
  XML_SetElementHandler(xml->parser, begin_element, end_element);
  XML_SetCharacterDataHandler(xml->parser, take_text);
  XML_SetEntityDeclHandler(xml->parser, refuse_entity);
  XML_SetUnknownEncodingHandler(xml->parser, take_encoding, NULL);
  return true;
}

lr_crawl_sitemap_xml *lr_crawl_sitemap_xml_new(lr_crawl_sitemap_output *output,
                                               unsigned line) {
  lr_crawl_sitemap_xml *xml = lariat_memory_allocate(sizeof *xml);
  size_t capacity = output->options.max_url_bytes + BLANKS;
  if (!xml) return NULL;
  memset(xml, 0, offsetof(lr_crawl_sitemap_xml, piece));
  xml->output = output;
  xml->lines_before = line;
  if (make_parser(xml) && lr_crawl_text_open(&xml->url, capacity) &&
      lr_crawl_text_open(&xml->text, capacity))
    return xml;
  lr_crawl_sitemap_xml_free(xml);
  return NULL;
}

void lr_crawl_sitemap_xml_free(lr_crawl_sitemap_xml *xml) {
  if (!xml) return;
  if (xml->parser) XML_ParserFree(xml->parser);
  lr_crawl_text_close(&xml->text);
  lr_crawl_text_close(&xml->url);
  lariat_memory_release(xml);
}
