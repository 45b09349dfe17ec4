# SPDX-License-Identifier: MIT
# Texts about the calls of our own. See ../reference.cmake for the words.
family_title("Calls of our own")

describe(pager_supply_pages
    IS "Give a pager's VMO pages that it lacks"
    DOES "The pages leave `aux_vmo` and are not copied. Where `pager_vmo` has a page already that one stays, and \
the other is freed. Whoever waits for one of the pages goes on."
    ARGS "pager_vmo: a VMO of this pager, not a clone of one."
         "offset: in `pager_vmo`, whole pages. Nobody need have asked for them."
         "length: whole pages."
         "aux_offset: in `aux_vmo`, whole pages."
    ERRORS "@pager" "@pager_vmo" "@aux_vmo"
           "INVALID_ARGS: `pager_vmo` is not of this pager, something is not page aligned, or both VMOs are the \
same."
           "OUT_OF_RANGE: a range goes over the end of its VMO."
           "BAD_STATE: `pager_vmo` is detached, or `aux_vmo` is not plain memory, is pinned, uncached, mapped, a \
clone or cloned, or lacks a page of its range."
           "NO_MEMORY: out of memory."
    NOTES "After an error nothing has moved."
    COST "0" "handle_table handle_table handle_table vmo_tree vmo_tree"
         "O(pages), for each also O(mappings and clones that see it)"
    SEE pager_create_vmo pager_detach_vmo)

describe(pager_detach_vmo
    IS "Give up a pager's VMO"
    DOES "Pages that it has stay. For the others nobody is asked any more: who waits for one, or needs one later, gets \
`ZX_ERR_BAD_STATE` from system calls and a page fault exception in user mode. A packet with \
`ZX_PAGER_VMO_COMPLETE` is the last one about this VMO. Closing the last handle of the pager does this to all of \
its VMOs; so does the end of a VMO to itself."
    ARGS "pager_vmo: a VMO of this pager."
    ERRORS "@pager" "@pager_vmo" "INVALID_ARGS: `pager_vmo` is not of this pager."
    COST "0" "handle_table handle_table vmo_tree port" "O(threads that wait for its pages)"
    SEE pager_create pager_supply_pages)

describe(job_set_limits
    IS "Limit what a job and all below it may use"
    DOES "A limit covers what the job's processes and all jobs below it use together, and is enforced exactly. It \
holds for what is there already and for what comes. A limit below what is in use takes nothing away: nothing more is \
given until it is met again. Without a limit of its own a job is bound by those above."
         "What is refused by a limit of this job sets `ZX_JOB_LIMIT_REACHED` on it; the next success of this call ends \
the signal. `ZX_INFO_JOB_LIMITS` tells what is used."
         "Committed pages are charged to the process that made their VMO, whoever has handles to it or maps it; what \
outlives the process, and its job, stays charged to the jobs above until it is gone. Kernel memory is what objects, \
threads, their registers, mappings, page tables, tables of handles, and messages that nobody has read yet take, with \
what the allocator rounds them up to; it is charged to who made them, tables to the process that they serve. Handles \
in messages count for nobody. Pages and kernel memory that are refused give `ZX_ERR_NO_MEMORY`, in a page fault, and \
for the first FP or SIMD instruction of a thread, an exception; handles, threads and processes `ZX_ERR_NO_RESOURCES`."
    ARGS "options: must be 0."
         "limits: `zx_job_limits_t`, five numbers: pages, bytes of kernel memory, handles, threads, processes. \
`ZX_JOB_LIMIT_KEEP` leaves one as it is, `ZX_JOB_LIMIT_NONE` takes it away."
         "size: of `limits` in bytes, a multiple of 8. What is left out stays as it is."
    ERRORS "INVALID_ARGS: `options` is not 0, `size` is 0, above 40 or not a multiple of 8, or `limits` cannot be read."
           "@job"
           "ACCESS_DENIED: a limit would be raised, and the caller is in this job or below it."
    NOTES "All of the call takes effect, or nothing."
    COST "0" "handle_table object account" "O(accounts of processes and jobs below)"
    SEE job_create job_set_policy object_get_info)
