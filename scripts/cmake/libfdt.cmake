# SPDX-License-Identifier: MIT
# Target fdt: libfdt compiled from its source with the flags of the build at hand. The source is
# fetched by scripts/setup into a cache outside the build tree, or named by -DLIBFDT_SOURCE_DIR=.

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(jacinth_cache "$ENV{XDG_CACHE_HOME}/jacinth")
else()
    set(jacinth_cache "$ENV{HOME}/.cache/jacinth")
endif()
set(LIBFDT_SOURCE_DIR ${jacinth_cache}/libfdt CACHE PATH "Folder that holds libfdt.h and fdt_ro.c")

if(NOT EXISTS ${LIBFDT_SOURCE_DIR}/fdt_ro.c)
    message(FATAL_ERROR
        "No libfdt source in ${LIBFDT_SOURCE_DIR}: run scripts/setup, "
        "or give the libfdt folder of a dtc source tree as -DLIBFDT_SOURCE_DIR=.")
endif()

set(libfdt_sources fdt.c fdt_ro.c fdt_wip.c fdt_sw.c fdt_rw.c fdt_strerror.c fdt_empty_tree.c
    fdt_addresses.c fdt_check.c)
if(NOT JACINTH_TARGET)
    # Overlays ask more of a C library, and nothing on the target applies any.
    list(APPEND libfdt_sources fdt_overlay.c)
endif()
list(TRANSFORM libfdt_sources PREPEND ${LIBFDT_SOURCE_DIR}/)

add_library(fdt STATIC ${libfdt_sources})
target_include_directories(fdt SYSTEM PUBLIC ${LIBFDT_SOURCE_DIR})
target_link_libraries(fdt PRIVATE jacinth_flags)
target_compile_options(fdt PRIVATE -w) # not our code, not our warnings
if(JACINTH_TARGET)
    # libfdt asks for a few headers of a C library: these declare just what it uses.
    target_include_directories(fdt SYSTEM PUBLIC ${CMAKE_CURRENT_LIST_DIR}/libfdt-include)
endif()
