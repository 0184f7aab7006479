/* SPDX-License-Identifier: MIT
 * directory_test.c: which directories are a crawl's, and that one process at a
 * time has one. */
#include "crawl/directory.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fixture.h"

static struct fixture fixture;
static char directory[64];
static lr_crawl_fault fault;

static void open_directory(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  snprintf(directory, sizeof directory, "/tmp/lariat-directory-XXXXXX");
  if (!mkdtemp(directory)) abort();
}

static int remove_entry(const char *path, const struct stat *state, int kind,
                        struct FTW *walk) {
  (void)state, (void)kind, (void)walk;
  return remove(path);
}

static void close_directory(void) {
  nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  fixture_close(&fixture);
}

static void make_file(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = open(path, O_WRONLY | O_CREAT, 0600);
  CU_ASSERT_TRUE(file >= 0);
  close(file);
}

static void expect(lariat_status expected, const char *in_message) {
  int lock;
  fault = (lr_crawl_fault){0};
  CU_ASSERT_EQUAL(lr_crawl_directory_lock(directory, &lock, &fault), expected);
  if (!strstr(fault.message, in_message)) fixture_fail("%s", fault.message);
  CU_ASSERT_EQUAL(lock >= 0, expected == LARIAT_OK);
  if (lock >= 0) close(lock);
}

static void test_making(void) {
  char path[128];
  struct stat state;
  open_directory();
  rmdir(directory);
  expect(LARIAT_OK, "");
  snprintf(path, sizeof path, "%s/warc", directory);
  CU_ASSERT_EQUAL(stat(path, &state), 0);
  CU_ASSERT_TRUE(S_ISDIR(state.st_mode));
  expect(LARIAT_OK, "");
  close_directory();
}

static void test_one_process(void) {
  int lock;
  char pid[32];
  open_directory();
  CU_ASSERT_EQUAL_FATAL(lr_crawl_directory_lock(directory, &lock, &fault),
                        LARIAT_OK);
  snprintf(pid, sizeof pid, "another process, %ld", (long)getpid());
  expect(LARIAT_EBUSY, pid);
  close(lock);
  expect(LARIAT_OK, "");
  close_directory();
}

static void test_others(void) {
  open_directory();
  make_file(".hidden");
  make_file("crawl.conf");
  make_file("lock");
  expect(LARIAT_OK, "");
  make_file("thesis.tex");
  expect(LARIAT_EFORMAT, "thesis.tex");
  make_file("crawl.db");
  expect(LARIAT_OK, "");
  close_directory();
}

static void test_no_directory(void) {
  open_directory();
  rmdir(directory);
  int file = open(directory, O_WRONLY | O_CREAT, 0600);
  close(file);
  expect(LARIAT_EFORMAT, directory);
  unlink(directory);
  snprintf(directory, sizeof directory, "/tmp/lariat-none-%ld/none",
           (long)getpid());
  expect(LARIAT_ESYSTEM, "No such file");
  close_directory();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a directory is made", test_making},
      {"one process at a time", test_one_process},
      {"a directory of others is refused", test_others},
      {"what is no directory", test_no_directory},
  };
  return fixture_main("directory", tests, FIXTURE_COUNT(tests), argc, argv);
}
