# SPDX-License-Identifier: MIT
# liblariat.so and liblariat.a, from objects that are compiled once.
file(GLOB lariat_sources CONFIGURE_DEPENDS lib/*/*.c lib/await/*.S)

# Large frames touch each page of the stack on their way: none steps over a
# coroutine's guard.
include(CheckCCompilerFlag)
check_c_compiler_flag(-fstack-clash-protection LARIAT_HAS_STACK_CLASH)

# lariat_set_up_objects(TARGET): how the library's sources are compiled.
function(lariat_set_up_objects target)
  set_target_properties(${target} PROPERTIES
    C_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PRIVATE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/lib")
  if(LARIAT_HAS_STACK_CLASH)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:C>:-fstack-clash-protection>)
  endif()
  # A value is two words that travel in registers; joined to one vector they go
  # by memory, and the load waits for two smaller stores.
  target_compile_options(${target} PRIVATE -fno-tree-slp-vectorize)
  # Calls of libc go through the table of addresses at once, and not by way of a
  # jump in the linkage table: with -z now, or in the end, that is full anyway.
  target_compile_options(${target} PRIVATE -fno-plt)
  target_link_libraries(${target}
    PRIVATE lariat_warnings lariat_build_flags
    PUBLIC PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::ZLIB PkgConfig::IDN2
           PkgConfig::PSL PkgConfig::CARES ${LARIAT_CODING_TARGETS} Threads::Threads
           m)
  target_compile_definitions(${target} PRIVATE ${LARIAT_CODING_DEFINITIONS})
endfunction()

add_library(lariat_objects OBJECT ${lariat_sources})
lariat_set_up_objects(lariat_objects)

# The shared library: users link this one.  While the major version is 0, each
# minor version is another interface, and has a soname of its own.
set(interface "${PROJECT_VERSION_MAJOR}")
if(interface EQUAL 0)
  set(interface "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
endif()
string(REPLACE "." "_" symbol_version "LARIAT_${interface}")
set(version_script "${CMAKE_CURRENT_SOURCE_DIR}/lib/lariat.map")
add_library(lariat SHARED $<TARGET_OBJECTS:lariat_objects>)
add_library(lariat::lariat ALIAS lariat)
set_target_properties(lariat PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${interface}
  LINKER_LANGUAGE C
  LINK_DEPENDS "${version_script}")
target_include_directories(lariat INTERFACE
  "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_options(lariat PRIVATE "LINKER:--version-script=${version_script}")
if(NOT LARIAT_SANITIZE) # a sanitizer's own symbols come from the program
  target_link_options(lariat PRIVATE LINKER:-z,defs)
endif()
target_link_libraries(lariat PRIVATE
  $<BUILD_INTERFACE:lariat_build_flags>
  PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::ZLIB PkgConfig::IDN2
  PkgConfig::PSL PkgConfig::CARES ${LARIAT_CODING_TARGETS}
  Threads::Threads m)

# The static library, which unit tests and benches reach inside.
add_library(lariat_static STATIC $<TARGET_OBJECTS:lariat_objects>)
add_library(lariat::lariat_static ALIAS lariat_static)
set_target_properties(lariat_static PROPERTIES
  OUTPUT_NAME lariat
  LINKER_LANGUAGE C
  EXPORT_NAME lariat_static)
target_include_directories(lariat_static INTERFACE
  "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(lariat_static PRIVATE
  PkgConfig::CURL PkgConfig::OPENSSL PkgConfig::ZLIB PkgConfig::IDN2
  PkgConfig::PSL PkgConfig::CARES ${LARIAT_CODING_TARGETS}
  Threads::Threads m $<BUILD_INTERFACE:lariat_build_flags>)
