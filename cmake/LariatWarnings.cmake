# SPDX-License-Identifier: MIT
# The warnings that gcc 12 and clang 14 both know and that our code is free of.
add_library(lariat_warnings INTERFACE)
target_compile_options(lariat_warnings INTERFACE
  -Wall
  -Wextra
  -Wcast-align
  -Wcast-qual
  -Wconversion
  -Wdate-time
  -Wdouble-promotion
  -Wfloat-equal
  -Wformat=2
  -Wimplicit-fallthrough
  -Wmissing-declarations
  -Wmissing-prototypes
  -Wnested-externs
  -Wold-style-definition
  -Wpointer-arith
  -Wredundant-decls
  -Wshadow
  -Wsign-conversion
  -Wstrict-prototypes
  -Wundef
  -Wvla
  -Wwrite-strings)
if(LARIAT_WERROR)
  target_compile_options(lariat_warnings INTERFACE -Werror)
endif()
