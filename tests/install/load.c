/* SPDX-License-Identifier: MIT
 * A user of an installed liblariat-load, who uses liblariat, too: the libraries
 * are of the headers' versions, and a plan can be made. */
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>
#include <lariat/load/arrivals.h>
#include <lariat/load/version.h>

/* Tells whether a ramp of ten seconds has its arrivals. */
static bool plans(void) {
  lariat_load_stage stage = {UINT64_C(10000000000), 0, 200};
  lariat_load_arrivals_options options = {
      .size = sizeof(options), .stages = &stage, .stage_count = 1};
  lariat_load_arrivals *arrivals;
  if (lariat_load_arrivals_new(&options, &arrivals, NULL) != LARIAT_OK)
    return false;
  uint64_t total = lariat_load_arrivals_total(arrivals);
  lariat_load_arrivals_free(arrivals);
  return total == 1000;
}

int main(void) {
  printf("lariat-load %s, lariat %s\n", lariat_load_version(),
         lariat_version());
  return !plans() || strcmp(lariat_load_version(), LARIAT_LOAD_VERSION) != 0 ||
         strcmp(lariat_version(), LARIAT_VERSION) != 0;
}
