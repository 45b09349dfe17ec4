// SPDX-License-Identifier: MIT
/*
 * Runs the tests of drivers against models of their devices.
 */
#include "model.h"

int main(void)
{
    int failed = run_dw_tests();
    failed += run_aux_tests();
    failed += run_imx_tests();
    failed += run_power_tests();
    return failed == 0 ? 0 : 1;
}
