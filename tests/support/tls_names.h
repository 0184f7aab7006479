/* SPDX-License-Identifier: MIT
 * tls_names.h: whether the name that a server's certificate is for is the one
 * that was asked for: a table for everything that opens connections over TLS.
 *
 *   tls_profiles_open(&certificates);
 *   tls_cases_run_by(&certificates, tls_names, tls_names_count, &way, 1);
 *   tls_profiles_close(&certificates);
 *
 * `way` says how a request is made: see tls_cases.h. */
#ifndef TESTS_SUPPORT_TLS_NAMES_H
#define TESTS_SUPPORT_TLS_NAMES_H

#include "support/tls_cases.h"

extern const struct tls_case tls_names[];
extern const size_t tls_names_count;

#endif
