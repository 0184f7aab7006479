/* SPDX-License-Identifier: MIT
 * The least that a user of an installed lariat does: includes everything, and
 * finds the library to be of the headers' version. */
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>

int main(void) {
  printf("lariat %s, libcurl %s\n", lariat_version(), lariat_libcurl_version());
  return strcmp(lariat_version(), LARIAT_VERSION) != 0;
}
