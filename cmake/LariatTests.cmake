# SPDX-License-Identifier: MIT
# One executable and one ctest entry for each test file.  `ctest -L unit` runs
# one kind: unit, conformance, integration, program, stress, fuzz, example,
# guard, install or budget.  What else is to be known of a test stands in its own
# second line, as " * labels: ...": tests/README.md says what there is.
# `ctest -L` knows them, and the target label-NAME builds those that have one.

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.c)
add_library(lariat_test_flags INTERFACE)
target_include_directories(lariat_test_flags INTERFACE include lib tests)
target_compile_options(lariat_test_flags INTERFACE -UNDEBUG)
target_link_libraries(lariat_test_flags INTERFACE
  PkgConfig::CUNIT PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::ZLIB
  PkgConfig::IDN2 PkgConfig::PSL PkgConfig::CARES ${LARIAT_CODING_TARGETS}
  Threads::Threads m
  lariat_warnings lariat_build_flags lariat_test_linker)
target_compile_definitions(lariat_test_flags INTERFACE
  ${LARIAT_CODING_DEFINITIONS})
# The tests compress as well.
if("LARIAT_BROTLI=1" IN_LIST LARIAT_CODING_DEFINITIONS)
  pkg_check_modules(BROTLI_ENCODER REQUIRED IMPORTED_TARGET libbrotlienc)
  target_link_libraries(lariat_test_flags INTERFACE PkgConfig::BROTLI_ENCODER)
endif()
if(LARIAT_POSTGRES_CONFIG)
  target_link_libraries(lariat_test_flags INTERFACE PkgConfig::POSTGRES)
  target_compile_definitions(lariat_test_flags INTERFACE
    LARIAT_TEST_WITH_POSTGRES)
endif()
if(MICROHTTPD_FOUND)
  target_link_libraries(lariat_test_flags INTERFACE PkgConfig::MICROHTTPD)
endif()
if(support_sources)
  add_library(lariat_test_support STATIC ${support_sources})
  add_dependencies(lariat_test_support truthd synthweb)
  target_compile_definitions(lariat_test_support PRIVATE
    SYNTHWEB="$<TARGET_FILE:synthweb>" TRUTHD="$<TARGET_FILE:truthd>")
  target_link_libraries(lariat_test_support PUBLIC
    lariat_test_flags PRIVATE lariat_static)
endif()

# lariat_read_labels(SOURCE OUT): the labels in its second line.
function(lariat_read_labels source out)
  file(STRINGS ${source} line REGEX "^ [*] labels: " LIMIT_COUNT 1)
  string(REGEX REPLACE "^ [*] labels: " "" labels "${line}")
  string(REPLACE " " ";" labels "${labels}")
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

# lariat_add_target_to(TARGET LABEL...): what label-LABEL builds.
function(lariat_add_target_to target)
  foreach(label IN LISTS ARGN)
    if(NOT TARGET label-${label})
      add_custom_target(label-${label})
    endif()
    add_dependencies(label-${label} ${target})
  endforeach()
endfunction()

# lariat_add_again(KIND NAME LABELS COMMAND...): another entry for a test that
# is built already.
function(lariat_add_again kind name labels)
  add_test(NAME ${kind}.${name} COMMAND ${ARGN})
  set_tests_properties(${kind}.${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${longest})
endfunction()

# Which only ends what hangs: a busy machine takes many times as long as others.
set(longest 1200)
find_program(VALGRIND valgrind)

# The tests of coroutines run again with the other kind of guard; under
# valgrind, if it is here; neither with ThreadSanitizer, and the long one with
# no sanitizer.
function(lariat_add_coroutines name kind)
  if(LARIAT_SANITIZE STREQUAL "thread" OR
     (LARIAT_SANITIZE AND kind STREQUAL "stress"))
    return()
  endif()
  lariat_add_again(mprotect ${name} "mprotect;coroutines" ${name})
  set_tests_properties(mprotect.${name} PROPERTIES
    ENVIRONMENT LARIAT_TEST_GUARD=mprotect)
  if(VALGRIND AND NOT LARIAT_SANITIZE)
    lariat_add_again(valgrind ${name} "valgrind;coroutines"
      ${VALGRIND} -q --vgdb=no --child-silent-after-fork=yes
      --leak-check=full --show-leak-kinds=definite,indirect
      --errors-for-leak-kinds=definite,indirect --error-exitcode=9
      $<TARGET_FILE:${name}>)
    set_tests_properties(valgrind.${name} PROPERTIES
      COST 50 ENVIRONMENT LARIAT_STRESS_SCALE=1)
  endif()
endfunction()

# lariat_add_test(SOURCE KIND [NAME]): links the static library, so that a test
# can reach inside.
function(lariat_add_test source kind)
  cmake_path(GET source STEM name)
  if(ARGC GREATER 2)
    set(name ${ARGV2})
  endif()
  # Those that are not built are not tested.
  lariat_read_libraries(${source} libraries)
  set(beside)
  foreach(library IN LISTS libraries)
    if(NOT TARGET lariat_${library}_static)
      return()
    endif()
    list(APPEND beside lariat_${library}_static)
  endforeach()
  lariat_read_labels(${source} labels)
  # Pools have threads, and what is no unit has pools.
  if(kind MATCHES "integration|program")
    list(APPEND labels threads)
  endif()
  list(PREPEND labels ${kind})
  add_executable(${name} ${source})
  if(TARGET lariat_test_support)
    target_link_libraries(${name} PRIVATE lariat_test_support)
  endif()
  target_link_libraries(${name} PRIVATE
    ${beside} lariat_static lariat_test_flags)
  if(beside) # their own headers
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set_target_properties(${name} PROPERTIES
    ENABLE_EXPORTS ON # so that functions have names at run time
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  lariat_add_target_to(${name} ${labels})
  lariat_add_again(${kind} ${name} "${labels}" ${name})
  # The longest begin first, so that they do not end last.
  if("long" IN_LIST labels)
    set_tests_properties(${kind}.${name} PROPERTIES COST 100)
  endif()
  # Where the short ways are taken, too, that programs take.
  if("unchecked" IN_LIST labels)
    lariat_add_again(${kind} ${name}.quick "${labels};quick" ${name})
    set_tests_properties(${kind}.${name}.quick PROPERTIES
      ENVIRONMENT LARIAT_TEST_QUICK=1)
  endif()
  if("coroutines" IN_LIST labels)
    lariat_add_coroutines(${name} ${kind})
  endif()
endfunction()

# The tests of the program run what was built; they read its output with
# jansson.
function(lariat_runs_program name)
  add_dependencies(${name} lariat_tool lariat_generated)
  target_link_libraries(${name} PRIVATE
    lariat_parts lariat_static PkgConfig::JANSSON)
  target_compile_definitions(${name} PRIVATE
    LARIAT_PROGRAM="$<TARGET_FILE:lariat_tool>"
    LARIAT_DOCS="${CMAKE_CURRENT_SOURCE_DIR}/docs"
    LARIAT_GENERATED="${CMAKE_CURRENT_BINARY_DIR}")
endfunction()

foreach(kind unit conformance integration)
  file(GLOB sources CONFIGURE_DEPENDS tests/${kind}/*_test.c)
  if(NOT EXPAT_FOUND) # which it reads pages with
    list(FILTER sources EXCLUDE REGEX "/report_html_test\\.c$")
  endif()
  if(NOT GUMBO_FOUND) # whose tree has the links
    list(FILTER sources EXCLUDE REGEX "/html_links_test\\.c$")
  endif()
  if(NOT LARIAT_POSTGRES_CONFIG)
    list(FILTER sources EXCLUDE REGEX "/(postgres|shared_)[a-z_]*_test\\.c$")
  endif()
  foreach(source IN LISTS sources)
    lariat_add_test(${source} ${kind})
  endforeach()
endforeach()

# The plans of the scripted server.
target_sources(truthd_test PRIVATE bench/truth/plan.c)

# What lariat-load-mpi makes of clocks, without MPI.
target_sources(clock_offset_test PRIVATE tools/lariat-load-mpi/clock_offset.c)

# The pages of the web for crawlers.
target_link_libraries(synthweb_site_test PRIVATE synthweb_parts)

# The page is read by expat, the JSON checked against its schema.
if(TARGET report_html_test)
  target_link_libraries(report_html_test PRIVATE PkgConfig::EXPAT)
endif()
if(TARGET html_links_test)
  target_link_libraries(html_links_test PRIVATE PkgConfig::GUMBO)
endif()
if(TARGET crawl_pages_test)
  target_link_libraries(crawl_pages_test PRIVATE PkgConfig::JANSSON)
endif()
foreach(name report_json_test result_parse_test)
  if(TARGET ${name})
    target_link_libraries(${name} PRIVATE PkgConfig::JANSSON)
    target_compile_definitions(${name} PRIVATE
      LARIAT_DOCS="${CMAKE_CURRENT_SOURCE_DIR}/docs")
  endif()
endforeach()

target_compile_definitions(date_test PRIVATE
  DATES="${CMAKE_CURRENT_SOURCE_DIR}/tests/oracles/dates.tsv")

# tests/program/COMMAND/NOUN_test.c is the test program.COMMAND_NOUN_test.
file(GLOB sources CONFIGURE_DEPENDS tests/program/*/*_test.c)
if(NOT LARIAT_POSTGRES_CONFIG)
  list(FILTER sources EXCLUDE REGEX "/program/crawl/shared_test\\.c$")
endif()
if(NOT LARIAT_POSTGRES_CONFIG)
  message(STATUS "No libpq: crawls of many workers are not tested")
  list(FILTER sources EXCLUDE REGEX "/crawl/shared_[a-z_]*test\\.c$")
endif()
foreach(source IN LISTS sources)
  if(TARGET lariat_tool)
    cmake_path(GET source STEM noun)
    cmake_path(GET source PARENT_PATH directory)
    cmake_path(GET directory FILENAME command)
    lariat_add_test(${source} program ${command}_${noun})
    lariat_runs_program(${command}_${noun})
  endif()
endforeach()

# The report's page is read by expat.
if(TARGET crawl_report_test)
  target_link_libraries(crawl_report_test PRIVATE PkgConfig::EXPAT)
endif()

file(GLOB sources CONFIGURE_DEPENDS tests/stress/*.c)
if(NOT TARGET lariat_tool)
  list(FILTER sources EXCLUDE REGEX "/program_stress\\.c$")
endif()
foreach(source IN LISTS sources)
  lariat_add_test(${source} stress)
endforeach()
if(TARGET program_stress)
  lariat_runs_program(program_stress)
endif()

# The examples of the documentation: shared library, public headers.
file(GLOB sources CONFIGURE_DEPENDS docs/examples/*.c)
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  lariat_read_libraries(${source} libraries)
  list(REMOVE_ITEM libraries ${lariat_libraries})
  if(libraries) # one that is not built
    continue()
  endif()
  add_executable(example_${name} ${source})
  set_target_properties(example_${name} PROPERTIES
    OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/examples")
  lariat_read_libraries(${source} libraries)
  list(TRANSFORM libraries PREPEND lariat_)
  target_link_libraries(example_${name} PRIVATE
    ${libraries} lariat lariat_warnings lariat_build_flags)
endforeach()

# Each script in tests/examples runs with the build directory as its argument;
# 77 says that this build lacks what it needs.
file(GLOB scripts CONFIGURE_DEPENDS tests/examples/*.sh)
foreach(script IN LISTS scripts)
  cmake_path(GET script STEM name)
  add_test(NAME example.${name} COMMAND bash ${script} ${CMAKE_BINARY_DIR})
  set_tests_properties(example.${name} PROPERTIES
    LABELS example TIMEOUT ${longest} SKIP_RETURN_CODE 77)
endforeach()

# Guards: every public header stands alone, and only public names leave.  A
# sanitizer would change nothing.
if(NOT LARIAT_SANITIZE)
  add_test(NAME guard.headers
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cmake/check_headers.sh
            ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_C_COMPILER})
  add_test(NAME guard.symbols
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cmake/check_symbols.sh
            $<TARGET_FILE:lariat> ${CMAKE_NM} lariat_ ${symbol_version})
  foreach(name IN LISTS lariat_libraries)
    string(TOUPPER "${name}" upper)
    string(REPLACE "LARIAT_" "LARIAT_${upper}_" version ${symbol_version})
    add_test(NAME guard.symbols_${name}
      COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cmake/check_symbols.sh
              $<TARGET_FILE:lariat_${name}> ${CMAKE_NM} lariat_${name}_
              ${version})
    set_tests_properties(guard.symbols_${name} PROPERTIES
      LABELS guard TIMEOUT ${longest})
  endforeach()
  add_test(NAME guard.build_types
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cmake/check_build_types.sh
            ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_C_COMPILER})
  set_tests_properties(guard.build_types PROPERTIES COST 50)
  add_test(NAME guard.conformance
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/conformance/check)
  set_tests_properties(guard.headers guard.symbols guard.build_types
    guard.conformance PROPERTIES
    LABELS guard TIMEOUT ${longest})
endif()

# A stranger's project would need the sanitizer's flags too.
if(NOT LARIAT_SANITIZE)
  add_test(NAME install.consumers
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/install/run.sh
            ${CMAKE_BINARY_DIR} ${lariat_libraries})
  set_tests_properties(install.consumers PROPERTIES LABELS install
    TIMEOUT ${longest} COST 50)
endif()

# Instructions of a request, counted by callgrind; 77 says it is missing.
file(GLOB budgets CONFIGURE_DEPENDS tests/budgets.tsv)
if(budgets AND TARGET bench-path AND NOT LARIAT_SANITIZE)
  add_test(NAME budget.instructions
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/budgets/check
            ${CMAKE_BINARY_DIR})
  set_tests_properties(budget.instructions PROPERTIES
    LABELS budget TIMEOUT ${longest} RUN_SERIAL ON SKIP_RETURN_CODE 77)
endif()

# lariat's deferreds against Twisted's: generated programs, one trace.  77 says
# that there is no Twisted: script/twisted gets it.
file(GLOB sources CONFIGURE_DEPENDS tests/differential/*.c)
add_executable(differential ${sources})
target_link_libraries(differential PRIVATE lariat_static lariat_test_flags)
target_compile_definitions(differential PRIVATE
  DIFFERENTIAL_SOURCE="${CMAKE_CURRENT_SOURCE_DIR}/tests/differential"
  DIFFERENTIAL_TWISTED="${CMAKE_CURRENT_SOURCE_DIR}/build/twisted-24.11")
set_target_properties(differential PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
set(programs 20000)
if(LARIAT_SANITIZE)
  set(programs 2000)
else() # it compares outcomes
  add_test(NAME differential.rows
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/differential/rows.sh
            $<TARGET_FILE:differential>)
  set_tests_properties(differential.rows PROPERTIES
    LABELS differential TIMEOUT ${longest} SKIP_RETURN_CODE 77 COST 100)
endif()
add_test(NAME differential.twisted
  COMMAND differential --seed 24 --programs ${programs})
set_tests_properties(differential.twisted PROPERTIES
  LABELS differential TIMEOUT ${longest} SKIP_RETURN_CODE 77)

# The URL table of the web platform tests, whatever the locale.  77 says that it
# is not here: script/wpt gets it.
file(GLOB sources CONFIGURE_DEPENDS tests/wpt/*.c)
if(JANSSON_FOUND)
  add_executable(url_table ${sources})
  target_link_libraries(url_table PRIVATE
    lariat_static lariat_test_flags PkgConfig::JANSSON)
  target_compile_definitions(url_table PRIVATE
    WPT_URL_TABLE="${CMAKE_CURRENT_SOURCE_DIR}/build/wpt/urltestdata.json")
  set_target_properties(url_table PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  foreach(locale C C.UTF-8)
    add_test(NAME wpt.url_table.${locale} COMMAND url_table)
    set_tests_properties(wpt.url_table.${locale} PROPERTIES
      LABELS wpt TIMEOUT ${longest} SKIP_RETURN_CODE 77
      ENVIRONMENT LC_ALL=${locale})
  endforeach()
endif()

# The protocols, for all interleavings, with their mutants; 77: no spin.  What
# is built here is not in them.
file(GLOB models CONFIGURE_DEPENDS tests/models/*.pml)
if(LARIAT_SANITIZE)
  set(models)
endif()
foreach(model IN LISTS models)
  cmake_path(GET model STEM name)
  add_test(NAME model.${name}
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/models/check ${model})
  set_tests_properties(model.${name} PROPERTIES
    LABELS model TIMEOUT ${longest} SKIP_RETURN_CODE 77 COST 50)
endforeach()
