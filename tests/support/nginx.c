/* SPDX-License-Identifier: MIT
 * See nginx.h. */
#define _GNU_SOURCE
#include "support/nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/ports.h"
#include "support/tls.h"

enum {
  ATTEMPTS = 5,
  START_MS = 10000,
  STOP_MS = 5000,
  REDIRECTS = 30,
  ADDRESSES_MAX = 200,
  FILE_ROOM = NGINX_PATH_ROOM + 32
};

char nginx_file_byte(size_t position) {
  static const char line[] = "the quick brown fox jumps over the lazy dog, ";
  return position % 100 == 99 ? '\n' : line[position % (sizeof line - 1)];
}

static void path_in(const struct nginx *nginx, const char *name, char *out) {
  snprintf(out, FILE_ROOM, "%s/%s", nginx->directory, name);
}

/* ---- The files in its directory ---- */

static bool write_file(const struct nginx *nginx, const char *name,
                       size_t bytes) {
  char path[FILE_ROOM];
  path_in(nginx, name, path);
  FILE *file = fopen(path, "we");
  if (!file) return false;
  for (size_t i = 0; i < bytes; i++) putc(nginx_file_byte(i), file);
  return fclose(file) == 0;
}

static bool make_folder(const struct nginx *nginx, const char *name) {
  char path[FILE_ROOM];
  path_in(nginx, name, path);
  return mkdir(path, 0700) == 0;
}

static bool issue(const struct nginx *nginx,
                  const struct tls_authority *authority, const char *stem,
                  const struct tls_certificate *what) {
  char certificate[FILE_ROOM];
  char key[FILE_ROOM];
  char name[32];
  snprintf(name, sizeof name, "%s.pem", stem);
  path_in(nginx, name, certificate);
  snprintf(name, sizeof name, "%s.key", stem);
  path_in(nginx, name, key);
  return tls_issue(authority, what, certificate, key);
}

static bool make_certificates(struct nginx *nginx) {
  static const char here[] =
      "DNS:localhost,DNS:*.test.local,IP:127.0.0.1,IP:::1";
  static const struct tls_certificate good = {"localhost", here, -1, 30};
  static const struct tls_certificate expired = {"localhost", here, -30, -1};
  static const struct tls_certificate wrong = {"other.test.local",
                                               "DNS:other.test.local", -1, 30};
  struct tls_authority *authority = tls_authority_new("lariat test authority");
  if (!authority) return false;
  path_in(nginx, "ca.pem", nginx->ca_file);
  bool made = tls_write_authority(authority, nginx->ca_file) &&
              issue(nginx, authority, "good", &good) &&
              issue(nginx, authority, "expired", &expired) &&
              issue(nginx, authority, "wrong", &wrong);
  tls_authority_free(authority);
  return made;
}

/* ---- The configuration ---- */

static unsigned descriptors_allowed(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return 1024;
  return limit.rlim_max > 20000 ? 20000 : (unsigned)limit.rlim_max;
}

static void write_top(FILE *out, const struct nginx *nginx) {
  const char *d = nginx->directory;
  unsigned connections = descriptors_allowed();
  unsigned keepalive_ms = nginx->options.keepalive_ms;
  unsigned requests = nginx->options.keepalive_requests;
  fprintf(out,
          "daemon off;\nmaster_process off;\npid %s/pid;\n"
          "error_log %s/error.log warn;\nworker_rlimit_nofile %u;\n"
          "events { worker_connections %u; multi_accept on; }\n"
          "http {\naccess_log off;\ndefault_type text/plain;\n"
          "root %s/www;\n"
          "client_body_temp_path %s/temp;\nproxy_temp_path %s/temp1;\n"
          "fastcgi_temp_path %s/temp2;\nuwsgi_temp_path %s/temp3;\n"
          "scgi_temp_path %s/temp4;\n",
          d, d, connections, connections - 32, d, d, d, d, d, d);
  fprintf(out,
          "keepalive_timeout %ums;\nkeepalive_requests %u;\n"
          "client_max_body_size 64m;\nabsolute_redirect off;\n"
          "gzip on;\ngzip_types text/plain;\ngzip_min_length 1000;\n"
          "ssl_session_cache shared:tls:1m;\n",
          keepalive_ms ? keepalive_ms : 600000,
          requests ? requests : 1000000000);
}

static void write_statuses(FILE *out) {
  static const int codes[] = {200, 400, 401, 403, 404, 410,
                              429, 500, 502, 503, 504};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    fprintf(out, "location = /status/%d { return %d \"status %d\\n\"; }\n",
            codes[i], codes[i], codes[i]);
  fputs("location = /status/204 { return 204; }\n", out);
}

static void write_redirects(FILE *out, const struct nginx *nginx) {
  static const int codes[] = {301, 302, 303, 307, 308};
  fputs("location = /redirect/1 { return 302 /; }\n", out);
  for (int i = 2; i <= REDIRECTS; i++)
    fprintf(out, "location = /redirect/%d { return 302 /redirect/%d; }\n", i,
            i - 1);
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    fprintf(out, "location = /as/%d { return %d /post; }\n", codes[i],
            codes[i]);
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    fprintf(out,
            "location = /away/%d { absolute_redirect off; "
            "return %d $arg_to; }\n",
            codes[i], codes[i]);
  fprintf(out,
          "location = /loop { return 302 /loop; }\n"
          "location = /absolute { return 302 $scheme://$http_host/; }\n"
          "location = /to-tls { return 302 https://127.0.0.1:%u/; }\n"
          "location = /to-plain { return 302 http://127.0.0.1:%u/; }\n",
          nginx->ports[NGINX_TLS], nginx->ports[NGINX_PLAIN]);
}

static void write_pages(FILE *out, const struct nginx *nginx) {
  fputs("location / { return 200 \"This is $uri\\n\"; }\n"
        "location = /method { return 200 $request_method; }\n"
        "location = /version { return 200 $server_protocol; }\n"
        "location = /post { return 200 "
        "\"$request_method $content_length $content_type\"; }\n"
        "location = /headers { return 200 \"user-agent: $http_user_agent\\n"
        "accept-encoding: $http_accept_encoding\\nx-test: $http_x_test\\n"
        "authorization: $http_authorization\\ncookie: $http_cookie\\n"
        "host: $http_host\\n\"; }\n"
        "location = /set-cookies { add_header Set-Cookie 's=1; Secure'; "
        "add_header Set-Cookie 'p=2'; return 200 \"set\\n\"; }\n"
        "location = /cookies { return 200 \"$http_cookie\"; }\n"
        "location = /seen { return 200 \"authorization: $http_authorization\\n"
        "cookie: $http_cookie\\nproxy: $http_proxy_authorization\\n\"; }\n"
        "location = /big { gzip off; try_files /big.bin =404; }\n"
        "location = /slow { gzip off; limit_rate 64k; "
        "try_files /big.bin =404; }\n"
        "location = /text { try_files /text.txt =404; }\n"
        "location = /close { keepalive_timeout 0; return 200 \"closing\\n\"; "
        "}\n"
        "location = /trailers { gzip_min_length 0; add_trailer X-Sum 12; "
        "add_trailer X-Sum 13; "
        "return 200 \"with trailers\\n\"; }\n"
        "location = /resumed { keepalive_timeout 0; "
        "return 200 \"$ssl_session_reused\"; }\n"
        "location /store/ { gzip off; dav_methods PUT DELETE; }\n",
        out);
  write_statuses(out);
  write_redirects(out, nginx);
}

/* Writes one server; `options` follow each of its listen addresses. */
static void write_server(FILE *out, const struct nginx *nginx,
                         enum nginx_port port, const char *options,
                         const char *certificate) {
  const char *d = nginx->directory;
  unsigned addresses = port == NGINX_PLAIN ? nginx->options.addresses : 1;
  unsigned number = nginx->ports[port];
  fputs("server {\n", out);
  for (unsigned i = 1; i <= addresses; i++)
    fprintf(out, "listen 127.0.0.%u:%u backlog=4096%s;\n", i, number, options);
  if (ports_have_ipv6()) fprintf(out, "listen [::1]:%u%s;\n", number, options);
  if (certificate)
    fprintf(out, "ssl_certificate %s/%s.pem;\nssl_certificate_key %s/%s.key;\n",
            d, certificate, d, certificate);
  write_pages(out, nginx);
  fputs("}\n", out);
}

static bool write_configuration(const struct nginx *nginx) {
  char path[FILE_ROOM];
  path_in(nginx, "nginx.conf", path);
  FILE *out = fopen(path, "we");
  if (!out) return false;
  write_top(out, nginx);
  write_server(out, nginx, NGINX_PLAIN, "", NULL);
  write_server(out, nginx, NGINX_TLS, " ssl http2", "good");
  write_server(out, nginx, NGINX_TLS_HTTP1, " ssl", "good");
  write_server(out, nginx, NGINX_H2C, " http2", NULL);
  write_server(out, nginx, NGINX_EXPIRED, " ssl", "expired");
  write_server(out, nginx, NGINX_WRONG_NAME, " ssl", "wrong");
  fputs("}\n", out);
  return fclose(out) == 0;
}

/* ---- The process ---- */

/* nginx is often where only root looks for programs. */
static const char *find_program(void) {
  static const char *const places[] = {"/usr/sbin/nginx", "/usr/bin/nginx",
                                       "/usr/local/sbin/nginx",
                                       "/usr/local/bin/nginx"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (!access(places[i], X_OK)) return places[i];
  return NULL;
}

/* In the child: only what may be done after fork in a program with threads. */
static void become(const char *const *arguments, int output, pid_t parent) {
  char *const *words = (char *const *)(const void *)arguments;
  sigset_t none;

  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(output, STDERR_FILENO) < 0)
    _exit(126);
  execv(arguments[0], words);
  _exit(127);
}

static bool launch(struct nginx *nginx, const char *program) {
  char configuration[FILE_ROOM];
  char log[FILE_ROOM];
  const char *arguments[] = {
      program, "-p", nginx->directory, "-c", configuration, "-e", log, NULL};
  pid_t parent = getpid();
  path_in(nginx, "nginx.conf", configuration);
  path_in(nginx, "error.log", log);
  int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) return false;
  nginx->pid = fork();
  if (!nginx->pid) become(arguments, output, parent);
  close(output);
  return nginx->pid > 0;
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* Whether it has ended; then it has been waited for. */
static bool has_ended(struct nginx *nginx) {
  if (nginx->pid > 0 && waitpid(nginx->pid, NULL, WNOHANG) == 0) return false;
  nginx->pid = 0;
  return true;
}

static void end_process(struct nginx *nginx) {
  if (nginx->pid <= 0) return;
  kill(nginx->pid, SIGTERM);
  for (int waited = 0; waited < STOP_MS && !has_ended(nginx); waited += 5)
    sleep_ms(5);
  if (nginx->pid <= 0) return;
  kill(nginx->pid, SIGKILL);
  waitpid(nginx->pid, NULL, 0);
  nginx->pid = 0;
}

/* nginx listens on all of its ports before it serves any.  That something
 * answers is not enough: it might be somebody else, with nginx on its way out.
 * The file with its pid is written after the last port was taken. */
static bool is_up(const struct nginx *nginx) {
  char path[FILE_ROOM];
  path_in(nginx, "pid", path);
  return !access(path, R_OK) && ports_answer(nginx->ports[NGINX_WRONG_NAME]);
}

static bool wait_until_up(struct nginx *nginx) {
  for (int waited = 0; waited < START_MS; waited += 5) {
    if (has_ended(nginx)) return false;
    if (is_up(nginx)) return true;
    sleep_ms(5);
  }
  return false;
}

/* Another try is worth while: a port may have been taken meanwhile. */
static bool try_to_start(struct nginx *nginx, const char *program) {
  char pid_file[FILE_ROOM];
  path_in(nginx, "pid", pid_file);
  unlink(pid_file);
  if (!ports_find(nginx->ports, NGINX_PORTS) || !write_configuration(nginx) ||
      !launch(nginx, program))
    return false;
  if (wait_until_up(nginx)) return true;
  end_process(nginx);
  return false;
}

static void show_log(const struct nginx *nginx) {
  char path[FILE_ROOM];
  char line[512];
  FILE *log;
  path_in(nginx, "error.log", path);
  log = fopen(path, "re");
  fprintf(stderr, "nginx could not be started\n");
  while (log && fgets(line, sizeof line, log)) fprintf(stderr, "  %s", line);
  if (log) fclose(log);
}

static bool make_directory(struct nginx *nginx) {
  const char *temporary = getenv("TMPDIR");
  int length =
      snprintf(nginx->directory, NGINX_PATH_ROOM, "%s/lariat-nginx-XXXXXX",
               temporary && *temporary ? temporary : P_tmpdir);
  if (length < 0 || length >= NGINX_PATH_ROOM || !mkdtemp(nginx->directory)) {
    nginx->directory[0] = '\0';
    return false;
  }
  return make_folder(nginx, "www") && make_folder(nginx, "www/store") &&
         write_file(nginx, "www/big.bin", NGINX_BIG_BYTES) &&
         write_file(nginx, "www/text.txt", NGINX_TEXT_BYTES);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *walk) {
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

struct nginx *nginx_start(const struct nginx_options *options) {
  const char *program = find_program();
  struct nginx *nginx = calloc(1, sizeof *nginx);

  if (!program || !nginx) {
    fprintf(stderr, "nginx: no such program, or out of memory\n");
    free(nginx);
    return NULL;
  }
  if (options) nginx->options = *options;
  if (!nginx->options.addresses) nginx->options.addresses = 1;
  if (nginx->options.addresses > ADDRESSES_MAX)
    nginx->options.addresses = ADDRESSES_MAX;
  bool ready = make_directory(nginx) && make_certificates(nginx);
  for (int i = 0; ready && i < ATTEMPTS; i++)
    if (try_to_start(nginx, program)) return nginx;
  show_log(nginx);
  nginx_stop(nginx);
  return NULL;
}

void nginx_stop(struct nginx *nginx) {
  if (!nginx) return;
  end_process(nginx);
  if (nginx->directory[0])
    nftw(nginx->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  free(nginx);
}

const char *nginx_url(const struct nginx *nginx, enum nginx_port port,
                      const char *path, char *out, size_t capacity) {
  bool tls = port != NGINX_PLAIN && port != NGINX_H2C;
  snprintf(out, capacity, "%s://127.0.0.1:%u%s", tls ? "https" : "http",
           nginx->ports[port], path);
  return out;
}
