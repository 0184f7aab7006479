/* SPDX-License-Identifier: MIT
 * tls_profiles.h: the certificates of the tables of TLS servers, by id. */
#ifndef TESTS_SUPPORT_TLS_PROFILES_H
#define TESTS_SUPPORT_TLS_PROFILES_H

#include "support/certificate.h"

/* Opens the table, and prepares tls_cases.h with the roots that are trusted. */
void tls_profiles_open(struct certificates *certificates);
void tls_profiles_close(struct certificates *certificates);

#endif
