/* SPDX-License-Identifier: MIT
 * if_changed: asks for a page only if it has changed since a moment, in seconds
 * since 1970, and tells of what kind it is.
 *
 * usage: if_changed URL SECONDS */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

static void print_page(const lariat_response *response) {
  char text[LARIAT_HTTP_DATE_BYTES] = "at an unknown time";
  lariat_media_type type;
  int64_t changed;
  if (lariat_response_date(response, "Last-Modified", &changed) == LARIAT_OK)
    (void)!lariat_http_date_write(changed, text);
  if (lariat_response_media_type(response, &type) != LARIAT_OK)
    printf("no type, changed %s\n", text);
  else
    printf("%s in %s, changed %s\n", type.type,
           type.charset[0] ? type.charset : "bytes", text);
}

static lariat_value on_response(lariat_value result, void *context) {
  const lariat_response *response = lariat_response_in(result);
  (void)context;
  if (lariat_response_status(response) == 304)
    printf("not changed\n");
  else
    print_page(response);
  return lariat_value_drop(result);
}

static lariat_deferred *ask(lariat_client *client, const char *url,
                            lariat_headers *headers, const char *since) {
  char date[LARIAT_HTTP_DATE_BYTES];
  lariat_request_options options = lariat_request_defaults(client);
  lariat_status status = lariat_http_date_write(strtoll(since, NULL, 10), date);
  if (status == LARIAT_OK)
    status = lariat_headers_set(headers, "If-Modified-Since", date);
  if (status != LARIAT_OK)
    return lariat_deferred_fail(lariat_client_reactor(client), status, "%s",
                                lariat_status_text(status));
  options.headers = lariat_headers_items(headers, &options.header_count);
  return lariat_deferred_add_callback(
      lariat_request(client, "GET", url, &options), on_response, NULL);
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  lariat_headers *headers;
  if (argc != 3)
    return lariat_deferred_fail(reactor, LARIAT_EUSER,
                                "usage: if_changed URL SECONDS");
  if (lariat_headers_new(&headers) != LARIAT_OK)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  lariat_deferred *asked = ask(client, argv[1], headers, argv[2]);
  lariat_headers_free(headers); /* lariat_request has copied them */
  return asked;
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
