# SPDX-License-Identifier: MIT
# cmake -DREADELF=... -DOBJECTS=a.o,b.o -P check_relocations.cmake
#
# Fails if an object has data that must be relocated. The reader runs before the kernel has
# relocated itself (see <fdt/fdt.h>), when a table of pointers still holds link-time addresses; the
# failure would show only on a machine whose loader puts the image elsewhere.

string(REPLACE "," ";" objects "${OBJECTS}")
set(bad)
foreach(object IN LISTS objects)
    if(object MATCHES "/driver\\.c\\.")
        continue() # the driver table's own file: used after relocation only
    endif()
    execute_process(
        COMMAND ${READELF} -W -r ${object}
        OUTPUT_VARIABLE output
        COMMAND_ERROR_IS_FATAL ANY)
    if(output MATCHES "Relocation section '\\.rela\\.(data|rodata|init|fini)[^']*'")
        list(APPEND bad "${object}: ${CMAKE_MATCH_0}")
    endif()
    if(output MATCHES "R_AARCH64_[A-Z0-9_]*GOT[A-Z0-9_]*")
        list(APPEND bad "${object}: ${CMAKE_MATCH_0}")
    endif()
endforeach()
if(bad)
    list(JOIN bad "\n" bad)
    message(FATAL_ERROR "Data that needs relocation in a layer that runs before it:\n${bad}")
endif()
