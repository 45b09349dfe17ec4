// SPDX-License-Identifier: MIT
//
// Tests of the shell's parts that make no calls, and what they share.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parse.h"

int run_parse_tests(void);
int run_expand_tests(void);
int run_edit_tests(void);
int run_complete_tests(void);
int run_fuzz_tests(void);

// The commands of a text, printed, one a line; on an error its message.
void parse_and_print(const char *text, size_t size, struct str *out, enum parse_result *out_result);

// Numbers that a seed decides.
struct dice {
    uint64_t state;
};
uint32_t dice_next(struct dice *dice, uint32_t below);
