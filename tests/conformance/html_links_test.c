/* SPDX-License-Identifier: MIT
 * html_links_test.c: generated documents, of tags and pieces of tags in any
 * order, have the links that are in the tree that gumbo makes of them. */
#include <lariat/crawl/links.h>

#include <gumbo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "support/fixture.h"

enum { DOCUMENTS = 20000, PIECES = 20, MOST_LINKS = 64 };

/* The links of one document: a bit for the number of each that was found.  Each
 * has a URL of its own, "u7". */
struct set {
  bool has[MOST_LINKS];
};

/* ---- Documents ---- */

/* "%u" becomes the number of a link.  Not here is what a tree drops, or changes
 * by what is around it: parts of tables and of frames, select; </p>, which ends
 * foreign content only since gumbo was written; and names that gumbo does not
 * know, of which one's end tag closes any other. */
static const char *const pieces[] = {
    "<a href=u%u>",
    "<a href='u%u'",
    "<a/href=\"u%u\"/>",
    "<img src=u%u>",
    "<area href=u%u>",
    "<link rel=stylesheet href=u%u>",
    "<iframe src=u%u>",
    "<embed src=u%u>",
    "<a href=u%u href=no>",
    "<A HREF = u%u >",
    "<a b='>' c=d=\"e\"f href=u%u>",
    "<a =href=no href=u%u>",
    "<image src=u%u>",
    "</a>",
    "<svg>",
    "</svg>",
    "<math>",
    "</math>",
    "<title>",
    "</title>",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "</xmp>",
    "</iframe>",
    "<noembed>",
    "</noembed>",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--->",
    "-",
    ">",
    "<",
    "/",
    "\"",
    "'",
    " ",
    "=",
    "x",
    "<foreignObject>",
    "</foreignObject>",
    "<desc>",
    "<mi>",
    "<mglyph>",
    "<annotation-xml encoding=text/html>",
    "<p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<font color=x>",
    "<font>",
    "<br>",
    "<?x",
    "<!x",
    "</ x",
    "<svg/>",
    "<title/>",
    "<style/>",
    "<span>",
    "<plaintext>",
    "<svg><title>",
    "<svg><style>",
    "<math><mi>",
    "<svg><foreignObject>",
    "<script><!--",
};

/* The next number of a fixed sequence, below `limit`. */
static unsigned next_random(uint64_t *state, unsigned limit) {
  *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (unsigned)((*state >> 33) % limit);
}

static size_t make_document(uint64_t *state, char *text, size_t size) {
  size_t length = 0;
  unsigned links = 0;
  unsigned count = 3 + next_random(state, PIECES - 3);
  for (unsigned i = 0; i <= count; i++) {
    const char *piece = pieces[next_random(state, FIXTURE_COUNT(pieces))];
    if (i == count) piece = pieces[0]; /* sees in which state it ends */
    const char *number = strstr(piece, "%u");
    int written =
        number ? snprintf(text + length, size - length, "%.*s%u%s",
                          (int)(number - piece), piece, links++, number + 2)
               : snprintf(text + length, size - length, "%s", piece);
    length += (size_t)written;
  }
  return length;
}

/* ---- The two ---- */

static void note(struct set *set, const char *url) {
  const char *slash = strrchr(url, '/');
  const char *name = slash ? slash + 1 : url;
  char *end;
  if (*name != 'u') return;
  unsigned long number = strtoul(name + 1, &end, 10);
  if (end > name + 1 && !*end && number < MOST_LINKS) set->has[number] = true;
}

static void take_link(const lariat_crawl_link *link, void *context) {
  note(context, lariat_url_text(link->url, NULL));
}

static void find_by_lariat(const char *text, size_t length,
                           const lariat_url *base, struct set *set) {
  lariat_crawl_document document;
  CU_ASSERT_EQUAL(lariat_crawl_links_find(NULL, base, NULL, text, length,
                                          take_link, set, &document),
                  LARIAT_OK);
  lariat_crawl_document_clear(&document);
}

/* Returns the attribute that is a link's, of this element; NULL: none. */
static const char *attribute_of(const GumboElement *element) {
  bool svg = element->tag_namespace == GUMBO_NAMESPACE_SVG;
  if (element->tag_namespace == GUMBO_NAMESPACE_MATHML) return NULL;
  switch ((int)element->tag) {
  case GUMBO_TAG_A:
    return "href";
  case GUMBO_TAG_AREA:
  case GUMBO_TAG_LINK:
    return svg ? NULL : "href";
  case GUMBO_TAG_IMG:
  case GUMBO_TAG_IFRAME:
  case GUMBO_TAG_EMBED:
    return svg ? NULL : "src";
  default:
    return NULL;
  }
}

static void note_element(const GumboElement *element, struct set *set) {
  const char *name = attribute_of(element);
  const GumboAttribute *attribute =
      name ? gumbo_get_attribute(&element->attributes, name) : NULL;
  if (attribute) note(set, attribute->value);
}

/* Returns the node behind this one, as they stand in the document. */
static const GumboNode *next_node(const GumboNode *node) {
  bool has_children =
      node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
  if (has_children && node->v.element.children.length)
    return node->v.element.children.data[0];
  for (; node->parent; node = node->parent) {
    const GumboVector *siblings = node->parent->type == GUMBO_NODE_DOCUMENT
                                      ? &node->parent->v.document.children
                                      : &node->parent->v.element.children;
    size_t next = node->index_within_parent + 1;
    if (next < siblings->length) return siblings->data[next];
  }
  return NULL;
}

static void find_by_gumbo(const char *text, size_t length, struct set *set) {
  GumboOptions options = kGumboDefaultOptions;
  GumboOutput *output = gumbo_parse_with_options(&options, text, length);
  for (const GumboNode *node = output->root; node; node = next_node(node))
    if (node->type == GUMBO_NODE_ELEMENT) note_element(&node->v.element, set);
  gumbo_destroy_output(&options, output);
}

static void test_generated(void) {
  struct fixture fixture;
  lariat_url *base;
  uint64_t state = 1;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lariat_url_parse("http://h/d/", 11, NULL, &base, NULL),
                        LARIAT_OK);
  unsigned different = 0;
  for (unsigned i = 0; i < DOCUMENTS; i++) {
    char text[4096];
    size_t length = make_document(&state, text, sizeof text);
    struct set ours = {{false}}, theirs = {{false}};
    find_by_lariat(text, length, base, &ours);
    find_by_gumbo(text, length, &theirs);
    if (memcmp(&ours, &theirs, sizeof ours) == 0) continue;
    different++;
    for (unsigned link = 0; link < MOST_LINKS; link++)
      if (ours.has[link] != theirs.has[link])
        fixture_fail("document %u: u%u is %s\n%s", i, link,
                     ours.has[link] ? "none by gumbo" : "missing", text);
  }
  CU_ASSERT_EQUAL(different, 0);
  lariat_url_free(base);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"generated documents", test_generated},
  };
  return fixture_main("html_links", tests, FIXTURE_COUNT(tests), argc, argv);
}
