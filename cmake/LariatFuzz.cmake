# SPDX-License-Identifier: MIT
# Fuzz targets: tests/fuzz/NOUN_fuzz.c.  Each is a test that replays its seeds
# and what is generated of them; with LARIAT_FUZZ (clang) there is the program
# fuzz-NOUN beside it, driven by libFuzzer: script/fuzz runs those.

# What several targets share: the replay's main is not for libFuzzer.
file(GLOB fuzz_shared CONFIGURE_DEPENDS tests/fuzz/*.c)
list(FILTER fuzz_shared EXCLUDE REGEX "(_fuzz|/replay)\\.c$")
list(APPEND fuzz_shared tests/support/response_corpus.c)

# The parts of the program that read what others have written.
set(fuzz_tool_sources
  tools/lariat/text.c tools/lariat/secrets.c tools/lariat/fetch/answer.c
  tools/lariat/fetch/details.c tools/lariat/fetch/job.c tools/lariat/fetch/record.c
  tools/lariat/fetch/input.c tools/lariat/fetch/finished.c)

# clang and its sanitizers take long over the whole library.  What the targets
# reach is in these layers; a reference to another one fails to link.
if(LARIAT_FUZZ)
  file(GLOB fuzz_library_sources CONFIGURE_DEPENDS
    lib/base/*.c lib/reactor/*.c lib/deferred/*.c lib/limits/*.c lib/http/*.c)
  if(LARIAT_CRAWL)
    file(GLOB crawl_sources CONFIGURE_DEPENDS crawl/*.c)
    list(APPEND fuzz_library_sources ${crawl_sources})
  endif()
  if(LARIAT_LOAD)
    file(GLOB load_sources CONFIGURE_DEPENDS load/*.c)
    list(APPEND fuzz_library_sources ${load_sources})
  endif()
  add_library(lariat_fuzz_library STATIC EXCLUDE_FROM_ALL
    ${fuzz_library_sources})
  lariat_set_up_objects(lariat_fuzz_library)
  if(LARIAT_CRAWL)
    target_link_libraries(lariat_fuzz_library PUBLIC ${targets_of_crawl})
  endif()
  if(LARIAT_LOAD)
    target_link_libraries(lariat_fuzz_library PUBLIC PkgConfig::JANSSON m)
  endif()
else()
  add_library(lariat_fuzz_library INTERFACE)
  if(LARIAT_CRAWL)
    target_link_libraries(lariat_fuzz_library INTERFACE lariat_crawl_static)
  endif()
  if(LARIAT_LOAD)
    target_link_libraries(lariat_fuzz_library INTERFACE lariat_load_static)
  endif()
  target_link_libraries(lariat_fuzz_library INTERFACE lariat_static)
endif()

add_library(lariat_fuzz_shared STATIC ${fuzz_shared})
target_include_directories(lariat_fuzz_shared PUBLIC include lib tests .)
target_compile_options(lariat_fuzz_shared PUBLIC -UNDEBUG)
target_link_libraries(lariat_fuzz_shared PUBLIC
  lariat_fuzz_library PkgConfig::ZLIB Threads::Threads
  lariat_warnings lariat_build_flags lariat_test_linker)
if(JANSSON_FOUND)
  add_library(lariat_fuzz_tool STATIC ${fuzz_tool_sources})
  target_include_directories(lariat_fuzz_tool PUBLIC tools/lariat include)
  target_link_libraries(lariat_fuzz_tool PUBLIC
    PkgConfig::JANSSON lariat_fuzz_library lariat_warnings lariat_build_flags)
endif()

# lariat_add_fuzz(NAME SOURCE...): links what all targets may use.
function(lariat_add_fuzz name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE lariat_fuzz_shared)
  if(JANSSON_FOUND)
    target_link_libraries(${name} PRIVATE lariat_fuzz_tool)
  endif()
  set_target_properties(${name} PROPERTIES
    ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()

add_custom_target(fuzzers)
file(GLOB sources CONFIGURE_DEPENDS tests/fuzz/*_fuzz.c)
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  string(REGEX REPLACE "_fuzz$" "" noun ${name})
  # Those that read the program's files need what the program needs.
  file(STRINGS ${source} reads REGEX "^#include \"fetch/" LIMIT_COUNT 1)
  if(reads AND NOT JANSSON_FOUND)
    continue()
  endif()
  file(STRINGS ${source} crawl REGEX "^#include (<lariat/crawl/|\"crawl/)"
       LIMIT_COUNT 1)
  if(crawl AND NOT LARIAT_CRAWL)
    continue()
  endif()
  file(STRINGS ${source} load REGEX "^#include (<lariat/load/|\"load/)"
       LIMIT_COUNT 1)
  if(load AND NOT LARIAT_LOAD)
    continue()
  endif()
  lariat_add_fuzz(${name} ${source} tests/fuzz/replay.c)
  add_test(NAME fuzz.${noun} COMMAND ${name})
  set_tests_properties(fuzz.${noun} PROPERTIES LABELS fuzz TIMEOUT 1200)
  if(LARIAT_FUZZ)
    lariat_add_fuzz(fuzz-${noun} ${source})
    target_link_options(fuzz-${noun} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name} fuzz-${noun})
  endif()
endforeach()

# The reader of HTTP/1.1 against llhttp and h11; 77 says that they are not here:
# script/oracles gets them.
if(LARIAT_TESTS AND NOT LARIAT_SANITIZE)
  file(GLOB sources CONFIGURE_DEPENDS tests/oracles/*.c)
  list(FILTER sources EXCLUDE REGEX "_peer\\.c$")
  set(table "${CMAKE_CURRENT_SOURCE_DIR}/tests/oracles/disagreements.tsv")
  lariat_add_fuzz(oracles ${sources})
  target_compile_definitions(oracles PRIVATE ORACLES_TABLE="${table}")
  add_test(NAME oracle.h1_parser
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/oracles/run.sh
            ${CMAKE_BINARY_DIR})
  find_program(PYTHON3 python3)
  if(PYTHON3)
    add_test(NAME oracle.date COMMAND ${PYTHON3}
      ${CMAKE_CURRENT_SOURCE_DIR}/tests/oracles/dates.py)
    set_tests_properties(oracle.date PROPERTIES LABELS oracle TIMEOUT 1200)
  endif()
  set_tests_properties(oracle.h1_parser PROPERTIES
    LABELS oracle TIMEOUT 1200 SKIP_RETURN_CODE 77)
endif()
