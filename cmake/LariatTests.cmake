# SPDX-License-Identifier: MIT
# One executable and one ctest entry for each test file.  `ctest -L unit` runs
# one kind: unit, conformance, integration, program, stress, example, guard,
# install or budget.

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.c)
add_library(lariat_test_flags INTERFACE)
target_include_directories(lariat_test_flags INTERFACE include lib tests)
target_compile_options(lariat_test_flags INTERFACE -UNDEBUG)
target_link_libraries(lariat_test_flags INTERFACE
  PkgConfig::CUNIT PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::ZLIB Threads::Threads m
  lariat_warnings lariat_build_flags)
if(MICROHTTPD_FOUND)
  target_link_libraries(lariat_test_flags INTERFACE PkgConfig::MICROHTTPD)
endif()
if(support_sources)
  add_library(lariat_test_support STATIC ${support_sources})
  target_link_libraries(lariat_test_support PUBLIC
    lariat_test_flags PRIVATE lariat_static)
endif()

# lariat_add_test(NAME SOURCE LABEL SECONDS): links the static library, so that
# a test can reach inside.
function(lariat_add_test name source label seconds)
  add_executable(${name} ${source})
  if(TARGET lariat_test_support)
    target_link_libraries(${name} PRIVATE lariat_test_support)
  endif()
  target_link_libraries(${name} PRIVATE lariat_static lariat_test_flags)
  set_target_properties(${name} PROPERTIES
    ENABLE_EXPORTS ON # so that functions have names at run time
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${label}.${name} COMMAND ${name})
  set_tests_properties(${label}.${name} PROPERTIES
    LABELS ${label} TIMEOUT ${seconds})
  # What measures time, or wants every core, has the machine to itself.
  if(label MATCHES "integration|program|stress")
    set_tests_properties(${label}.${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# The tests of the program run what was built; they read its output with
# jansson.
function(lariat_runs_program name)
  add_dependencies(${name} lariat_tool lariat_generated)
  target_link_libraries(${name} PRIVATE lariat_options PkgConfig::JANSSON)
  target_compile_definitions(${name} PRIVATE
    LARIAT_PROGRAM="$<TARGET_FILE:lariat_tool>"
    LARIAT_DOCS="${CMAKE_CURRENT_SOURCE_DIR}/docs"
    LARIAT_GENERATED="${CMAKE_CURRENT_BINARY_DIR}")
endfunction()

foreach(kind unit conformance integration)
  file(GLOB sources CONFIGURE_DEPENDS tests/${kind}/*_test.c)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    lariat_add_test(${name} ${source} ${kind} 120)
  endforeach()
endforeach()

# tests/program/COMMAND/NOUN_test.c is the test program.COMMAND_NOUN_test.
file(GLOB sources CONFIGURE_DEPENDS tests/program/*/*_test.c)
foreach(source IN LISTS sources)
  if(TARGET lariat_tool)
    cmake_path(GET source STEM noun)
    cmake_path(GET source PARENT_PATH directory)
    cmake_path(GET directory FILENAME command)
    lariat_add_test(${command}_${noun} ${source} program 120)
    lariat_runs_program(${command}_${noun})
  endif()
endforeach()

# It makes tens of thousands of requests.
set_tests_properties(integration.answers_test PROPERTIES TIMEOUT 600)

# The tests of deferreds run with checks for misuse, and again without, where
# the short ways are taken.
file(GLOB sources CONFIGURE_DEPENDS tests/conformance/*_test.c)
foreach(noun chain cooperative deferred_list deferred thread_call failure file_lock
        follow gather later list lock looping_call program timeout trigger
        value_list value)
  list(APPEND sources tests/unit/${noun}_test.c)
endforeach()
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  cmake_path(GET source PARENT_PATH directory)
  cmake_path(GET directory FILENAME label)
  add_test(NAME ${label}.${name}.quick COMMAND ${name})
  set_tests_properties(${label}.${name}.quick PROPERTIES
    LABELS ${label} TIMEOUT 120 ENVIRONMENT LARIAT_TEST_QUICK=1)
endforeach()

file(GLOB sources CONFIGURE_DEPENDS tests/stress/*.c)
if(NOT TARGET lariat_tool)
  list(FILTER sources EXCLUDE REGEX "/program_stress\\.c$")
endif()
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  lariat_add_test(${name} ${source} stress 600)
endforeach()
if(TARGET program_stress)
  lariat_runs_program(program_stress)
endif()
# These compare times, or one rate with another.
foreach(name body_down fetch_fairness fetch_limits stream_slow)
  set_tests_properties(stress.${name} PROPERTIES LABELS "stress;measure")
endforeach()

# The tests of coroutines run again with the other kind of guard, and under
# valgrind, if it is here and nothing else looks; the long one not with a
# sanitizer.
find_program(VALGRIND valgrind)
set(again coroutine_test stack_test await_test inlinecb_test
    coroutine_client_test)
if(NOT LARIAT_SANITIZE)
  list(APPEND again await_stress)
endif()
foreach(name IN LISTS again)
  if(TARGET ${name})
    add_test(NAME mprotect.${name} COMMAND ${name})
    set_tests_properties(mprotect.${name} PROPERTIES
      LABELS guards TIMEOUT 600
      ENVIRONMENT LARIAT_TEST_GUARD=mprotect)
  endif()
  if(TARGET ${name} AND VALGRIND AND NOT LARIAT_SANITIZE)
    add_test(NAME valgrind.${name}
      COMMAND ${VALGRIND} -q --vgdb=no --child-silent-after-fork=yes
              --leak-check=full --show-leak-kinds=definite,indirect
              --errors-for-leak-kinds=definite,indirect --error-exitcode=9
              $<TARGET_FILE:${name}>)
    set_tests_properties(valgrind.${name} PROPERTIES
      LABELS valgrind TIMEOUT 600 ENVIRONMENT LARIAT_STRESS_SCALE=1)
  endif()
endforeach()

# The examples of the documentation: shared library, public headers.
file(GLOB sources CONFIGURE_DEPENDS docs/examples/*.c)
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  add_executable(example_${name} ${source})
  set_target_properties(example_${name} PROPERTIES
    OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/examples")
  target_link_libraries(example_${name} PRIVATE
    lariat lariat_warnings lariat_build_flags)
endforeach()

# Each script in tests/examples runs with the build directory as its argument;
# 77 says that this build lacks what it needs.
file(GLOB scripts CONFIGURE_DEPENDS tests/examples/*.sh)
foreach(script IN LISTS scripts)
  cmake_path(GET script STEM name)
  add_test(NAME example.${name} COMMAND bash ${script} ${CMAKE_BINARY_DIR})
  set_tests_properties(example.${name} PROPERTIES
    LABELS example TIMEOUT 120 SKIP_RETURN_CODE 77)
endforeach()

# Guards: every public header stands alone, and only public names leave.
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
    LABELS guard TIMEOUT 120)
endforeach()
add_test(NAME guard.conformance
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/conformance/check)
set_tests_properties(guard.headers guard.symbols guard.conformance PROPERTIES
  LABELS guard TIMEOUT 120)

# A stranger's project would need the sanitizer's flags too.
if(NOT LARIAT_SANITIZE)
  add_test(NAME install.consumers
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/install/run.sh
            ${CMAKE_BINARY_DIR} ${lariat_libraries})
  set_tests_properties(install.consumers PROPERTIES LABELS install TIMEOUT 120)
endif()

# Instructions of a request, counted by callgrind; 77 says it is missing.
file(GLOB budgets CONFIGURE_DEPENDS tests/budgets.tsv)
if(budgets AND TARGET bench-path AND NOT LARIAT_SANITIZE)
  add_test(NAME budget.instructions
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/budgets/check
            ${CMAKE_BINARY_DIR})
  set_tests_properties(budget.instructions PROPERTIES
    LABELS budget TIMEOUT 300 RUN_SERIAL ON SKIP_RETURN_CODE 77)
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
  set(programs 4000)
endif()
add_test(NAME differential.twisted
  COMMAND differential --seed 24 --programs ${programs})
add_test(NAME differential.rows
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/differential/rows.sh
          $<TARGET_FILE:differential>)
set_tests_properties(differential.twisted differential.rows PROPERTIES
  LABELS differential TIMEOUT 900 SKIP_RETURN_CODE 77)

# The protocols, for all interleavings, with their mutants; 77: no spin.
file(GLOB models CONFIGURE_DEPENDS tests/models/*.pml)
foreach(model IN LISTS models)
  cmake_path(GET model STEM name)
  add_test(NAME model.${name}
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/tests/models/check ${model})
  set_tests_properties(model.${name} PROPERTIES
    LABELS model TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
