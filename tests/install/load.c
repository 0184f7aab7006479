/* SPDX-License-Identifier: MIT
 * A user of an installed liblariat-load, who uses liblariat, too: the libraries
 * are of the headers' versions. */
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>
#include <lariat/load/version.h>

int main(void) {
  printf("lariat-load %s, lariat %s\n", lariat_load_version(),
         lariat_version());
  return strcmp(lariat_load_version(), LARIAT_LOAD_VERSION) != 0 ||
         strcmp(lariat_version(), LARIAT_VERSION) != 0;
}
