# SPDX-License-Identifier: MIT
# From the layers' objects to the Image: included by the root after every folder with code.
#
#   vdso*.elf, userboot.elf -> stripped -> embed.S \
#   layers' objects ------------------------------> kernel.pass1.elf -> ksyms.S \
#                                  the same again -------------------------------> kernel.elf -> Image
#
# kernel.elf is linked twice: its symbol table lists functions, whose addresses only a link tells.
# The table lies behind the text, so it does not move what it lists; scripts/symtab --update checks
# that on the result and rewrites the table in place should a linker ever do otherwise.

# The images that the kernel carries. On the host, and before userspace/ has them, they are empty.
set(embed_folder ${JACINTH_GEN}/embed)
file(MAKE_DIRECTORY ${embed_folder})
set(embed_files)
foreach(image vdso userboot)
    if(JACINTH_TARGET AND TARGET ${image}.elf)
        jacinth_strip(${image}.elf ${embed_folder}/${image}.elf)
    else()
        file(TOUCH ${embed_folder}/${image}.elf)
    endif()
    list(APPEND embed_files ${embed_folder}/${image}.elf)
endforeach()
# The variants of the vDSO are files that its check writes, not targets.
foreach(variant vdso-test1 vdso-test2)
    if(JACINTH_TARGET AND TARGET vdso.elf)
        add_custom_command(
            OUTPUT ${embed_folder}/${variant}.elf
            COMMAND ${CMAKE_OBJCOPY} --strip-all
                    ${JACINTH_GEN}/vdso/${variant}.elf ${embed_folder}/${variant}.elf
            DEPENDS vdso-offsets ${JACINTH_GEN}/vdso/${variant}.elf
            VERBATIM)
    else()
        file(TOUCH ${embed_folder}/${variant}.elf)
    endif()
    list(APPEND embed_files ${embed_folder}/${variant}.elf)
endforeach()
add_custom_target(embed-images DEPENDS ${embed_files})

jacinth_layer(embed ASM kernel/init/embed.S)
target_include_directories(jacinth_embed PRIVATE ${embed_folder})
set_source_files_properties(kernel/init/embed.S PROPERTIES OBJECT_DEPENDS "${embed_files}")
add_dependencies(jacinth_embed embed-images)

# An executable of every layer: <target> with <ksyms source>.
function(jacinth_link_kernel target ksyms)
    get_property(layers GLOBAL PROPERTY JACINTH_LAYERS)
    list(TRANSFORM layers PREPEND jacinth_)
    set(script ${PROJECT_SOURCE_DIR}/platform/arm64/kernel.ld)
    add_executable(${target} ${ksyms})
    set_target_properties(${target} PROPERTIES
        LINK_DEPENDS ${script} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    target_link_libraries(${target} PRIVATE jacinth_flags ${layers} fdt)
    target_link_options(${target} PRIVATE
        ${JACINTH_LINK_STATIC_PIE} -Wl,-T,${script} -Wl,-Map,${PROJECT_BINARY_DIR}/${target}.map)
endfunction()

function(jacinth_finish_kernel)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/platform/arm64/kernel.ld)
        message(WARNING "No platform/arm64/kernel.ld yet: no kernel image")
        return()
    endif()
    set(symtab ${JACINTH_SCRIPTS}/symtab)
    set(empty ${JACINTH_GEN}/ksyms.empty.S)
    set(table ${JACINTH_GEN}/ksyms.S)

    add_custom_command(
        OUTPUT ${empty}
        COMMAND ${JACINTH_PYTHON} ${symtab} --empty ${empty}
        DEPENDS ${symtab} VERBATIM)
    jacinth_link_kernel(kernel.pass1.elf ${empty})

    add_custom_command(
        OUTPUT ${table}
        COMMAND ${JACINTH_PYTHON} ${symtab} --elf $<TARGET_FILE:kernel.pass1.elf> ${table}
        DEPENDS ${symtab} kernel.pass1.elf
        COMMENT "Listing kernel symbols" VERBATIM)
    jacinth_link_kernel(kernel.elf ${table})
    add_custom_command(
        TARGET kernel.elf POST_BUILD
        COMMAND ${JACINTH_PYTHON} ${symtab} --update $<TARGET_FILE:kernel.elf>
        VERBATIM)

    set(image ${PROJECT_BINARY_DIR}/Image)
    add_custom_command(
        OUTPUT ${image}
        COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:kernel.elf> ${image}
        DEPENDS kernel.elf
        COMMENT "Making Image" VERBATIM)
    add_custom_target(image ALL DEPENDS ${image})
endfunction()
