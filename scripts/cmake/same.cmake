# SPDX-License-Identifier: MIT
# A test of a generator: runs it twice into a fresh folder and compares each file with the build's own.
#
#   cmake -DGENERATOR=<script> -DSOURCE=<root of the tree> -DGENERATED=<the build's files>
#         -DOUT=<folder> -DLEAST=<files it makes at least> -P same.cmake
file(REMOVE_RECURSE ${OUT})
foreach(turn first second)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DOUT=${OUT}/${turn} -DSOURCE=${SOURCE} -P ${GENERATOR}
        WORKING_DIRECTORY / COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB_RECURSE files RELATIVE ${OUT}/first ${OUT}/first/*)
list(LENGTH files count)
if(count LESS LEAST)
    message(FATAL_ERROR "Only ${count} files were generated")
endif()
foreach(file IN LISTS files)
    foreach(other ${OUT}/second ${GENERATED})
        execute_process(
            COMMAND ${CMAKE_COMMAND} -E compare_files ${OUT}/first/${file} ${other}/${file}
            RESULT_VARIABLE differ)
        if(differ)
            message(FATAL_ERROR "${other}/${file} differs from a fresh one")
        endif()
    endforeach()
endforeach()
