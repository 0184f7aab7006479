# SPDX-License-Identifier: MIT
# Release where nothing else was asked for, and what each build type means.
get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT CMAKE_BUILD_TYPE AND NOT multi_config)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or Sanitize" FORCE)
endif()

set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g -fno-omit-frame-pointer")

add_library(lariat_build_flags INTERFACE)
# Empty, so that a file that defines it too says the same.
target_compile_definitions(lariat_build_flags INTERFACE _GNU_SOURCE=)
target_link_options(lariat_build_flags INTERFACE LINKER:--as-needed)
# Whether the checks for misuse are on from the start (include/lariat/checks.h)
# and coroutines' stacks are measured.  Not by NDEBUG: those who build packages
# have a build type and flags of their own, without it.
if(LARIAT_CHECKS STREQUAL "AUTO")
  target_compile_definitions(lariat_build_flags INTERFACE
    LARIAT_CHECKS_FROM_THE_START=$<CONFIG:Debug,Sanitize>)
elseif(LARIAT_CHECKS)
  target_compile_definitions(lariat_build_flags INTERFACE
                             LARIAT_CHECKS_FROM_THE_START=1)
else()
  target_compile_definitions(lariat_build_flags INTERFACE
                             LARIAT_CHECKS_FROM_THE_START=0)
endif()
if(LARIAT_CONTEXT STREQUAL "ucontext")
  target_compile_definitions(lariat_build_flags INTERFACE
                             LARIAT_CONTEXT_UCONTEXT=1)
elseif(NOT LARIAT_CONTEXT STREQUAL "asm")
  message(FATAL_ERROR "LARIAT_CONTEXT is asm or ucontext")
endif()
if(LARIAT_SANITIZE)
  target_compile_options(lariat_build_flags INTERFACE
                         -fsanitize=${LARIAT_SANITIZE}
                         -fno-sanitize-recover=all)
  target_link_options(lariat_build_flags INTERFACE
                      -fsanitize=${LARIAT_SANITIZE})
endif()

# What links the tests, nearly two hundred programs: LLVM's linker, where the
# compiler has it, takes half as long.  What is installed never depends on it.
include(CheckLinkerFlag)
add_library(lariat_test_linker INTERFACE)
if(LARIAT_TESTS OR LARIAT_FUZZ)
  check_linker_flag(C -fuse-ld=lld LARIAT_HAS_LLD)
  if(LARIAT_HAS_LLD)
    target_link_options(lariat_test_linker INTERFACE -fuse-ld=lld)
  endif()
endif()
