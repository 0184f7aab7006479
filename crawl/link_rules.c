/* SPDX-License-Identifier: MIT
 * link_rules.c: links by element and attribute, as a table; what needs a second
 * attribute (rel, type, method) has a function. */
#include "link_rules.h"

#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "charset_prescan.h"
#include "html_reference.h"
#include "link_relation.h"
#include "robots_directives.h"
#include <lariat/allocator.h>

/* How long a value may be that is read as words. */
enum { MOST_CONTENT = 4096, MOST_WORD = 512 };

#define BIT(attribute) (UINT32_C(1) << LR_CRAWL_ATTRIBUTE_##attribute)

/* ---- Values ---- */

static bool has(const lr_crawl_html_tag *tag,
                lr_crawl_html_attribute attribute) {
  return lr_crawl_html_has(tag, attribute);
}

static lr_crawl_html_span value_of(const lr_crawl_html_tag *tag,
                                   lr_crawl_html_attribute attribute) {
  return has(tag, attribute) ? tag->values[attribute]
                             : (lr_crawl_html_span){"", 0};
}

static bool is_text(lr_crawl_html_span text, const char *wanted) {
  return text.length == strlen(wanted) &&
         strncasecmp(text.bytes, wanted, text.length) == 0;
}

static bool is_blank(lr_crawl_html_span text) {
  for (size_t i = 0; i < text.length; i++)
    if (!lr_crawl_is_space(text.bytes[i])) return false;
  return true;
}

/* ---- Notes ---- */

static bool grow(lr_crawl_link_rules *rules) {
  size_t capacity = rules->capacity ? rules->capacity * 2 : 64;
  lr_crawl_link_note *notes =
      lariat_memory_resize(rules->notes, capacity * sizeof *notes);
  if (!notes) {
    rules->failed = true;
    return false;
  }
  rules->notes = notes;
  rules->capacity = capacity;
  return true;
}

static void add_note(lr_crawl_link_rules *rules, const lr_crawl_html_tag *tag,
                     lr_crawl_html_span value, lr_crawl_link_note note) {
  if (rules->count >= rules->options->max_links) return;
  if (rules->count == rules->capacity && !grow(rules)) return;
  note.tag = (uint32_t)(tag->start - rules->document);
  note.value = value.length ? (uint32_t)(value.bytes - rules->document) : 0;
  note.length = (uint32_t)value.length;
  if (!note.element) note.element = (uint8_t)tag->element;
  rules->notes[rules->count++] = note;
}

static void add_link(lr_crawl_link_rules *rules, const lr_crawl_html_tag *tag,
                     lr_crawl_html_attribute attribute,
                     lariat_crawl_link_kind kind, bool nofollow) {
  lr_crawl_link_note note = {.attribute = (uint8_t)attribute,
                             .kind = kind & 15U,
                             .nofollow = nofollow};
  add_note(rules, tag, tag->values[attribute], note);
}

/* ---- Elements with a second attribute ---- */

static lr_crawl_link_relation relation_of(const lr_crawl_html_tag *tag) {
  lr_crawl_html_span rel = value_of(tag, LR_CRAWL_ATTRIBUTE_REL);
  return lr_crawl_link_relation_of(rel.bytes, rel.length);
}

/* Takes <a> and <area>. */
static void take_anchor(lr_crawl_link_rules *rules,
                        const lr_crawl_html_tag *tag) {
  if (!has(tag, LR_CRAWL_ATTRIBUTE_HREF)) return;
  bool nofollow = has(tag, LR_CRAWL_ATTRIBUTE_REL) && relation_of(tag).nofollow;
  add_link(rules, tag, LR_CRAWL_ATTRIBUTE_HREF, LARIAT_CRAWL_LINK_NAVIGATION,
           nofollow);
}

static void take_link(lr_crawl_link_rules *rules,
                      const lr_crawl_html_tag *tag) {
  lr_crawl_link_relation relation = relation_of(tag);
  if (!relation.told) return;
  bool hint = relation.kind == LARIAT_CRAWL_LINK_HINT;
  if (hint && !rules->options->hints) return;
  if (!is_blank(value_of(tag, LR_CRAWL_ATTRIBUTE_HREF)))
    add_link(rules, tag, LR_CRAWL_ATTRIBUTE_HREF, relation.kind,
             relation.nofollow);
  if (relation.kind != LARIAT_CRAWL_LINK_REQUISITE) return;
  lr_crawl_link_note note = {.attribute = LR_CRAWL_ATTRIBUTE_IMAGESRCSET,
                             .kind = LARIAT_CRAWL_LINK_REQUISITE,
                             .syntax = LR_CRAWL_LINK_SRCSET};
  if (has(tag, LR_CRAWL_ATTRIBUTE_IMAGESRCSET))
    add_note(rules, tag, tag->values[LR_CRAWL_ATTRIBUTE_IMAGESRCSET], note);
}

/* Tells whether a form, or a button of it, sends by GET. */
static bool sends_by_get(lr_crawl_html_span method) {
  return !is_text(method, "post") && !is_text(method, "dialog");
}

static void take_form(lr_crawl_link_rules *rules, const lr_crawl_html_tag *tag,
                      lr_crawl_html_attribute action,
                      lr_crawl_html_attribute method) {
  if (rules->options->forms && !is_blank(value_of(tag, action)) &&
      sends_by_get(value_of(tag, method)))
    add_link(rules, tag, action, LARIAT_CRAWL_LINK_FORM,
             relation_of(tag).nofollow);
}

static void take_input(lr_crawl_link_rules *rules,
                       const lr_crawl_html_tag *tag) {
  if (is_text(value_of(tag, LR_CRAWL_ATTRIBUTE_TYPE), "image") &&
      !is_blank(value_of(tag, LR_CRAWL_ATTRIBUTE_SRC)))
    add_link(rules, tag, LR_CRAWL_ATTRIBUTE_SRC, LARIAT_CRAWL_LINK_REQUISITE,
             false);
}

/* Takes <input> and <button>. */
static void take_button(lr_crawl_link_rules *rules,
                        const lr_crawl_html_tag *tag) {
  if (tag->element == LR_CRAWL_ELEMENT_INPUT) take_input(rules, tag);
  take_form(rules, tag, LR_CRAWL_ATTRIBUTE_FORMACTION,
            LR_CRAWL_ATTRIBUTE_FORMMETHOD);
}

/* ---- What tags say of the document ---- */

/* Keeps the first <base>, whose URL is for all links, also before it. */
static void take_base(lr_crawl_link_rules *rules,
                      const lr_crawl_html_tag *tag) {
  if (rules->has_base || !has(tag, LR_CRAWL_ATTRIBUTE_HREF)) return;
  rules->has_base = true;
  rules->base = tag->values[LR_CRAWL_ATTRIBUTE_HREF];
}

static void note_charset(lr_crawl_link_rules *rules,
                         const lr_crawl_charset *charset) {
  if (!rules->charset) rules->charset = lr_crawl_charset_as_meta(charset);
}

static void take_pragma(lr_crawl_link_rules *rules,
                        const lr_crawl_html_tag *tag) {
  lr_crawl_html_span name = value_of(tag, LR_CRAWL_ATTRIBUTE_HTTP_EQUIV);
  lr_crawl_html_span content = value_of(tag, LR_CRAWL_ATTRIBUTE_CONTENT);
  lr_crawl_link_note note = {.attribute = LR_CRAWL_ATTRIBUTE_CONTENT,
                             .syntax = LR_CRAWL_LINK_REFRESH};
  if (is_text(name, "refresh"))
    add_note(rules, tag, content, note);
  else if (is_text(name, "content-type") && content.length <= MOST_CONTENT)
    note_charset(rules,
                 lr_crawl_charset_of_content(content.bytes, content.length));
}

static void take_directives(lr_crawl_link_rules *rules,
                            const lr_crawl_html_tag *tag) {
  lr_crawl_scratch spare = {0};
  lr_crawl_html_span content = value_of(tag, LR_CRAWL_ATTRIBUTE_CONTENT);
  if (content.length > MOST_CONTENT) content.length = MOST_CONTENT;
  lr_crawl_html_decode(content.bytes, content.length, true, &spare);
  rules->directives |= lr_crawl_robots_directives(spare.bytes, spare.length);
  rules->failed |= spare.failed;
  lr_crawl_scratch_free(&spare);
}

static void take_meta(lr_crawl_link_rules *rules,
                      const lr_crawl_html_tag *tag) {
  lr_crawl_html_span charset = value_of(tag, LR_CRAWL_ATTRIBUTE_CHARSET);
  if (charset.length)
    note_charset(rules, lr_crawl_charset_find(charset.bytes, charset.length));
  if (is_text(value_of(tag, LR_CRAWL_ATTRIBUTE_NAME), "robots"))
    take_directives(rules, tag);
  if (has(tag, LR_CRAWL_ATTRIBUTE_HTTP_EQUIV)) take_pragma(rules, tag);
}

/* ---- The table ---- */

struct rule {
  uint8_t element;
  uint8_t attribute;
  uint8_t kind;
  uint8_t syntax;
};

#define RULE(element, attribute, kind)                                         \
  {                                                                            \
    LR_CRAWL_ELEMENT_##element, LR_CRAWL_ATTRIBUTE_##attribute,                \
        LARIAT_CRAWL_LINK_##kind, LR_CRAWL_LINK_URL                            \
  }
#define SRCSET(element)                                                        \
  {                                                                            \
    LR_CRAWL_ELEMENT_##element, LR_CRAWL_ATTRIBUTE_SRCSET,                     \
        LARIAT_CRAWL_LINK_REQUISITE, LR_CRAWL_LINK_SRCSET                      \
  }

static const struct rule html_rules[] = {RULE(IMG, SRC, REQUISITE),
                                         SRCSET(IMG),
                                         RULE(SCRIPT, SRC, REQUISITE),
                                         RULE(SOURCE, SRC, REQUISITE),
                                         SRCSET(SOURCE),
                                         RULE(IFRAME, SRC, NAVIGATION),
                                         RULE(FRAME, SRC, NAVIGATION),
                                         RULE(VIDEO, SRC, REQUISITE),
                                         RULE(VIDEO, POSTER, REQUISITE),
                                         RULE(AUDIO, SRC, REQUISITE),
                                         RULE(TRACK, SRC, REQUISITE),
                                         RULE(EMBED, SRC, REQUISITE),
                                         RULE(OBJECT, DATA, REQUISITE),
                                         RULE(BODY, BACKGROUND, REQUISITE),
                                         RULE(TABLE, BACKGROUND, REQUISITE),
                                         RULE(THEAD, BACKGROUND, REQUISITE),
                                         RULE(TBODY, BACKGROUND, REQUISITE),
                                         RULE(TFOOT, BACKGROUND, REQUISITE),
                                         RULE(TR, BACKGROUND, REQUISITE),
                                         RULE(TD, BACKGROUND, REQUISITE),
                                         RULE(TH, BACKGROUND, REQUISITE)};

/* Those of SVG have xlink:href, too, which counts where there is no href. */
static const struct rule svg_rules[] = {
    RULE(A, HREF, NAVIGATION), RULE(IMAGE, HREF, REQUISITE),
    RULE(USE, HREF, REQUISITE), RULE(FEIMAGE, HREF, REQUISITE),
    RULE(SCRIPT, HREF, REQUISITE)};

/* The attributes, beside style, that a tag of HTML is looked at for. */
#define BACKGROUND BIT(BACKGROUND)
static const uint32_t looked_at[LR_CRAWL_ELEMENT_COUNT] = {
    [LR_CRAWL_ELEMENT_A] = BIT(HREF),
    [LR_CRAWL_ELEMENT_AREA] = BIT(HREF),
    [LR_CRAWL_ELEMENT_AUDIO] = BIT(SRC),
    [LR_CRAWL_ELEMENT_BASE] = BIT(HREF),
    [LR_CRAWL_ELEMENT_BODY] = BACKGROUND,
    [LR_CRAWL_ELEMENT_BUTTON] = BIT(FORMACTION),
    [LR_CRAWL_ELEMENT_EMBED] = BIT(SRC),
    [LR_CRAWL_ELEMENT_FORM] = BIT(ACTION),
    [LR_CRAWL_ELEMENT_FRAME] = BIT(SRC),
    [LR_CRAWL_ELEMENT_IFRAME] = BIT(SRC),
    [LR_CRAWL_ELEMENT_IMAGE] = BIT(SRC) | BIT(SRCSET),
    [LR_CRAWL_ELEMENT_IMG] = BIT(SRC) | BIT(SRCSET),
    [LR_CRAWL_ELEMENT_INPUT] = BIT(SRC) | BIT(FORMACTION),
    [LR_CRAWL_ELEMENT_LINK] = BIT(HREF) | BIT(IMAGESRCSET),
    [LR_CRAWL_ELEMENT_META] = BIT(CONTENT) | BIT(CHARSET),
    [LR_CRAWL_ELEMENT_OBJECT] = BIT(DATA),
    [LR_CRAWL_ELEMENT_SCRIPT] = BIT(SRC),
    [LR_CRAWL_ELEMENT_SOURCE] = BIT(SRC) | BIT(SRCSET),
    [LR_CRAWL_ELEMENT_TABLE] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TBODY] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TD] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TFOOT] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TH] = BACKGROUND,
    [LR_CRAWL_ELEMENT_THEAD] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TR] = BACKGROUND,
    [LR_CRAWL_ELEMENT_TRACK] = BIT(SRC),
    [LR_CRAWL_ELEMENT_VIDEO] = BIT(SRC) | BIT(POSTER)};

/* Takes what the table has; a URL that is empty is nothing to fetch. */
static void take_by_table(lr_crawl_link_rules *rules,
                          const lr_crawl_html_tag *tag, unsigned element) {
  for (size_t i = 0; i < sizeof html_rules / sizeof *html_rules; i++) {
    const struct rule *rule = &html_rules[i];
    if (rule->element != element) continue;
    lr_crawl_html_attribute attribute = rule->attribute;
    lr_crawl_link_note note = {.element = (uint8_t)element,
                               .attribute = rule->attribute,
                               .kind = rule->kind & 15U,
                               .syntax = rule->syntax & 15U};
    if (!is_blank(value_of(tag, attribute)))
      add_note(rules, tag, tag->values[attribute], note);
  }
}

static void take_svg(lr_crawl_link_rules *rules, const lr_crawl_html_tag *tag) {
  lr_crawl_html_attribute attribute = LR_CRAWL_ATTRIBUTE_HREF;
  if (!has(tag, attribute)) attribute = LR_CRAWL_ATTRIBUTE_XLINK_HREF;
  if (!has(tag, attribute)) return;
  for (size_t i = 0; i < sizeof svg_rules / sizeof *svg_rules; i++)
    if (svg_rules[i].element == (uint8_t)tag->element)
      add_link(rules, tag, attribute, svg_rules[i].kind,
               tag->element == LR_CRAWL_ELEMENT_A && relation_of(tag).nofollow);
}

/* Decodes the references of values that are words, in the tag itself: all of
 * them together are small. */
static void decode_words(lr_crawl_link_rules *rules, lr_crawl_html_tag *tag) {
  static const uint8_t words[] = {
      LR_CRAWL_ATTRIBUTE_REL,    LR_CRAWL_ATTRIBUTE_TYPE,
      LR_CRAWL_ATTRIBUTE_NAME,   LR_CRAWL_ATTRIBUTE_HTTP_EQUIV,
      LR_CRAWL_ATTRIBUTE_METHOD, LR_CRAWL_ATTRIBUTE_FORMMETHOD,
      LR_CRAWL_ATTRIBUTE_CHARSET};
  lr_crawl_scratch_clear(&rules->words);
  if (!lr_crawl_scratch_reserve(&rules->words, MOST_WORD * 2 * sizeof words))
    return;
  for (size_t i = 0; i < sizeof words; i++) {
    lr_crawl_html_span *value = &tag->values[words[i]];
    size_t before = rules->words.length;
    if (!has(tag, words[i]) || value->length > MOST_WORD ||
        !lr_crawl_html_needs_decoding(value->bytes, value->length))
      continue;
    lr_crawl_html_decode(value->bytes, value->length, true, &rules->words);
    value->bytes = rules->words.bytes + before;
    value->length = rules->words.length - before;
  }
}

/* Takes an element of HTML. */
static void take_html(lr_crawl_link_rules *rules, lr_crawl_html_tag *tag,
                      bool inert) {
  const uint32_t words = BIT(REL) | BIT(TYPE) | BIT(NAME) | BIT(HTTP_EQUIV) |
                         BIT(METHOD) | BIT(FORMMETHOD) | BIT(CHARSET);
  if (tag->present & words) decode_words(rules, tag);
  switch ((int)tag->element) {
  case LR_CRAWL_ELEMENT_A:
  case LR_CRAWL_ELEMENT_AREA:
    take_anchor(rules, tag);
    break;
  case LR_CRAWL_ELEMENT_LINK:
    take_link(rules, tag);
    break;
  case LR_CRAWL_ELEMENT_BASE:
    if (!inert) take_base(rules, tag);
    break;
  case LR_CRAWL_ELEMENT_META:
    if (!inert) take_meta(rules, tag);
    break;
  case LR_CRAWL_ELEMENT_FORM:
    take_form(rules, tag, LR_CRAWL_ATTRIBUTE_ACTION, LR_CRAWL_ATTRIBUTE_METHOD);
    break;
  case LR_CRAWL_ELEMENT_INPUT:
  case LR_CRAWL_ELEMENT_BUTTON:
    take_button(rules, tag);
    break;
  case LR_CRAWL_ELEMENT_IMAGE: /* as the tree has it */
    take_by_table(rules, tag, LR_CRAWL_ELEMENT_IMG);
    break;
  default:
    take_by_table(rules, tag, tag->element);
  }
}

/* Takes a style attribute, if it can have a URL at all. */
static void take_style_attribute(lr_crawl_link_rules *rules,
                                 const lr_crawl_html_tag *tag) {
  lr_crawl_html_span style = tag->values[LR_CRAWL_ATTRIBUTE_STYLE];
  lr_crawl_link_note note = {.attribute = LR_CRAWL_ATTRIBUTE_STYLE,
                             .kind = LARIAT_CRAWL_LINK_REQUISITE,
                             .syntax = LR_CRAWL_LINK_STYLE};
  if (memchr(style.bytes, '(', style.length) ||
      memchr(style.bytes, '&', style.length))
    add_note(rules, tag, style, note);
}

void lr_crawl_link_rules_take(lr_crawl_link_rules *rules,
                              lr_crawl_html_tag *tag,
                              lr_crawl_html_namespace space, bool inert) {
  if (!tag->present) return;
  if (space == LR_CRAWL_SVG)
    take_svg(rules, tag);
  else if (space == LR_CRAWL_HTML && tag->present & looked_at[tag->element])
    take_html(rules, tag, inert);
  if (lr_crawl_html_has(tag, LR_CRAWL_ATTRIBUTE_STYLE))
    take_style_attribute(rules, tag);
}

void lr_crawl_link_rules_take_style(lr_crawl_link_rules *rules,
                                    const lr_crawl_html_tag *tag,
                                    lr_crawl_html_span text,
                                    lr_crawl_link_syntax syntax) {
  lr_crawl_link_note note = {.kind = LARIAT_CRAWL_LINK_REQUISITE,
                             .syntax = syntax & 15};
  if (text.length) add_note(rules, tag, text, note);
}
