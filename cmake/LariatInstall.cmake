# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, libraries, the program with its
# manual and completions, and the two ways in which other builds find them
# (pkg-config and find_package).
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/lariat")

# For the target `uninstall`.
set(directories "${CMAKE_INSTALL_INCLUDEDIR}" "${config_dir}"
    "${CMAKE_INSTALL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_BINDIR}"
    "${CMAKE_INSTALL_MANDIR}/man1" "${CMAKE_INSTALL_DOCDIR}"
    "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
    "${CMAKE_INSTALL_DATADIR}/zsh/site-functions"
    "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(CODE "set(LARIAT_DIRECTORIES \"${directories}\")
set(RECORD \"${CMAKE_CURRENT_BINARY_DIR}/install_directories.txt\")")
install(SCRIPT cmake/record-directories.cmake)

install(DIRECTORY include/lariat DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h"
        PATTERN crawl EXCLUDE PATTERN load EXCLUDE)
install(TARGETS lariat lariat_static EXPORT lariat-targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET lariat_tool)
  install(TARGETS lariat_tool DESTINATION "${CMAKE_INSTALL_BINDIR}")
  install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/man/"
          DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
          FILES_MATCHING PATTERN "*.1")
  set(completions "${CMAKE_CURRENT_BINARY_DIR}/completions")
  install(FILES "${completions}/lariat.bash" RENAME lariat
          DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${completions}/_lariat"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(FILES "${completions}/lariat.fish"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()
if(TARGET lariat_load_mpi) # a package of its own, so that no other needs MPI
  install(TARGETS lariat_load_mpi DESTINATION "${CMAKE_INSTALL_BINDIR}"
          COMPONENT load-mpi)
endif()

# The documentation.  Its pages refer to each other, so all of them are there.
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        FILES_MATCHING PATTERN "*.md" PATTERN "*.c" PATTERN "*.svg"
        PATTERN "*.schema.json" PATTERN man EXCLUDE)
install(DIRECTORY docs/recipes DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        USE_SOURCE_PERMISSIONS)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The file finds its own prefix, so that --prefix at installation works.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
           BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig"
           OUTPUT_VARIABLE LARIAT_PC_TO_PREFIX)
configure_file(lariat.pc.in lariat.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lariat.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The libraries beside it, each with its headers and a file for pkg-config.
set(purpose_of_crawl "crawling")
set(purpose_of_load "load testing")
foreach(name IN LISTS lariat_libraries)
  install(DIRECTORY include/lariat/${name}
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/lariat"
          FILES_MATCHING PATTERN "*.h")
  install(TARGETS lariat_${name} lariat_${name}_static EXPORT lariat-targets
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  set(purpose "${purpose_of_${name}}")
  set(packages "${packages_of_${name}}")
  configure_file(cmake/lariat-library.pc.in lariat-${name}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lariat-${name}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

install(EXPORT lariat-targets NAMESPACE lariat:: DESTINATION "${config_dir}")
configure_package_config_file(cmake/lariat-config.cmake.in lariat-config.cmake
                              INSTALL_DESTINATION "${config_dir}")
write_basic_package_version_file(lariat-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lariat-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/lariat-config-version.cmake"
        DESTINATION "${config_dir}")
