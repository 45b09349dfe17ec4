# SPDX-License-Identifier: MIT
# Jobs and profiles. See ../table.cmake for the words.

syscall(job_create
    ARGS "parent_job handle JOB MANAGE_JOB else WRITE"
         "options uint32_t"
         "out out handle")

syscall(job_set_policy
    ARGS "handle handle JOB SET_POLICY"
         "options uint32_t"
         "topic uint32_t"
         "policy in void[count]"
         "count uint32_t")

syscall(profile_create
    ARGS "root_job handle JOB MANAGE_PROCESS"
         "profile in zx_profile_info_t"
         "out out handle"
    RIGHTS "the job is the first user job (else ACCESS_DENIED)")
