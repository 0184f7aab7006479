/* SPDX-License-Identifier: MIT
 * links.c: which reader a document has, by its media type, and in which
 * encoding it is. */
#include <lariat/crawl/links.h>

#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "charset_prescan.h"
#include "css_links.h"
#include "feed_links.h"
#include "html_links.h"
#include "html_tokenizer.h"
#include "link_response.h"
#include <lariat/allocator.h>
#include <lariat/media_type.h>

enum { MOST_URL = 1 << 16 };

lariat_crawl_links_options lariat_crawl_links_defaults(void) {
  return (lariat_crawl_links_options){.size =
                                          sizeof(lariat_crawl_links_options),
                                      .max_url_bytes = 2048,
                                      .max_links = 1000000};
}

void lariat_crawl_document_clear(lariat_crawl_document *document) {
  lariat_memory_release(document->title);
  document->title = NULL;
}

/* ---- Formats ---- */

enum format { NONE = 0, HTML, XHTML, CSS, FEED, ANY_XML };

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), wanted = strlen(end);
  return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* Returns the format of a media type; "" is taken as HTML. */
static enum format format_of_type(const char *type) {
  static const struct {
    const char *type;
    enum format format;
  } types[] = {{"", HTML},
               {"text/html", HTML},
               {"application/xhtml+xml", XHTML},
               {"image/svg+xml", XHTML},
               {"text/css", CSS},
               {"application/rss+xml", FEED},
               {"application/atom+xml", FEED},
               {"text/xml", ANY_XML},
               {"application/xml", ANY_XML}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i].type, type) == 0) return types[i].format;
  return ends_with(type, "+xml") ? ANY_XML : NONE;
}

/* Returns the format that the root element of XML names. */
static enum format format_of_root(const char *bytes, size_t length) {
  static const char *const feeds[] = {"rss", "feed", "urlset", "sitemapindex"};
  lr_crawl_html_tokenizer tokenizer;
  lr_crawl_html_begin(&tokenizer, bytes, length);
  tokenizer.xml = true;
  if (lr_crawl_html_next(&tokenizer) != LR_CRAWL_HTML_START_TAG) return NONE;
  lr_crawl_html_element element = tokenizer.tag.element;
  if (element == LR_CRAWL_ELEMENT_HTML || element == LR_CRAWL_ELEMENT_SVG)
    return XHTML;
  lr_crawl_html_span name = tokenizer.tag.name;
  const char *colon = memchr(name.bytes, ':', name.length);
  size_t prefix = colon ? (size_t)(colon + 1 - name.bytes) : 0;
  for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
    if (strlen(feeds[i]) == name.length - prefix &&
        memcmp(feeds[i], name.bytes + prefix, name.length - prefix) == 0)
      return FEED;
  return NONE;
}

static bool is_xml(const char *bytes, size_t length) {
  while (length && lr_crawl_is_space(*bytes)) bytes++, length--;
  return length >= 5 && memcmp(bytes, "<?xml", 5) == 0;
}

/* ---- The document ---- */

/* A document, and its text: another one than its bytes where it was not in an
 * encoding like ASCII. */
struct source {
  const char *bytes;
  size_t length;
  lariat_media_type type;
  lr_crawl_charset_choice choice;
  lr_crawl_scratch text;
  bool typed; /* there is a media type */
};

static void read_type(struct source *source, const lariat_response *response) {
  source->type = (lariat_media_type){.type = ""};
  if (response &&
      lariat_response_media_type(response, &source->type) != LARIAT_OK)
    source->type = (lariat_media_type){.type = ""};
  source->typed = source->type.type[0] != '\0';
  source->choice = lr_crawl_charset_sniff(source->bytes, source->length,
                                          source->type.charset);
}

/* Chooses the encoding that is left to the document. */
static void choose_charset(struct source *source, enum format format) {
  lr_crawl_charset_choice *choice = &source->choice;
  const char *bytes = source->bytes;
  if (choice->charset) return;
  choice->source = LR_CRAWL_CHARSET_PRESCAN;
  choice->charset = format == HTML
                        ? lr_crawl_charset_prescan(bytes, source->length)
                        : lr_crawl_charset_of_xml(bytes, source->length);
  if (choice->charset) return;
  choice->source = LR_CRAWL_CHARSET_DEFAULT;
  choice->charset = format == HTML ? lr_crawl_charset_windows_1252()
                                   : lr_crawl_charset_utf_8();
}

/* Puts the document into UTF-8 if its bytes cannot be read as they are. */
static bool convert(struct source *source, lr_crawl_link_output *output) {
  switch ((int)source->choice.charset->kind) {
  case LR_CRAWL_CHARSET_UTF_16LE:
  case LR_CRAWL_CHARSET_UTF_16BE:
  case LR_CRAWL_CHARSET_STATEFUL:
  case LR_CRAWL_CHARSET_REPLACEMENT:
    lr_crawl_charset_decode(&output->text, source->bytes, source->length,
                            &source->text);
    output->converted = true;
    source->length = source->text.length;
    source->bytes = source->length ? source->text.bytes : "";
    break;
  default:
    break;
  }
  return !source->text.failed;
}

/* ---- Readers ---- */

static lariat_status find_in_markup(struct source *source, bool xml,
                                    lr_crawl_link_output *output) {
  lr_crawl_html_document html = {
      .bytes = source->bytes,
      .length = source->length,
      .xml = xml,
      .tentative = source->choice.source == LR_CRAWL_CHARSET_DEFAULT && !xml};
  return lr_crawl_html_links(&html, output);
}

static void tell_css(void *context, const char *url, size_t length,
                     size_t offset, bool import) {
  lr_crawl_link_output *output = context;
  lariat_crawl_link link = {.kind = LARIAT_CRAWL_LINK_REQUISITE,
                            .element = "",
                            .attribute = import ? "@import" : "url()",
                            .offset = offset,
                            .nofollow = output->document->nofollow};
  lr_crawl_link_output_put(output, link, url, length, false);
}

static lariat_status find_in_css(const struct source *source,
                                 lr_crawl_link_output *output) {
  size_t length = source->length;
  const char *text =
      lr_crawl_link_output_text(output, source->bytes, &length, false);
  lr_crawl_css_links(text, length, &output->query, tell_css, output);
  return output->failed || output->query.failed ? LARIAT_ENOMEM : LARIAT_OK;
}

/* Reads a feed or a sitemap as it came, and for enclosures in UTF-8. */
static lariat_status find_in_feed(const struct source *source,
                                  const char *bytes, size_t length,
                                  lr_crawl_link_output *output) {
  lariat_status status = lr_crawl_feed_entries(bytes, length, output);
  if (status == LARIAT_OK)
    lr_crawl_feed_enclosures(source->bytes, source->length, output);
  return status;
}

/* ---- All of it ---- */

static lariat_status find_by_format(struct source *source, enum format format,
                                    lr_crawl_link_output *output) {
  const char *bytes = source->bytes;
  size_t length = source->length;
  choose_charset(source, format);
  output->document->charset = source->choice.charset->name;
  lr_crawl_charset_text_open(&output->text, source->choice.charset);
  if (!convert(source, output)) return LARIAT_ENOMEM;
  if (format == ANY_XML) format = format_of_root(source->bytes, source->length);
  if (format == NONE && !source->typed)
    format = HTML; /* it has no type at all */
  switch (format) {
  case HTML:
  case XHTML:
    return find_in_markup(source, format == XHTML, output);
  case CSS:
    return find_in_css(source, output);
  case FEED:
    return find_in_feed(source, bytes, length, output);
  case ANY_XML:
  case NONE:
    break;
  }
  return LARIAT_OK;
}

static bool are_possible(const lariat_crawl_links_options *options) {
  return options->size >= sizeof *options && options->max_url_bytes &&
         options->max_url_bytes <= MOST_URL && options->max_links;
}

static lariat_status find_links(struct source *source,
                                lr_crawl_link_output *output,
                                const lariat_response *response) {
  read_type(source, response);
  if (response) lr_crawl_link_response(response, output);
  enum format format = format_of_type(source->type.type);
  if (!source->typed && is_xml(source->bytes, source->length)) format = ANY_XML;
  lariat_status status = find_by_format(source, format, output);
  return output->failed ? LARIAT_ENOMEM : status;
}

lariat_status lariat_crawl_links_find(const lariat_crawl_links_options *options,
                                      const lariat_url *url,
                                      const lariat_response *response,
                                      const char *bytes, size_t length,
                                      lariat_crawl_link_callback *callback,
                                      void *context,
                                      lariat_crawl_document *document) {
  lariat_crawl_links_options defaults = lariat_crawl_links_defaults();
  if (!options) options = &defaults;
  *document = (lariat_crawl_document){.size = sizeof *document};
  if (!url || !callback || !are_possible(options)) return LARIAT_EINVAL;
  if (length > UINT32_MAX) return LARIAT_EBODYLIMIT;
  lr_crawl_link_output output = {.options = options,
                                 .callback = callback,
                                 .context = context,
                                 .document = document,
                                 .base = url};
  struct source source = {.bytes = length ? bytes : "", .length = length};
  lr_crawl_charset_text_open(&output.text, lr_crawl_charset_utf_8());
  lariat_status status = find_links(&source, &output, response);
  lr_crawl_link_output_close(&output);
  lr_crawl_scratch_free(&source.text);
  if (status != LARIAT_OK) lariat_crawl_document_clear(document);
  return status;
}
