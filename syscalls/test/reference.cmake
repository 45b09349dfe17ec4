# SPDX-License-Identifier: MIT
# Compares docs/reference/ and docs/costs.md with fresh ones.
file(REMOVE_RECURSE ${OUT})
execute_process(
    COMMAND ${CMAKE_COMMAND} -DREFERENCE=${OUT}/reference -DCOSTS=${OUT}/costs.md -DSOURCE=${SOURCE}
            -P ${SOURCE}/syscalls/generate.cmake
    COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE fresh RELATIVE ${OUT} ${OUT}/*)
file(GLOB_RECURSE kept RELATIVE ${SOURCE}/docs ${SOURCE}/docs/reference/* ${SOURCE}/docs/costs.md)
foreach(file IN LISTS fresh kept)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -E compare_files ${OUT}/${file} ${SOURCE}/docs/${file}
        RESULT_VARIABLE differ OUTPUT_QUIET ERROR_QUIET)
    if(differ)
        message(FATAL_ERROR "docs/${file} is out of date: cmake --build <folder> --target reference")
    endif()
endforeach()
