# SPDX-License-Identifier: MIT
# Runs the generator twice into a fresh folder and compares each file with the build's own.
file(REMOVE_RECURSE ${OUT})
foreach(turn first second)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DOUT=${OUT}/${turn} -P ${SOURCE}/userspace/idl/generate.cmake
        WORKING_DIRECTORY / COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB_RECURSE files RELATIVE ${OUT}/first ${OUT}/first/*)
list(LENGTH files count)
if(count LESS 8)
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
