/* SPDX-License-Identifier: MIT
 * html_links.c: twice over a document: once over its bytes, for what is a link
 * and what it says of itself, then over what was noted. */
#include "html_links.h"

#include <string.h>

#include "ascii.h"
#include "css_links.h"
#include "html_reference.h"
#include "link_rules.h"
#include "refresh.h"
#include "robots_directives.h"
#include "srcset.h"
#include <lariat/allocator.h>

enum { MOST_TITLE = 16384, TITLE_BYTES = 512, ELEMENT_NAME = 32 };

/* ---- The tags ---- */

struct scan {
  lr_crawl_html_tokenizer tokenizer;
  lr_crawl_html_context context;
  lr_crawl_link_rules rules;
};

static lr_crawl_html_namespace space_of(struct scan *scan) {
  const lr_crawl_html_tag *tag = &scan->tokenizer.tag;
  if (!scan->context.count && tag->element != LR_CRAWL_ELEMENT_SVG &&
      tag->element != LR_CRAWL_ELEMENT_MATH &&
      tag->element != LR_CRAWL_ELEMENT_TEMPLATE) {
    lr_crawl_html_context_start_outside(&scan->context, tag->element);
    return LR_CRAWL_HTML;
  }
  return lr_crawl_html_context_start(&scan->context, tag);
}

/* Takes the text of an element of HTML that has no tags in it.  In XML there
 * are fewer of these, and those that are empty have none. */
static void take_text(struct scan *scan) {
  const lr_crawl_html_tag *tag = &scan->tokenizer.tag;
  lr_crawl_html_element element = tag->element;
  unsigned flags = lr_crawl_html_flags[element];
  bool xml = scan->tokenizer.xml;
  bool style = element == LR_CRAWL_ELEMENT_STYLE;
  bool title = element == LR_CRAWL_ELEMENT_TITLE;
  if (xml && (tag->self_closing ||
              !(style || title || element == LR_CRAWL_ELEMENT_SCRIPT)))
    return;
  lr_crawl_html_span text = lr_crawl_html_skip_text(&scan->tokenizer, flags);
  if (style)
    lr_crawl_link_rules_take_style(&scan->rules, tag, text,
                                   xml ? LR_CRAWL_LINK_STYLE
                                       : LR_CRAWL_LINK_STYLE_SHEET);
  if (!title || scan->rules.has_title) return;
  scan->rules.has_title = true;
  scan->rules.title = text;
}

/* Takes the text of a <style> of SVG, which is no raw text: up to the next tag,
 * or in CDATA. */
static void take_svg_style(struct scan *scan) {
  static const char cdata[] = "<![CDATA[";
  const lr_crawl_html_tokenizer *tokenizer = &scan->tokenizer;
  const char *from = tokenizer->at;
  const char *end = tokenizer->end;
  lr_crawl_link_syntax syntax = LR_CRAWL_LINK_STYLE;
  while (from < end && lr_crawl_is_space(*from)) from++;
  bool in_cdata = (size_t)(end - from) >= sizeof cdata - 1 &&
                  memcmp(from, cdata, sizeof cdata - 1) == 0;
  if (in_cdata) {
    from += sizeof cdata - 1;
    syntax = LR_CRAWL_LINK_STYLE_SHEET;
  }
  size_t left = (size_t)(end - from);
  const char *to =
      in_cdata ? memmem(from, left, "]]>", 3) : memchr(from, '<', left);
  lr_crawl_html_span text = {from, (size_t)((to ? to : end) - from)};
  lr_crawl_link_rules_take_style(&scan->rules, &tokenizer->tag, text, syntax);
}

static void take_start_tag(struct scan *scan) {
  lr_crawl_html_tag *tag = &scan->tokenizer.tag;
  const unsigned raw = LR_CRAWL_HTML_IS_RCDATA | LR_CRAWL_HTML_IS_RAWTEXT |
                       LR_CRAWL_HTML_IS_SCRIPT | LR_CRAWL_HTML_IS_PLAINTEXT;
  lr_crawl_html_namespace space = space_of(scan);
  lr_crawl_link_rules_take(&scan->rules, tag, space,
                           scan->context.templates != 0);
  if (space == LR_CRAWL_HTML && lr_crawl_html_flags[tag->element] & raw)
    take_text(scan);
  else if (space == LR_CRAWL_SVG && tag->element == LR_CRAWL_ELEMENT_STYLE &&
           !tag->self_closing)
    take_svg_style(scan);
}

static void read_tags(struct scan *scan) {
  lr_crawl_html_token token;
  while ((token = lr_crawl_html_next(&scan->tokenizer)) != LR_CRAWL_HTML_END) {
    if (token == LR_CRAWL_HTML_START_TAG)
      take_start_tag(scan);
    else if (!scan->context.count && !scan->context.templates)
      lr_crawl_html_context_end_outside(&scan->context,
                                        scan->tokenizer.tag.element);
    else
      lr_crawl_html_context_end(&scan->context, &scan->tokenizer.tag);
    scan->tokenizer.cdata = lr_crawl_html_context_is_foreign(&scan->context);
  }
}

/* ---- What was noted ---- */

/* A note on its way to the output. */
struct telling {
  lr_crawl_link_output *output;
  lariat_crawl_link link;
};

static void tell_style(void *context, const char *url, size_t length,
                       size_t offset, bool import) {
  struct telling *telling = context;
  lariat_crawl_link link = telling->link;
  (void)offset;
  if (!*link.attribute) link.attribute = import ? "@import" : "url()";
  lr_crawl_link_output_put(telling->output, link, url, length, false);
}

static void tell_srcset(struct telling *telling, const char *text,
                        size_t length) {
  const char *end = text + length;
  const char *url;
  size_t url_length;
  while (lr_crawl_srcset_next(&text, end, &url, &url_length))
    lr_crawl_link_output_put(telling->output, telling->link, url, url_length,
                             true);
}

static void tell_url(struct telling *telling, const char *url, size_t length) {
  lr_crawl_link_output_put(telling->output, telling->link, url, length, true);
}

static void tell_value(struct telling *telling, lr_crawl_link_syntax syntax,
                       const char *text, size_t length) {
  switch (syntax) {
  case LR_CRAWL_LINK_URL:
    tell_url(telling, text, length);
    break;
  case LR_CRAWL_LINK_REFRESH:
    if (lr_crawl_refresh_url(text, length, &text, &length))
      tell_url(telling, text, length);
    break;
  case LR_CRAWL_LINK_SRCSET:
    tell_srcset(telling, text, length);
    break;
  case LR_CRAWL_LINK_STYLE:
  case LR_CRAWL_LINK_STYLE_SHEET:
    lr_crawl_css_links(text, length, &telling->output->query, tell_style,
                       telling);
    telling->output->failed |= telling->output->query.failed;
    break;
  }
}

/* Returns the name of an element, in lower case; one without a number has its
 * name in the document. */
static const char *name_of(const lr_crawl_html_document *html,
                           const lr_crawl_link_note *note, char *copy) {
  size_t length = 0;
  if (note->element) return lr_crawl_html_elements[note->element].text;
  const char *name = html->bytes + note->tag + 1;
  while (length < ELEMENT_NAME - 1 && !lr_crawl_is_space(name[length]) &&
         name[length] != '/' && name[length] != '>') {
    char byte = name[length];
    copy[length++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
  }
  copy[length] = '\0';
  return copy;
}

static void tell_note(const lr_crawl_html_document *html,
                      const lr_crawl_link_note *note,
                      lr_crawl_link_output *output) {
  char name[ELEMENT_NAME];
  size_t length = note->length;
  lr_crawl_link_syntax syntax = (lr_crawl_link_syntax)note->syntax;
  const char *text =
      lr_crawl_link_output_text(output, html->bytes + note->value, &length,
                                syntax != LR_CRAWL_LINK_STYLE_SHEET);
  struct telling telling = {
      .output = output,
      .link = {.kind = (lariat_crawl_link_kind)note->kind,
               .element = name_of(html, note, name),
               .attribute = lr_crawl_html_attributes[note->attribute].text,
               .offset = note->tag,
               .nofollow = note->nofollow || output->document->nofollow}};
  tell_value(&telling, syntax, text, length);
}

/* ---- What the document says ---- */

static void take_directives(lariat_crawl_document *document,
                            unsigned directives) {
  document->nofollow |= (directives & LR_CRAWL_NOFOLLOW) != 0;
  document->noindex |= (directives & LR_CRAWL_NOINDEX) != 0;
  document->noarchive |= (directives & LR_CRAWL_NOARCHIVE) != 0;
}

/* Joins blanks, in place, and leaves those at both ends out.  Returns the
 * length. */
static size_t join_blanks(char *text, size_t length) {
  size_t to = 0;
  for (size_t at = 0; at < length; at++) {
    bool blank = lr_crawl_is_space(text[at]);
    if (!blank)
      text[to++] = text[at];
    else if (to && text[to - 1] != ' ')
      text[to++] = ' ';
  }
  return to && text[to - 1] == ' ' ? to - 1 : to;
}

/* Cuts a text in UTF-8 at a character. */
static size_t cut_text(const char *text, size_t length) {
  if (length <= TITLE_BYTES) return length;
  length = TITLE_BYTES;
  while (length && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
  return length;
}

static void take_title(lr_crawl_link_output *output, lr_crawl_html_span title) {
  size_t length = title.length < MOST_TITLE ? title.length : MOST_TITLE;
  lr_crawl_scratch *spare = &output->spare;
  const char *text =
      lr_crawl_link_output_text(output, title.bytes, &length, false);
  lr_crawl_scratch_clear(spare);
  lr_crawl_html_decode(text, length, false, spare);
  length = join_blanks(spare->bytes, spare->length);
  length = cut_text(spare->bytes, length);
  output->failed |= spare->failed;
  if (!length || output->failed) return;
  output->document->title = lariat_memory_allocate(length + 1);
  if (!output->document->title) {
    output->failed = true;
    return;
  }
  memcpy(output->document->title, spare->bytes, length);
  output->document->title[length] = '\0';
}

/* Returns the URL that links are relative to; NULL: the document's own. */
static lariat_url *find_base(lr_crawl_link_output *output,
                             const lr_crawl_link_rules *rules) {
  lariat_status status;
  if (!rules->has_base) return NULL;
  size_t length = rules->base.length;
  const char *text =
      lr_crawl_link_output_text(output, rules->base.bytes, &length, true);
  return lr_crawl_link_output_resolve(output, text, length, true, &status);
}

/* ---- All of it ---- */

static void tell_all(const lr_crawl_html_document *html,
                     const lr_crawl_link_rules *rules,
                     lr_crawl_link_output *output) {
  if (html->tentative && rules->charset) {
    output->text.charset = rules->charset;
    output->document->charset = rules->charset->name;
  }
  take_directives(output->document, rules->directives);
  if (rules->has_title) take_title(output, rules->title);
  lariat_url *base = find_base(output, rules);
  if (base) output->base = base;
  for (size_t i = 0; i < rules->count && !output->failed; i++)
    tell_note(html, &rules->notes[i], output);
  lariat_url_free(base);
}

lariat_status lr_crawl_html_links(const lr_crawl_html_document *html,
                                  lr_crawl_link_output *output) {
  struct scan *scan = lariat_memory_allocate(sizeof *scan);
  if (!scan) return LARIAT_ENOMEM;
  lr_crawl_html_begin(&scan->tokenizer, html->bytes, html->length);
  scan->tokenizer.xml = html->xml;
  lr_crawl_html_context_begin(&scan->context, html->xml);
  scan->rules = (lr_crawl_link_rules){.document = html->bytes,
                                      .options = output->options};
  read_tags(scan);
  bool failed = scan->rules.failed || scan->rules.words.failed;
  if (!failed) tell_all(html, &scan->rules, output);
  lariat_memory_release(scan->rules.notes);
  lr_crawl_scratch_free(&scan->rules.words);
  lariat_memory_release(scan);
  return failed || output->failed ? LARIAT_ENOMEM : LARIAT_OK;
}
