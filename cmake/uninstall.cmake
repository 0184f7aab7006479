# SPDX-License-Identifier: MIT
# Removes the files that MANIFEST lists, and the directories of lariat's own
# that are empty then.  DESTDIR is respected, as at the installation.
#
# usage: cmake -DMANIFEST=FILE -P uninstall.cmake
if(NOT EXISTS "${MANIFEST}")
  message(FATAL_ERROR "nothing was installed from here: no ${MANIFEST}")
endif()
file(STRINGS "${MANIFEST}" files)
set(directories)
foreach(file IN LISTS files)
  set(path "$ENV{DESTDIR}${file}")
  if(EXISTS "${path}" OR IS_SYMLINK "${path}")
    message(STATUS "Removing: ${path}")
    file(REMOVE "${path}")
    if(EXISTS "${path}" OR IS_SYMLINK "${path}")
      message(FATAL_ERROR "cannot remove ${path}")
    endif()
  else()
    message(STATUS "Not there: ${path}")
  endif()
  # All that is called lariat on the way to the file, and what is below.
  cmake_path(GET path PARENT_PATH directory)
  while(directory MATCHES "/lariat(/|$)")
    list(APPEND directories "${directory}")
    cmake_path(GET directory PARENT_PATH directory)
  endwhile()
endforeach()
# The deepest first.
list(REMOVE_DUPLICATES directories)
list(SORT directories ORDER DESCENDING)
foreach(directory IN LISTS directories)
  file(GLOB rest "${directory}/*" "${directory}/.*")
  if(IS_DIRECTORY "${directory}" AND NOT rest)
    message(STATUS "Removing: ${directory}")
    file(REMOVE_RECURSE "${directory}")
  endif()
endforeach()
