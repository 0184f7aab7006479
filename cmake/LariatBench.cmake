# SPDX-License-Identifier: MIT
# The benches: the plain libcurl loop, the full path, and the origin that both
# can fetch from.  None of them is installed.

# The rivals always get -O2 and nothing of lariat's.
file(GLOB plain_sources CONFIGURE_DEPENDS bench/rivals/plain.c)
if(plain_sources)
  add_executable(plain ${plain_sources})
  target_compile_options(plain PRIVATE -O2)
  target_link_libraries(plain PRIVATE PkgConfig::CURL lariat_warnings)
endif()

file(GLOB origin_sources CONFIGURE_DEPENDS bench/origin/*.c)
if(origin_sources AND MICROHTTPD_FOUND)
  add_executable(lariat-origin ${origin_sources})
  target_link_libraries(lariat-origin PRIVATE
    PkgConfig::MICROHTTPD Threads::Threads lariat_warnings lariat_build_flags)
endif()

file(GLOB path_sources CONFIGURE_DEPENDS bench/path/*.c)
if(path_sources)
  add_executable(bench-path ${path_sources})
  target_link_libraries(bench-path PRIVATE
    lariat Threads::Threads lariat_warnings lariat_build_flags)
endif()

# The small operations, beside Twisted's (script/twisted).
file(GLOB micro_sources CONFIGURE_DEPENDS bench/micro/*.c)
if(micro_sources)
  add_executable(micro ${micro_sources})
  target_compile_definitions(micro PRIVATE
    MICRO_SOURCE="${CMAKE_CURRENT_SOURCE_DIR}/bench/micro"
    MICRO_TWISTED="${CMAKE_CURRENT_SOURCE_DIR}/build/twisted-24.11")
  target_link_libraries(micro PRIVATE
    lariat Threads::Threads lariat_warnings lariat_build_flags)
endif()
