/* SPDX-License-Identifier: MIT
 * answers: fetches a URL and keeps all that came: each answer on the way with
 * the bytes of its head and body, the connection and its TLS.  What it prints
 * is what an archive would be made from; docs/answers.md explains it.
 *
 * usage: answers URL */
#include <stdio.h>

#include <lariat/lariat.h>

static void print_cookies(const lariat_response *response) {
  size_t position = 0;
  const char *cookie;
  while (
      (cookie = lariat_response_next_header(response, "Set-Cookie", &position)))
    printf("  cookie %s\n", cookie);
}

static void print_connection(const lariat_response *response) {
  printf(
      "  from %s port %u to %s port %u\n", lariat_response_local_ip(response),
      lariat_response_local_port(response), lariat_response_remote_ip(response),
      lariat_response_remote_port(response));
  if (*lariat_response_tls_version(response))
    printf("  %s, %s, protocol %s, %s session, %zu certificates\n",
           lariat_response_tls_version(response),
           lariat_response_tls_cipher(response),
           lariat_response_tls_alpn(response),
           lariat_response_tls_resumed(response) ? "an old" : "a new",
           lariat_response_certificate_count(response));
}

static const char *source_of_head(const lariat_response *response) {
  switch (lariat_response_raw_head_source(response)) {
  case LARIAT_HEAD_RECEIVED:
    return "as they came";
  case LARIAT_HEAD_UNFOLDED:
    return "as they came, folded lines joined";
  case LARIAT_HEAD_REMADE:
    return "made again from HTTP/2";
  case LARIAT_HEAD_NOT_KEPT:
    break;
  }
  return "not kept";
}

static void print_answer(const lariat_response *response) {
  size_t head, raw, body;
  (void)lariat_response_raw_head(response, &head);
  (void)lariat_response_raw_body(response, &raw);
  (void)lariat_response_body(response, &body);
  printf("%d %s\n", lariat_response_status(response),
         lariat_response_url(response));
  printf("  head: %zu bytes, %s\n", head, source_of_head(response));
  printf("  body: %zu bytes, of which came %zu\n", body, raw);
  print_cookies(response);
  print_connection(response);
  for (size_t i = 0; i < lariat_response_trailer_count(response); i++)
    printf("  trailer %s: %s\n", lariat_response_trailer_at(response, i).name,
           lariat_response_trailer_at(response, i).value);
}

static lariat_value on_response(lariat_value result, void *context) {
  const lariat_response *response = lariat_response_in(result);
  const lariat_response *redirect;
  (void)context;
  for (size_t i = 0; (redirect = lariat_response_redirect_at(response, i)); i++)
    print_answer(redirect);
  print_answer(response);
  return lariat_value_drop(result);
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  if (argc != 2)
    return lariat_deferred_fail(lariat_client_reactor(client), LARIAT_EUSER,
                                "usage: answers URL");
  lariat_request_options options = lariat_request_defaults(client);
  options.keep = LARIAT_KEEP_RAW_HEAD | LARIAT_KEEP_RAW_BODY |
                 LARIAT_KEEP_CONNECTION | LARIAT_KEEP_CERTIFICATES |
                 LARIAT_KEEP_REDIRECTS;
  lariat_deferred *deferred = lariat_request(client, "GET", argv[1], &options);
  return lariat_deferred_add_callback(deferred, on_response, NULL);
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
