/* SPDX-License-Identifier: MIT
 * html_context.c: foreign content (HTML Standard, 13.2.6.5): which tags leave
 * it, and where in it HTML begins again.  An end tag may close what is outside
 * of the foreign element; of what is open there only the number is known. */
#include "html_context.h"

#include <string.h>
#include <strings.h>

/* Kinds of open elements, for those within: HTML begins in it (an HTML
 * integration point), or with all but two of its children (a MathML text
 * integration point); it is special, or a border for elements in scope. */
enum {
  HTML_BEGINS = 1,
  MATHML_TEXT = 2,
  SPECIAL = 4,
  BORDER = 8,
  HAS_HTML = 16 /* annotation-xml, for an svg in it */
};

/* ---- Elements ---- */

static unsigned flags_of(const lr_crawl_html_tag *tag) {
  return lr_crawl_html_flags[tag->element];
}

static uint32_t hash_of(const lr_crawl_html_tag *tag) {
  uint32_t hash = 2166136261;
  for (size_t i = 0; i < tag->name.length; i++) {
    unsigned char byte = (unsigned char)tag->name.bytes[i];
    if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
    hash = (hash ^ byte) * 16777619;
  }
  return hash;
}

static bool is_value(const lr_crawl_html_tag *tag,
                     lr_crawl_html_attribute attribute, const char *text) {
  lr_crawl_html_span value = tag->values[attribute];
  return lr_crawl_html_has(tag, attribute) && value.length == strlen(text) &&
         strncasecmp(value.bytes, text, value.length) == 0;
}

static unsigned kind_in_mathml(const lr_crawl_html_tag *tag) {
  switch ((int)tag->element) {
  case LR_CRAWL_ELEMENT_MI:
  case LR_CRAWL_ELEMENT_MO:
  case LR_CRAWL_ELEMENT_MN:
  case LR_CRAWL_ELEMENT_MS:
  case LR_CRAWL_ELEMENT_MTEXT:
    return MATHML_TEXT | SPECIAL | BORDER;
  case LR_CRAWL_ELEMENT_ANNOTATION_XML:
    break;
  default:
    return 0;
  }
  const lr_crawl_html_attribute encoding = LR_CRAWL_ATTRIBUTE_ENCODING;
  bool html = is_value(tag, encoding, "text/html") ||
              is_value(tag, encoding, "application/xhtml+xml");
  return SPECIAL | BORDER | HAS_HTML | (html ? HTML_BEGINS : 0);
}

/* Returns what an element is to those within. */
static unsigned kind_of(const lr_crawl_html_tag *tag,
                        lr_crawl_html_namespace space) {
  unsigned flags = flags_of(tag);
  if (space == LR_CRAWL_MATHML) return kind_in_mathml(tag);
  if (space == LR_CRAWL_HTML)
    return (flags & LR_CRAWL_HTML_IS_SPECIAL ? SPECIAL : 0) |
           (flags & LR_CRAWL_HTML_IS_SCOPE ? BORDER : 0);
  bool integrates = tag->element == LR_CRAWL_ELEMENT_FOREIGNOBJECT ||
                    tag->element == LR_CRAWL_ELEMENT_DESC ||
                    tag->element == LR_CRAWL_ELEMENT_TITLE;
  return integrates ? HTML_BEGINS | SPECIAL | BORDER : 0;
}

/* ---- The stack ---- */

static lr_crawl_html_open *top_of(lr_crawl_html_context *context) {
  size_t count = context->count;
  if (!count) return NULL;
  if (count > LR_CRAWL_HTML_MOST_OPEN) count = LR_CRAWL_HTML_MOST_OPEN;
  return &context->open[count - 1];
}

static void push(lr_crawl_html_context *context, const lr_crawl_html_tag *tag,
                 lr_crawl_html_namespace space) {
  if (context->count < LR_CRAWL_HTML_MOST_OPEN)
    context->open[context->count] =
        (lr_crawl_html_open){.hash = hash_of(tag),
                             .element = (uint8_t)tag->element,
                             .space = (uint8_t)space,
                             .kind = (uint8_t)kind_of(tag, space)};
  context->count++;
}

static bool is_foreign(const lr_crawl_html_open *open) {
  return open && open->space != LR_CRAWL_HTML;
}

/* Leaves foreign elements up to one in which HTML begins, or out of all. */
static void leave_foreign(lr_crawl_html_context *context) {
  const lr_crawl_html_open *top;
  while ((top = top_of(context)) && is_foreign(top) &&
         !(top->kind & (HTML_BEGINS | MATHML_TEXT)))
    context->count--;
}

/* ---- Start tags ---- */

/* Tells whether the tag is read by the rules of HTML, below `top`. */
static bool is_html(const lr_crawl_html_open *top,
                    const lr_crawl_html_tag *tag) {
  if (!is_foreign(top) || top->kind & HTML_BEGINS) return true;
  if (top->kind & MATHML_TEXT)
    return tag->element != LR_CRAWL_ELEMENT_MGLYPH &&
           tag->element != LR_CRAWL_ELEMENT_MALIGNMARK;
  return top->kind & HAS_HTML && tag->element == LR_CRAWL_ELEMENT_SVG;
}

/* Tells whether the tag ends foreign content. */
static bool breaks_out(const lr_crawl_html_tag *tag) {
  const uint32_t attributes = 1U << LR_CRAWL_ATTRIBUTE_COLOR |
                              1U << LR_CRAWL_ATTRIBUTE_FACE |
                              1U << LR_CRAWL_ATTRIBUTE_SIZE;
  if (flags_of(tag) & LR_CRAWL_HTML_IS_BREAKOUT) return true;
  return tag->element == LR_CRAWL_ELEMENT_FONT && tag->present & attributes;
}

/* Tells whether an element is open once its tag has come: parts of tables and
 * of the document are not without what they are a part of, and that is a border
 * itself. */
static bool is_opened(const lr_crawl_html_tag *tag) {
  switch ((int)tag->element) {
  case LR_CRAWL_ELEMENT_CAPTION:
  case LR_CRAWL_ELEMENT_COLGROUP:
  case LR_CRAWL_ELEMENT_TBODY:
  case LR_CRAWL_ELEMENT_TD:
  case LR_CRAWL_ELEMENT_TFOOT:
  case LR_CRAWL_ELEMENT_TH:
  case LR_CRAWL_ELEMENT_THEAD:
  case LR_CRAWL_ELEMENT_TR:
  case LR_CRAWL_ELEMENT_HTML:
  case LR_CRAWL_ELEMENT_HEAD:
  case LR_CRAWL_ELEMENT_BODY:
  case LR_CRAWL_ELEMENT_FRAMESET:
    return false;
  default:
    return true;
  }
}

/* <image> becomes an <img>. */
static bool is_void(const lr_crawl_html_tag *tag) {
  return flags_of(tag) & LR_CRAWL_HTML_IS_VOID ||
         tag->element == LR_CRAWL_ELEMENT_IMAGE;
}

static lr_crawl_html_namespace start_html(lr_crawl_html_context *context,
                                          const lr_crawl_html_tag *tag) {
  lr_crawl_html_namespace space = LR_CRAWL_HTML;
  if (tag->element == LR_CRAWL_ELEMENT_SVG) space = LR_CRAWL_SVG;
  if (tag->element == LR_CRAWL_ELEMENT_MATH) space = LR_CRAWL_MATHML;
  bool empty = space || context->xml ? tag->self_closing : is_void(tag);
  if (tag->element == LR_CRAWL_ELEMENT_TEMPLATE && !empty) context->templates++;
  if ((space || context->count) && !empty && (is_opened(tag) || context->xml))
    push(context, tag, space);
  else if (!empty && !context->count)
    lr_crawl_html_context_start_outside(context, tag->element);
  return space;
}

lr_crawl_html_namespace
lr_crawl_html_context_start(lr_crawl_html_context *context,
                            const lr_crawl_html_tag *tag) {
  const lr_crawl_html_open *top = top_of(context);
  if (is_html(top, tag)) return start_html(context, tag);
  if (!context->xml && breaks_out(tag)) {
    leave_foreign(context);
    return start_html(context, tag);
  }
  lr_crawl_html_namespace space = (lr_crawl_html_namespace)top->space;
  if (!tag->self_closing) push(context, tag, space);
  return space;
}

/* ---- End tags ---- */

static bool is_same(const lr_crawl_html_open *open,
                    const lr_crawl_html_tag *tag, uint32_t hash) {
  return open->hash == hash && open->element == (uint8_t)tag->element;
}

/* Closes the HTML element of this name, and all in it, unless a border or (an
 * element that is not special) a special element is between.  Where none is,
 * it may be outside, and foreign content ends. */
static void end_html(lr_crawl_html_context *context,
                     const lr_crawl_html_tag *tag, uint32_t hash) {
  unsigned border = flags_of(tag) & LR_CRAWL_HTML_IS_SPECIAL ? BORDER : SPECIAL;
  for (size_t at = context->count; at > 0; at--) {
    const lr_crawl_html_open *open = &context->open[at - 1];
    if (open->space == LR_CRAWL_HTML && is_same(open, tag, hash)) {
      context->count = at - 1;
      return;
    }
    if (open->kind & border) return;
  }
  if (!tag->element || !context->outside[tag->element]) return;
  context->outside[tag->element]--;
  context->count = 0;
}

/* Closes the foreign element of this name; if an element of HTML comes before
 * it, goes on by the rules of HTML. */
static void end_foreign(lr_crawl_html_context *context,
                        const lr_crawl_html_tag *tag, uint32_t hash) {
  for (size_t at = context->count; at > 0; at--) {
    const lr_crawl_html_open *open = &context->open[at - 1];
    if (open->space == LR_CRAWL_HTML) break;
    if (is_same(open, tag, hash)) {
      context->count = at - 1;
      return;
    }
  }
  if (!context->xml) end_html(context, tag, hash);
}

void lr_crawl_html_context_end(lr_crawl_html_context *context,
                               const lr_crawl_html_tag *tag) {
  bool leaves = !context->xml && (tag->element == LR_CRAWL_ELEMENT_P ||
                                  tag->element == LR_CRAWL_ELEMENT_BR);
  if (context->count > LR_CRAWL_HTML_MOST_OPEN) {
    context->count--; /* taken to be well-formed so deep */
    return;
  }
  const lr_crawl_html_open *top = top_of(context);
  if (!top) lr_crawl_html_context_end_outside(context, tag->element);
  if (!is_foreign(top) && tag->element == LR_CRAWL_ELEMENT_TEMPLATE &&
      context->templates)
    context->templates--;
  if (!top) return;
  if (is_foreign(top) && leaves) leave_foreign(context);
  top = top_of(context);
  if (!top) return;
  if (is_foreign(top) && !leaves)
    end_foreign(context, tag, hash_of(tag));
  else
    end_html(context, tag, hash_of(tag));
}

void lr_crawl_html_context_begin(lr_crawl_html_context *context, bool xml) {
  context->xml = xml;
  context->templates = 0;
  context->count = 0;
  memset(context->outside, 0, sizeof context->outside);
}
