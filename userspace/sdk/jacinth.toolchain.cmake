# SPDX-License-Identifier: MIT
# The toolchain file of the SDK: the compiler that Jacinth itself is built with, and where
# find_package(Jacinth) finds the rest.
include(${CMAKE_CURRENT_LIST_DIR}/aarch64.toolchain.cmake)
set(Jacinth_DIR ${CMAKE_CURRENT_LIST_DIR})
