# SPDX-License-Identifier: MIT
# The target `uninstall`: removes what the last `cmake --install` of this build
# directory has put somewhere.
if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(uninstall
    COMMAND ${CMAKE_COMMAND}
            "-DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt"
            "-DRECORD=${CMAKE_CURRENT_BINARY_DIR}/install_directories.txt"
            -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/uninstall.cmake"
    VERBATIM)
endif()
