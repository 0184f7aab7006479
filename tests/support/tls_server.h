/* SPDX-License-Identifier: MIT
 * tls_server.h: a server of TLS on loopback that does as a script says, in the
 * handshake and after it, good and bad.  Each connection has a thread of its
 * own, which ends with the server. */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/certificate.h"

/* The end of a connection, when the answer (or what is sent of it) is out. */
enum tls_end {
  TLS_KEEP,
  TLS_NOTIFY,      /* close_notify, then the end of the stream */
  TLS_NOTIFY_ONLY, /* close_notify; the client closes */
  TLS_FIN,         /* the end of the stream alone */
  TLS_RESET        /* broken */
};

enum tls_framing {
  TLS_LENGTH,
  TLS_CHUNKED,
  TLS_UNTIL_CLOSE,
  TLS_NO_BODY, /* 204 */
  TLS_HTTP10   /* until the end, too */
};

/* How much is sent of an answer. */
enum tls_cut {
  TLS_WHOLE,
  TLS_NOTHING,
  TLS_IN_HEAD,
  TLS_IN_BODY,     /* after half of it */
  TLS_BEFORE_LAST, /* all but the last five bytes: a last chunk */
  TLS_IN_RECORD    /* half of the answer's one record; needs `by_hand` */
};

/* What is sent in the middle of an answer's body. */
enum tls_middle {
  TLS_MIDDLE_NONE,
  TLS_MIDDLE_KEY_UPDATE,
  TLS_MIDDLE_KEY_UPDATE_ASKED, /* ... and the client must do the same */
  TLS_MIDDLE_TICKET,
  TLS_MIDDLE_RENEGOTIATION,
  /* These need `by_hand`. */
  TLS_MIDDLE_EMPTY,
  TLS_MIDDLE_MANY_EMPTY, /* more than OpenSSL takes in one row */
  TLS_MIDDLE_WARNING,    /* user_canceled, which means nothing by itself */
  TLS_MIDDLE_ALERT,      /* fatal: internal_error */
  TLS_MIDDLE_BAD_MAC,
  TLS_MIDDLE_UNENCRYPTED,
  TLS_MIDDLE_TYPE,     /* a record of a type that is none */
  TLS_MIDDLE_LONG,     /* a record that is longer than may be */
  TLS_MIDDLE_HANDSHAKE /* a handshake message that nobody expects */
};

enum tls_name_answer { TLS_NAME_TAKEN, TLS_NAME_WARNING, TLS_NAME_FATAL };

/* The reading of a request's body whose answer comes before its end. */
enum tls_early {
  TLS_EARLY_NOT, /* it does not */
  TLS_EARLY_DRAIN,
  TLS_EARLY_DEAF /* no more is read */
};

enum tls_tickets {
  TLS_TICKETS,
  TLS_TICKETS_NONE,
  TLS_TICKETS_FORGOTTEN, /* by the next connection: it cannot resume */
  TLS_SESSION_IDS        /* kept by the server; TLS 1.2 */
};

/* What is sent as it is. */
struct tls_bytes {
  const char *bytes;
  size_t length;
};
#define TLS_BYTES(text)                                                        \
  { (text), sizeof(text) - 1 }

struct tls_script {
  int min_version; /* TLS1_2_VERSION; 0: any */
  int max_version;
  const char *ciphers; /* these four as OpenSSL's functions take them */
  const char *suites;
  const char *groups;
  const char *algorithms; /* of signatures */
  /* "h2": that if it is offered, else HTTP/1.1; "!x": x, be it offered or not;
   * "-": an alert; NULL: no answer. */
  const char *alpn;
  int verify; /* SSL_VERIFY_PEER: asks for a client's certificate */
  enum tls_name_answer name_answer;
  enum tls_tickets tickets;
  size_t padding; /* of TLS 1.3: records are multiples of this */

  /* The handshake is cut before a record of one of the server's flights, or
   * inside of it; both counted from 1.  Then `says` is sent, and the end
   * comes.  Without a flight `says` stands in the place of the first. */
  struct {
    uint8_t flight;
    uint8_t record;
    bool inside;
    bool silent;  /* no handshake at all, even if nothing is said */
    bool at_once; /* before the client has said anything */
    struct tls_bytes says;
  } handshake;

  /* Answers.  What is wrong with them (`end`, `cut`, `middle`) is wrong from
   * one request on, counted over all connections. */
  unsigned trouble_from; /* 0: the first */
  enum tls_framing framing;
  size_t body_bytes; /* 0: a line */
  enum tls_middle middle;
  enum tls_cut cut;
  enum tls_end end;
  enum tls_early early; /* when `early_at` bytes of a body have come */
  size_t early_at;
  bool refuses;        /* 413 */
  bool says_close;     /* Connection: close */
  bool by_hand;        /* records are written by tls_records.h */
  bool apart;          /* each byte is sent by itself */
  size_t record_bytes; /* in one record; 0: as OpenSSL does */
};

/* What was seen. */
struct tls_seen {
  unsigned connections;
  unsigned handshakes; /* that were completed */
  unsigned resumed;    /* of those */
  unsigned requests;
  char name[256]; /* SNI, of the first ClientHello; "": none */
  bool offered_h2;
  int version; /* of the last handshake */
};

struct tls_server;

/* Starts one on a free port of both 127.0.0.1 and ::1.  Certificate and script
 * are borrowed; of a chain the server's own is the first.  Aborts when it
 * cannot. */
struct tls_server *tls_server_start(const struct certificate *const *chain,
                                    size_t count,
                                    const struct tls_script *script);
unsigned tls_server_port(const struct tls_server *server);

/* Ends all connections and threads, and tells what they have seen. */
struct tls_seen tls_server_stop(struct tls_server *server);

/* Writes the body that the path has in each answer with one; how long it is.
 * `capacity` is at least that of TLS_BODY_MOST. */
enum { TLS_BODY_MOST = 300000 };
size_t tls_server_body(const struct tls_script *script, const char *path,
                       char *out);

#endif
