/* SPDX-License-Identifier: MIT
 * A user of an installed liblariat-crawl, who uses liblariat, too: the
 * libraries are of the headers' versions. */
#include <stdio.h>
#include <string.h>

#include <lariat/crawl/version.h>
#include <lariat/lariat.h>

int main(void) {
  printf("lariat-crawl %s, lariat %s\n", lariat_crawl_version(),
         lariat_version());
  return strcmp(lariat_crawl_version(), LARIAT_CRAWL_VERSION) != 0 ||
         strcmp(lariat_version(), LARIAT_VERSION) != 0;
}
