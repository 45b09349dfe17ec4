# SPDX-License-Identifier: MIT
# Texts about jobs and profiles. See ../reference.cmake for the words.
family_title("Jobs and profiles")

describe(job_create
    IS "Create a job below another"
    DOES "A job holds processes and jobs, and gives them its policy. Closing its handles kills nothing."
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@parent_job"
           "OUT_OF_RANGE: the tree is 31 jobs deep here."
           "@memory"
           "BAD_STATE: the parent was killed."
           "@out"
    COST "2" "handle_table account job_tree object handle_table" "O(1)"
    SEE job_set_policy task_kill process_create)

describe(job_set_policy
    IS "Say what the processes of a job may do"
    DOES "Adds to what the job has inherited. It goes to the processes and jobs that are made in it from then \
on. A condition that is set already stays as it is. All of the call takes effect, or nothing."
         "Conditions are `ZX_POL_BAD_HANDLE`, `ZX_POL_WRONG_OBJECT`, `ZX_POL_VMAR_WX`, and the making of objects: \
`ZX_POL_NEW_VMO`, `ZX_POL_NEW_CHANNEL`, `ZX_POL_NEW_EVENT`, `ZX_POL_NEW_EVENTPAIR`, `ZX_POL_NEW_PORT`, \
`ZX_POL_NEW_SOCKET`, `ZX_POL_NEW_FIFO`, `ZX_POL_NEW_TIMER`, `ZX_POL_NEW_PROCESS`, and `ZX_POL_NEW_ANY` for all \
of these but the last. Actions are `ZX_POL_ACTION_ALLOW`, `ZX_POL_ACTION_DENY`, `ZX_POL_ACTION_EXCEPTION` \
(besides one of the two) and `ZX_POL_ACTION_KILL`, which acts as DENY."
    ARGS "topic: `ZX_JOB_POL_BASIC`."
         "policy: `zx_policy_basic_t`: a condition and an action each."
         "count: number of them, not bytes."
    OPTIONS "ZX_JOB_POL_RELATIVE: what conflicts with a condition that is set is left out."
            "ZX_JOB_POL_ABSOLUTE: a conflict is an error."
    ERRORS "INVALID_ARGS: `options` is neither of the two, `policy` is NULL, `count` is 0, or `topic` is another."
           "NO_MEMORY: `count` is absurd."
           "INVALID_ARGS: `policy` cannot be read."
           "@handle"
           "BAD_STATE: the job has a process or a job in it."
           "OUT_OF_RANGE: `count` is above 13."
           "INVALID_ARGS: an unknown condition."
           "NOT_SUPPORTED: an unknown action."
           "ALREADY_EXISTS: a conflict."
    NOTES "WRONG_OBJECT and VMAR_WX are kept and not enforced, as in the reference."
    COST "0" "handle_table job_tree" "O(n)"
    SEE job_create)

describe(profile_create
    IS "Create a profile, a priority to be given to threads"
    ARGS "profile: `zx_profile_info_t` of type `ZX_PROFILE_INFO_SCHEDULER`. Only its priority, 0 to 31, counts."
    ERRORS "@root_job"
           "ACCESS_DENIED: it is not the root job that programs see."
           "INVALID_ARGS: `profile` cannot be read."
           "NOT_SUPPORTED: another type."
           "INVALID_ARGS: a priority outside 0 to 31."
           "@memory" "@out"
    COST "1" "handle_table handle_table" "O(1)"
    SEE object_set_profile)
