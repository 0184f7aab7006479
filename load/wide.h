/* SPDX-License-Identifier: MIT
 * wide.h: integers of 128 bits, in which a plan of years is exact to less than
 * a nanosecond. */
#ifndef LOAD_WIDE_H
#define LOAD_WIDE_H

__extension__ typedef unsigned __int128 lr_load_wide;

#endif
