/* SPDX-License-Identifier: MIT
 * ip_address.h: IP addresses as URLs write them, by the URL Standard
 * (https://url.spec.whatwg.org, 3.5): IPv4 in all its notations ("127.1",
 * "0x7f000001"), IPv6 without brackets; and the one way to write them back. */
#ifndef LR_HTTP_IP_ADDRESS_H
#define LR_HTTP_IP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that the writers put, none of them a NUL. */
enum { LR_IPV4_MAX = 15, LR_IPV6_MAX = 39 };

/* Tells whether the last label of a host is a number, decimal or "0x...": such
 * a host is an IPv4 address, or it is no host at all. */
bool lr_ipv4_is_meant(const char *host, size_t length);

/* Reads an address of one to four numbers, each decimal, octal ("0177") or
 * hexadecimal, the last for all the bytes that are left; a dot may follow. */
bool lr_ipv4_read(const char *text, size_t length, uint32_t *address);

/* Writes four decimal numbers; returns where they end. */
char *lr_ipv4_write(char *to, uint32_t address);

/* Reads an address of eight pieces, "::" for zeros among them; the last two may
 * be an IPv4 address in decimal.  No zone. */
bool lr_ipv6_read(const char *text, size_t length, uint16_t pieces[8]);

/* Writes hexadecimal pieces in lower case, the first longest run of zeros as
 * "::" (RFC 5952, 4); returns where they end. */
char *lr_ipv6_write(char *to, const uint16_t pieces[8]);

#endif
