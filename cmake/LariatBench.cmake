# SPDX-License-Identifier: MIT
# The benches: the plain libcurl loop, the full path, and the origin that both
# can fetch from.  None of them is installed.

# The examples of the documentation fetch from it, too: without tests and
# benches it is built when it is asked for, by its name.
file(GLOB origin_sources CONFIGURE_DEPENDS bench/origin/*.c)
if(origin_sources AND MICROHTTPD_FOUND)
  add_executable(lariat-origin ${origin_sources})
  target_link_libraries(lariat-origin PRIVATE
    PkgConfig::MICROHTTPD Threads::Threads lariat_warnings lariat_build_flags)
  if(NOT LARIAT_BENCH AND NOT LARIAT_TESTS)
    set_target_properties(lariat-origin PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endif()

# The server that load testers are compared with is tested itself.
file(GLOB truth_sources CONFIGURE_DEPENDS bench/truth/*.c)
if(truth_sources)
  add_executable(truthd ${truth_sources})
  target_link_libraries(truthd PRIVATE
    PkgConfig::OPENSSL Threads::Threads m lariat_warnings lariat_build_flags)
  if(NOT LARIAT_BENCH AND NOT LARIAT_TESTS)
    set_target_properties(truthd PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endif()

# The web that crawlers are compared on; its parts have tests, too.
file(GLOB synthweb_sources CONFIGURE_DEPENDS bench/synthweb/*.c)
if(synthweb_sources)
  list(REMOVE_ITEM synthweb_sources
    ${CMAKE_CURRENT_SOURCE_DIR}/bench/synthweb/synthweb.c)
  add_library(synthweb_parts STATIC ${synthweb_sources}
    bench/truth/due.c bench/truth/instant.c bench/truth/wire.c)
  target_link_libraries(synthweb_parts PUBLIC
    PkgConfig::OPENSSL PkgConfig::ZLIB m lariat_warnings lariat_build_flags)
  add_executable(synthweb bench/synthweb/synthweb.c)
  target_link_libraries(synthweb PRIVATE synthweb_parts)
  if(NOT LARIAT_BENCH AND NOT LARIAT_TESTS)
    set_target_properties(synthweb synthweb_parts
      PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endif()

if(NOT LARIAT_BENCH)
  return()
endif()

# The test of `lariat load compare`, on blocks that were run.
if(TARGET lariat_load)
  add_executable(bench-alarms bench/alarms/alarms.c)
  target_link_libraries(bench-alarms PRIVATE
    lariat_load lariat_warnings lariat_build_flags)
endif()

# How long requests took, for all of the programs that are compared.
# What the frontier of a crawl costs, from its private header.
file(GLOB frontier_sources CONFIGURE_DEPENDS bench/frontier/*.c)
if(frontier_sources AND TARGET lariat_crawl_static)
  add_executable(bench-frontier ${frontier_sources})
  target_include_directories(bench-frontier PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(bench-frontier PRIVATE
    lariat_crawl_static lariat_warnings lariat_build_flags)
endif()

# What a page of a shared crawl costs its database, without a network.
if(LARIAT_POSTGRES_CONFIG AND TARGET lariat_crawl_static)
  add_executable(bench-shared-store bench/shared_store/shared_store.c)
  target_include_directories(bench-shared-store PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(bench-shared-store PRIVATE
    lariat_crawl_static lariat_warnings lariat_build_flags)
endif()

set(latencies_source bench/latencies/latencies.c)

# The rivals always get -O2 and nothing of lariat's.
file(GLOB plain_sources CONFIGURE_DEPENDS bench/rivals/plain.c)
if(plain_sources)
  add_executable(plain ${plain_sources} ${latencies_source})
  target_compile_options(plain PRIVATE -O2)
  target_link_libraries(plain PRIVATE
    PkgConfig::CURL Threads::Threads lariat_warnings)
endif()

file(GLOB path_sources CONFIGURE_DEPENDS bench/path/*.c)
if(path_sources)
  add_executable(bench-path ${path_sources} ${latencies_source})
  target_link_libraries(bench-path PRIVATE
    lariat Threads::Threads lariat_warnings lariat_build_flags)
endif()

# Coroutines, beside Twisted's: reaches inside for the bare switch.
file(GLOB await_sources CONFIGURE_DEPENDS bench/micro/await.c)
if(await_sources)
  add_executable(bench-await ${await_sources} bench/micro/twisted.c)
  target_include_directories(bench-await PRIVATE lib)
  target_compile_definitions(bench-await PRIVATE
    MICRO_SOURCE="${CMAKE_CURRENT_SOURCE_DIR}/bench/micro"
    MICRO_TWISTED="${CMAKE_CURRENT_SOURCE_DIR}/build/twisted-24.11")
  target_link_libraries(bench-await PRIVATE
    lariat_static Threads::Threads lariat_warnings lariat_build_flags)
endif()

file(GLOB models_sources CONFIGURE_DEPENDS bench/models/easy.c)
if(models_sources)
  add_executable(bench-easy ${models_sources} ${latencies_source})
  target_compile_options(bench-easy PRIVATE -O2)
  target_link_libraries(bench-easy PRIVATE
    PkgConfig::CURL Threads::Threads lariat_warnings)
endif()

# Runs a command and says what it took; of the standard library alone.
file(GLOB measure_sources CONFIGURE_DEPENDS bench/measure/*.c)
if(measure_sources)
  add_executable(bench-measure ${measure_sources})
  target_link_libraries(bench-measure PRIVATE
    lariat_warnings lariat_build_flags)
endif()

# The parts by themselves, which are internal: they link the static library.
# Concurrency Kit and userspace RCU are rivals of the mailbox, if they are here.
pkg_check_modules(CK QUIET IMPORTED_TARGET ck)
pkg_check_modules(URCU QUIET IMPORTED_TARGET liburcu)
foreach(micro mailbox hop timers)
  file(GLOB micro_sources CONFIGURE_DEPENDS bench/micro/${micro}/*.c)
  if(micro_sources)
    add_executable(bench-${micro} ${micro_sources})
    target_include_directories(bench-${micro} PRIVATE include lib)
    target_link_libraries(bench-${micro} PRIVATE
      lariat_static Threads::Threads lariat_warnings lariat_build_flags)
  endif()
endforeach()
# This one links the shared library, whose instructions are counted.
add_executable(bench-histogram bench/micro/histogram/histogram.c)
target_link_libraries(bench-histogram PRIVATE
  lariat lariat_warnings lariat_build_flags)
# This one reaches inside of liblariat-load.
if(LARIAT_LOAD)
  add_executable(bench-interval bench/micro/interval/interval.c)
  target_include_directories(bench-interval PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(bench-interval PRIVATE
    lariat_load_static lariat_warnings lariat_build_flags m)
endif()
# Links of documents, beside libxml2's parser.
pkg_check_modules(LIBXML2 QUIET IMPORTED_TARGET libxml-2.0)
if(LARIAT_CRAWL AND LIBXML2_FOUND)
  add_executable(bench-links bench/micro/links/links.c)
  target_link_libraries(bench-links PRIVATE
    lariat_crawl lariat PkgConfig::LIBXML2 lariat_warnings lariat_build_flags)
endif()
# What a crawl does with each link: reaches inside, too.
if(LARIAT_CRAWL)
  add_executable(bench-found-url bench/micro/found_url/found_url.c)
  target_include_directories(bench-found-url PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(bench-found-url PRIVATE
    lariat_crawl_static lariat_warnings lariat_build_flags)
endif()
if(TARGET bench-mailbox AND CK_FOUND)
  target_compile_definitions(bench-mailbox PRIVATE HAVE_CK)
  target_link_libraries(bench-mailbox PRIVATE PkgConfig::CK)
endif()
if(TARGET bench-mailbox AND URCU_FOUND)
  target_compile_definitions(bench-mailbox PRIVATE HAVE_URCU)
  target_link_libraries(bench-mailbox PRIVATE PkgConfig::URCU)
endif()

# The small operations, beside Twisted's (script/twisted).
file(GLOB micro_sources CONFIGURE_DEPENDS bench/micro/*.c)
list(REMOVE_ITEM micro_sources ${await_sources})
if(micro_sources)
  add_executable(micro ${micro_sources})
  target_compile_definitions(micro PRIVATE
    MICRO_SOURCE="${CMAKE_CURRENT_SOURCE_DIR}/bench/micro"
    MICRO_TWISTED="${CMAKE_CURRENT_SOURCE_DIR}/build/twisted-24.11")
  target_link_libraries(micro PRIVATE
    lariat Threads::Threads lariat_warnings lariat_build_flags)
endif()

# What is judged by the clock, on the servers of the tests; ctest runs none.
file(GLOB timing_sources CONFIGURE_DEPENDS bench/timing/*.c)
if(LARIAT_TESTS)
  foreach(source IN LISTS timing_sources)
    cmake_path(GET source STEM name)
    add_executable(timing-${name} ${source})
    target_link_libraries(timing-${name} PRIVATE
      lariat_test_support lariat_static lariat_test_flags)
  endforeach()
endif()
