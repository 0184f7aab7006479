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

# Coroutines: reaches inside for the bare switch.
file(GLOB await_sources CONFIGURE_DEPENDS bench/micro/await.c)
if(await_sources)
  add_executable(bench-await ${await_sources})
  target_include_directories(bench-await PRIVATE lib)
  target_link_libraries(bench-await PRIVATE
    lariat_static Threads::Threads lariat_warnings lariat_build_flags)
endif()
