# SPDX-License-Identifier: MIT
# liblariat-crawl and liblariat-load: libraries beside liblariat, on its public
# headers alone.  Neither knows the other.

# lariat_add_library(NAME TARGET...): NAME/*.c become liblariat-NAME.so and .a,
# which other builds know as lariat::NAME and lariat::NAME_static, and which
# need these targets.
function(lariat_add_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.c)
  # Of the store of shared crawls there is one, or the one that says so.
  set(stores "shared_absent")
  if(NOT LARIAT_POSTGRES_CONFIG)
    set(stores "postgres[a-z_]*|shared_(batch|commit|count|lease|lookup")
    string(APPEND stores "|schema|statements|store)")
  endif()
  list(FILTER sources EXCLUDE REGEX "/crawl/(${stores})\\.c$")
  add_library(lariat_${name}_objects OBJECT ${sources})
  set_target_properties(lariat_${name}_objects PROPERTIES
    C_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(lariat_${name}_objects PRIVATE include)
  target_link_libraries(lariat_${name}_objects PRIVATE
    ${ARGN} lariat_warnings lariat_build_flags)

  # The shared library: users link this one.
  set(map "${CMAKE_CURRENT_SOURCE_DIR}/${name}/lariat-${name}.map")
  get_target_property(soversion lariat SOVERSION)
  add_library(lariat_${name} SHARED $<TARGET_OBJECTS:lariat_${name}_objects>)
  set_target_properties(lariat_${name} PROPERTIES
    OUTPUT_NAME lariat-${name}
    EXPORT_NAME ${name}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${soversion}
    INSTALL_RPATH "$ORIGIN"
    LINKER_LANGUAGE C
    LINK_DEPENDS "${map}")
  target_link_options(lariat_${name} PRIVATE "LINKER:--version-script=${map}")
  if(NOT LARIAT_SANITIZE) # a sanitizer's own symbols come from the program
    target_link_options(lariat_${name} PRIVATE LINKER:-z,defs)
  endif()
  target_link_libraries(lariat_${name}
    PUBLIC lariat PRIVATE m ${ARGN} $<BUILD_INTERFACE:lariat_build_flags>)

  add_library(lariat_${name}_static STATIC
    $<TARGET_OBJECTS:lariat_${name}_objects>)
  set_target_properties(lariat_${name}_static PROPERTIES
    OUTPUT_NAME lariat-${name}
    EXPORT_NAME ${name}_static
    LINKER_LANGUAGE C)
  target_link_libraries(lariat_${name}_static
    PUBLIC lariat_static
    PRIVATE m ${ARGN} $<BUILD_INTERFACE:lariat_build_flags>)

  add_library(lariat::${name} ALIAS lariat_${name})
  add_library(lariat::${name}_static ALIAS lariat_${name}_static)
endfunction()

# lariat_read_libraries(SOURCE OUT): the names of those that it includes headers
# of, public ones or (a test) their own.
function(lariat_read_libraries source out)
  file(STRINGS ${source} lines REGEX
    "^#include (<lariat/(crawl|load)/|\"(crawl|load)/)")
  set(found)
  foreach(name crawl load)
    if(lines MATCHES "[</\"]${name}/")
      list(APPEND found ${name})
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

set(lariat_libraries)
if(LARIAT_CRAWL)
  list(APPEND lariat_libraries crawl)
endif()
if(LARIAT_LOAD)
  list(APPEND lariat_libraries load)
endif()

# What each needs beside liblariat: for CMake, and for pkg-config.
set(targets_of_crawl PkgConfig::EXPAT PkgConfig::SQLITE3 PkgConfig::DEFLATE
  PkgConfig::PCRE2 PkgConfig::JANSSON PkgConfig::PSL PkgConfig::OPENSSL
  PkgConfig::ZLIB)
string(CONCAT packages_of_crawl "expat >= 2.4.0, sqlite3 >= 3.35.0, "
  "libdeflate, libpcre2-8 >= 10.30, jansson >= 2.14, libpsl, libcrypto, "
  "zlib >= 1.2.13")
if(LARIAT_POSTGRES_CONFIG)
  list(APPEND targets_of_crawl PkgConfig::POSTGRES)
  string(APPEND packages_of_crawl ", libpq >= 14")
endif()
set(targets_of_load PkgConfig::JANSSON PkgConfig::ZLIB)
set(packages_of_load "jansson >= 2.14, zlib >= 1.2.13")
foreach(name IN LISTS lariat_libraries)
  lariat_add_library(${name} ${targets_of_${name}})
endforeach()
