// SPDX-License-Identifier: MIT
// Memory for threads' FP and debug states (interface: hal/upcall.h), charged to whoever has it made: the thread
// itself, or who writes its registers. Thread context.
#include <hal/upcall.h>

#include <account/account.h>

// V0..V31, FPCR, FPSR: what a platform asks for.
#define FP_STATE_SIZE 528u

static ACCOUNT_CACHE(fp_state_cache, FP_STATE_SIZE, 16);

void *kernel_fp_alloc(size_t bytes)
{
    return bytes == FP_STATE_SIZE ? account_zalloc(fp_state_cache) : account_kzalloc(bytes);
}

void kernel_fp_free(void *fp, size_t bytes)
{
    if (bytes == FP_STATE_SIZE)
        account_free(fp_state_cache, fp);
    else
        account_kfree(fp);
}
