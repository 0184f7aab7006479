# SPDX-License-Identifier: MIT
# Runs at the beginning of an installation: writes down in RECORD which of the
# directories that it makes (LARIAT_DIRECTORIES, below the prefix) were not
# there, nor those above them.  Only these may go when it is undone.
set(directories)
if(EXISTS "${RECORD}")
  file(STRINGS "${RECORD}" before)
  # What others have removed, as the tests do, need not be remembered.
  foreach(directory IN LISTS before)
    if(IS_DIRECTORY "$ENV{DESTDIR}${directory}")
      list(APPEND directories "${directory}")
    endif()
  endforeach()
endif()
foreach(directory IN LISTS LARIAT_DIRECTORIES)
  cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}"
             NORMALIZE)
  while(NOT EXISTS "$ENV{DESTDIR}${directory}")
    list(APPEND directories "${directory}")
    cmake_path(GET directory PARENT_PATH parent)
    if(parent STREQUAL directory)
      break()
    endif()
    set(directory "${parent}")
  endwhile()
endforeach()
list(REMOVE_DUPLICATES directories)
list(JOIN directories "\n" text)
file(WRITE "${RECORD}" "${text}\n")
