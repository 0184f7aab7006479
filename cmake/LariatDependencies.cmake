# SPDX-License-Identifier: MIT
# Finds what lariat is built with.  The library's own needs are required; a
# part whose needs are missing is left out, with a line that says so.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88.1)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib>=1.2.13)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2>=2.3.3)

pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson)
pkg_check_modules(CUNIT QUIET IMPORTED_TARGET cunit)
pkg_check_modules(MICROHTTPD QUIET IMPORTED_TARGET libmicrohttpd)

if(LARIAT_TOOL AND NOT JANSSON_FOUND)
  message(STATUS "lariat: jansson is missing: the program is not built")
  set(LARIAT_TOOL OFF)
endif()
if(LARIAT_BENCH AND NOT MICROHTTPD_FOUND)
  message(STATUS "lariat: libmicrohttpd is missing: no origin for the benches")
endif()
if(LARIAT_TESTS AND NOT CUNIT_FOUND)
  message(STATUS "lariat: CUnit is missing: the tests are not built")
  set(LARIAT_TESTS OFF)
endif()
