/* SPDX-License-Identifier: MIT
 * punycode.h: labels of names in ASCII, by Punycode (RFC 3492).  libidn2 does
 * it for names that IDNA 2008 allows; this is for those with symbols, which
 * UTS #46 allows beside, and which libidn2 takes once they are in ASCII. */
#ifndef LR_HTTP_PUNYCODE_H
#define LR_HTTP_PUNYCODE_H

#include <stddef.h>

/* The longest label (RFC 1035, 2.3.4). */
enum { LR_LABEL_LONGEST = 63 };

/* Writes the UTF-8 label, which is not all ASCII, as "xn--..." to `to`, where
 * there are LR_LABEL_LONGEST bytes.  Returns the number of bytes; 0: it is too
 * long, not UTF-8, or has a joiner or a script that is written from right to
 * left, whose rules for labels are libidn2's business. */
size_t lr_punycode_write_label(char *to, const char *label, size_t length);

#endif
