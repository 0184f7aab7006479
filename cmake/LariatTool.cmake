# SPDX-License-Identifier: MIT
# The program `lariat`: a user of the shared library like any other, so it sees
# the public headers only.
set(tool_directory "${CMAKE_CURRENT_SOURCE_DIR}/tools/lariat")

# The tables of options, and what reads them: for the program, for what is
# generated from them, and for the tests.  A command brings an option_table.c,
# and its own readers of values.
file(GLOB option_sources CONFIGURE_DEPENDS
     tools/lariat/options.c tools/lariat/options_help.c tools/lariat/tables.c
     tools/lariat/numbers.c tools/lariat/request_values.c tools/lariat/say.c
     tools/lariat/secrets.c tools/lariat/spelling.c tools/lariat/text.c
     tools/lariat/*/option_table.c tools/lariat/*/option_hints.c
     tools/lariat/*/readers.c tools/lariat/load/instant.c)
# The commands crawl, load and warc need their libraries, which need not be
# built.
if(NOT TARGET lariat_load)
  list(FILTER option_sources EXCLUDE REGEX "/tools/lariat/load/")
endif()
if(NOT TARGET lariat_crawl)
  list(FILTER option_sources EXCLUDE REGEX "/tools/lariat/(crawl|warc)/")
endif()
add_library(lariat_options STATIC ${option_sources})
target_include_directories(lariat_options
  PUBLIC "${tool_directory}" PRIVATE include)
target_link_libraries(lariat_options
  PUBLIC lariat PRIVATE lariat_warnings lariat_build_flags)
if(TARGET lariat_load)
  target_compile_definitions(lariat_options PUBLIC LARIAT_WITH_LOAD)
  target_link_libraries(lariat_options PUBLIC lariat_load)
endif()
if(TARGET lariat_crawl)
  target_compile_definitions(lariat_options PUBLIC LARIAT_WITH_CRAWL)
  target_link_libraries(lariat_options PUBLIC lariat_crawl)
endif()

file(GLOB tool_sources CONFIGURE_DEPENDS
     tools/lariat/*.c tools/lariat/*/*.c)
file(GLOB generator_sources CONFIGURE_DEPENDS tools/lariat/generate/*.c)
set(main_source "${tool_directory}/main.c")
list(REMOVE_ITEM tool_sources
     ${option_sources} ${generator_sources} ${main_source})
if(NOT TARGET lariat_load)
  list(FILTER tool_sources EXCLUDE REGEX "/tools/lariat/load/")
endif()
if(NOT TARGET lariat_crawl)
  list(FILTER tool_sources EXCLUDE REGEX "/tools/lariat/(crawl|warc)/")
endif()

# All of the program but its main function, which tests can reach inside.
add_library(lariat_parts STATIC ${tool_sources})
target_include_directories(lariat_parts PRIVATE include)
target_link_libraries(lariat_parts
  PUBLIC lariat_options PkgConfig::JANSSON m
  PRIVATE lariat_warnings lariat_build_flags)

add_executable(lariat_tool ${main_source})
set_target_properties(lariat_tool PROPERTIES
  OUTPUT_NAME lariat
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_link_libraries(lariat_tool PRIVATE
  lariat_parts lariat lariat_warnings lariat_build_flags)

# The load tester of many processes: nothing else links MPI.
if(TARGET lariat_load AND MPI_C_FOUND)
  file(GLOB load_mpi_sources CONFIGURE_DEPENDS tools/lariat-load-mpi/*.c)
  add_executable(lariat_load_mpi ${load_mpi_sources})
  set_target_properties(lariat_load_mpi PROPERTIES
    OUTPUT_NAME lariat-load-mpi
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  target_link_libraries(lariat_load_mpi PRIVATE
    lariat_parts lariat MPI::MPI_C lariat_warnings lariat_build_flags)
endif()

# Completions and manual pages, from the same tables.
add_executable(lariat-options ${generator_sources})
target_include_directories(lariat-options PRIVATE include)
target_link_libraries(lariat-options PRIVATE
  lariat_options lariat_warnings lariat_build_flags)

# lariat_generate(FILE KIND [TEMPLATE]): FILE, below the build directory, is what
# lariat-options prints.
set(generated_files)
function(lariat_generate file kind)
  set(path "${CMAKE_CURRENT_BINARY_DIR}/${file}")
  cmake_path(GET path PARENT_PATH directory)
  file(MAKE_DIRECTORY "${directory}")
  add_custom_command(OUTPUT "${path}"
    COMMAND lariat-options ${kind} ${ARGN} > "${path}"
    DEPENDS lariat-options ${ARGN} VERBATIM)
  set(generated_files ${generated_files} "${path}" PARENT_SCOPE)
endfunction()

lariat_generate(completions/lariat.bash bash)
lariat_generate(completions/_lariat zsh)
lariat_generate(completions/lariat.fish fish)
file(GLOB man_templates CONFIGURE_DEPENDS docs/man/*.1.in)
if(NOT TARGET lariat_load)
  list(FILTER man_templates EXCLUDE REGEX "/lariat-load\\.1\\.in$")
endif()
if(NOT TARGET lariat_load_mpi)
  list(FILTER man_templates EXCLUDE REGEX "/lariat-load-mpi\\.1\\.in$")
endif()
if(NOT TARGET lariat_crawl)
  list(FILTER man_templates EXCLUDE REGEX "/lariat-(crawl|warc)\\.1\\.in$")
endif()
foreach(template IN LISTS man_templates)
  cmake_path(GET template STEM LAST_ONLY page)
  lariat_generate(man/${page} man "${template}")
endforeach()
add_custom_target(lariat_generated ALL DEPENDS ${generated_files})
