# SPDX-License-Identifier: MIT
# Where musl's source is: MUSL_SOURCE_DIR, fetched by scripts/setup into a cache outside the build
# tree, or named by -DMUSL_SOURCE_DIR=. What is made of it is in userspace/libc and userspace/sdk.

if(NOT DEFINED jacinth_cache)
    message(FATAL_ERROR "musl.cmake comes after libfdt.cmake")
endif()
set(MUSL_SOURCE_DIR ${jacinth_cache}/musl CACHE PATH "Folder of musl's source, with its VERSION")

if(NOT EXISTS ${MUSL_SOURCE_DIR}/src/internal/libc.h)
    message(FATAL_ERROR
        "No musl source in ${MUSL_SOURCE_DIR}: run scripts/setup, "
        "or give the folder of musl's source as -DMUSL_SOURCE_DIR=.")
endif()
