// SPDX-License-Identifier: MIT
//
// Tests of the shell's parser, printer, expander, pattern matcher, line editor and completion.

#include "tests.h"

uint32_t dice_next(struct dice *dice, uint32_t below)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice->state >> 33) % below;
}

int main(void)
{
    int failed = run_parse_tests();

    failed += run_expand_tests();
    failed += run_edit_tests();
    failed += run_complete_tests();
    failed += run_fuzz_tests();
    return failed != 0;
}
