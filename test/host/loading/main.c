// SPDX-License-Identifier: MIT
//
// Loading programs, with the real kernel below and no ARM64 machine above: elfload, launch and the
// loader service of userspace/lib.

#include "loading.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    const size_t count = load_test_count + launch_test_count + service_test_count;
    struct CMUnitTest *all = malloc(count * sizeof(*all));

    if (all == NULL) {
        return 1;
    }
    memcpy(all, load_tests, load_test_count * sizeof(*all));
    memcpy(all + load_test_count, launch_tests, launch_test_count * sizeof(*all));
    memcpy(all + load_test_count + launch_test_count, service_tests,
           service_test_count * sizeof(*all));
    int status = lab_main(argc, argv, all, count);

    free(all);
    return status;
}
