# SPDX-License-Identifier: MIT
# Jobs and profiles. See ../table.cmake for the words.

syscall(job_create
    ARGS "parent_job handle"
         "options uint32_t"
         "out out handle"
    RIGHTS "MANAGE_JOB, else WRITE")

syscall(job_set_policy
    ARGS "handle handle"
         "options uint32_t"
         "topic uint32_t"
         "policy in void[count]"
         "count uint32_t"
    RIGHTS "SET_POLICY")

syscall(profile_create
    ARGS "root_job handle"
         "profile in zx_profile_info_t"
         "out out handle"
    RIGHTS "job: MANAGE_PROCESS; must be the first user job (else ACCESS_DENIED)")
