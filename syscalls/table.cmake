# SPDX-License-Identifier: MIT
# The system calls: which there are, in the order of their numbers. Everything else about them in
# the tree is generated from here by generate.cmake.
#
#   syscall(<name>
#       [RETURN <type>]            # zx_status_t if left out
#       [ARGS "<argument>" ...]    # at most eight, in order
#       [RIGHTS "<text>"]          # what WHAT (below) cannot say about rights, for the reference
#       [ATTRS <attribute> ...]
#       [USES <call> ...]          # kernel entries behind a call that is implemented in the vDSO
#       [MARK <letter>])
#
# An argument is a string of words, its name first:
#   "n <scalar type>"              a number
#   "h handle [optional] [consumed] WHAT"
#                                  a handle value; optional: 0 is fine; consumed: the call takes it
#                                  away from the caller. WHAT says which handles will do (below)
#   "h out handle"                 where a new handle goes: the kernel function fills in
#                                  a struct handle_out, the generated wrapper does the rest
#   "p in|out|inout T"             pointer to one T; the outputs are required (nonnull) ...
#   "p in|out|inout T optional"    ... unless they say so
#   "p in|out|inout T[<count>]"    pointer to a buffer; the count names another argument. NULL is
#                                  fine when the count is 0. T may be void (bytes) or handle
#   "p in handle[<count>] consumed WHAT"
#   "p futex"                      address of a futex word
#   "p address"                    a plain address, nothing is read or written by a copy
#
# Which handles will do: ANY, or the type of object (ZX_OBJ_TYPE_*; JOB|PROCESS: either), or
# RESOURCE:KIND for resources of this kind and the root's; then the rights that are needed on every
# path of the call; "else" and more rights: these do as well.
#
# Attributes:
#   vdso          implemented in the vDSO, no number of its own
#   internal      kernel entry for the vDSO alone, not exported
#   blocking      issued again by the vDSO when a suspension interrupted it
#   handwritten   its stub in the vDSO is written by hand (userspace/vdso/*.S)
#   unreached     the vDSO answers by itself and never issues it
#   installs      its function stores the new handle's value by itself, for speed: no wrapper
#   noreturn
#   takes         the one handle it gives out is taken from where it was: must not be lost on the way
#   const         the same result each time
#   test-cat-<n>  absent from test variant <n> of the vDSO
#
# Marks: X PC only · P needs a kernel PCIe driver · H hypervisor · A ARM only · D deprecated ·
# I internal · T test only.
#
# Calls 1 to 170 are those of the published table, in its order. Calls of our own come after them.

set(families
    time system handle object channel socket thread process job task event futex port timer vmo vmar
    pager random fifo log interrupt resource pci guest power test own)
foreach(family IN LISTS families)
    include(${CMAKE_CURRENT_LIST_DIR}/table/${family}.cmake)
endforeach()
