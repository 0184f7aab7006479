# SPDX-License-Identifier: MIT
# The program `lariat`: a user of the shared library like any other, so it sees
# the public headers only.
file(GLOB tool_sources CONFIGURE_DEPENDS
     tools/lariat/*.c tools/lariat/fetch/*.c tools/lariat/output/*.c)
if(tool_sources)
  add_executable(lariat_tool ${tool_sources})
  set_target_properties(lariat_tool PROPERTIES
    OUTPUT_NAME lariat
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  target_include_directories(lariat_tool PRIVATE tools/lariat)
  target_link_libraries(lariat_tool PRIVATE
    lariat PkgConfig::JANSSON lariat_warnings lariat_build_flags)
endif()
